import type { FastifyRequest } from 'fastify';
import type { Cloud } from '../cloud/service.ts';
import { notFound } from './identity-error.ts';
import type { Passwords } from './passwords.ts';
import type {
  ApplicationCredentialRow,
  GroupRow,
  IdentityTables,
  ProjectRow,
  RoleRow,
  TokenRow,
  TrustRow,
  UserRow,
} from './tables.ts';
import type { Tokens } from './tokens.ts';

/** What the parts of the identity service work with. */
export interface IdentityContext {
  readonly cloud: Cloud;
  readonly tables: IdentityTables;
  readonly tokens: Tokens;
  readonly passwords: Passwords;
}

/** A random id as Keystone writes them: 32 hex digits. */
export function newId(cloud: Cloud): string {
  return cloud.uuid().replaceAll('-', '');
}

/** The token of a request; undefined for one that another service sends in somebody's name. */
export function tokenOf(context: IdentityContext, request: FastifyRequest): TokenRow | undefined {
  const token = request.headers['x-auth-token'];
  return typeof token === 'string' ? context.tokens.find(token) : undefined;
}

/** The rest of this file: rows by id, or the 404 that says what is not there. */
export function userBy(tables: IdentityTables, id: string): UserRow {
  const row = tables.users.get(id);
  if (!row) throw notFound('user', id);
  return row;
}

export function groupBy(tables: IdentityTables, id: string): GroupRow {
  const row = tables.groups.get(id);
  if (!row) throw notFound('group', id);
  return row;
}

export function projectBy(tables: IdentityTables, id: string): ProjectRow {
  const row = tables.projects.get(id);
  if (!row) throw notFound('project', id);
  return row;
}

export function domainBy(tables: IdentityTables, id: string): ProjectRow {
  const row = tables.projects.get(id);
  if (!row?.isDomain) throw notFound('domain', id);
  return row;
}

export function roleBy(tables: IdentityTables, id: string): RoleRow {
  const row = tables.roles.get(id);
  if (!row) throw notFound('role', id);
  return row;
}

/** A trust that was not deleted, ended or used up. */
export function trustBy(tables: IdentityTables, id: string, now: Date): TrustRow {
  const row = tables.trusts.get(id);
  if (!row || !isUsable(row, now)) throw notFound('trust', id);
  return row;
}

export function isUsable(trust: TrustRow, now: Date): boolean {
  if (trust.deletedAt !== undefined || trust.remainingUses === 0) return false;
  return trust.expiresAt === undefined || Date.parse(trust.expiresAt) > now.getTime();
}

export function applicationCredentialBy(tables: IdentityTables, id: string): ApplicationCredentialRow {
  const row = tables.applicationCredentials.get(id);
  if (!row) throw notFound('Application Credential', id);
  return row;
}
