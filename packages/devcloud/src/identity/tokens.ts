import { createHash, randomBytes } from 'node:crypto';
import type { Caller } from '../cloud/service.ts';
import { callerByTrust, delegatedRoles, isLiveScope, liveUser, makeCaller } from './caller-for.ts';
import { rolesOf } from './effective-roles.ts';
import { isoTime } from './request-body.ts';
import type { IdentityTables, RoleRow, Scope, TokenRow } from './tables.ts';

/** A token that holds at this moment, and what it gives its holder now. */
export interface LiveToken {
  readonly row: TokenRow;
  readonly caller: Caller;
}

export interface NewToken {
  readonly userId: string;
  readonly methods: readonly string[];
  readonly scope: Scope;
  readonly trustId?: string | undefined;
  readonly applicationCredentialId?: string | undefined;
  /** No later than this: a token made from a token, or by something that ends, ends with it. */
  readonly notAfter?: string | undefined;
  /** Audit id of the first token of a chain of tokens made from tokens. */
  readonly parentAuditId?: string | undefined;
}

/**
 * Tokens are random strings. The store has only their SHA-256, so that who reads the state file can't use
 * them; what a token gives is worked out anew at each check, so that a role taken away, a user disabled
 * or a trust deleted counts at once.
 */
export interface Tokens {
  /** @returns the token itself, which nothing can tell again, and its row */
  issue(wanted: NewToken): { readonly token: string; readonly row: TokenRow };
  /** @param grace seconds for which an expired token is still looked at */
  check(token: string, grace?: number): LiveToken | undefined;
  /** What a row gives now; undefined if it was revoked or its user, scope, trust… no longer stand. */
  live(row: TokenRow): LiveToken | undefined;
  find(token: string): TokenRow | undefined;
  revoke(row: TokenRow): void;
  /** For a changed password and a disabled user. */
  revokeOf(userId: string): void;
}

const PURGE_EVERY_MS = 60_000;
/** Expired tokens may be asked about for this long (`allow_expired`), as with Keystone's default. */
export const EXPIRED_WINDOW_S = 2 * 24 * 3600;

export function makeTokens(tables: IdentityTables, now: () => Date, lifetimeSeconds: number): Tokens {
  let purgedAt = -Infinity;

  function purge(): void {
    const time = now().getTime();
    if (time - purgedAt < PURGE_EVERY_MS) return;
    purgedAt = time;
    for (const row of tables.tokens.all()) {
      if (Date.parse(row.expiresAt) + EXPIRED_WINDOW_S * 1000 < time) tables.tokens.delete(row.id);
    }
  }

  function live(row: TokenRow): LiveToken | undefined {
    const caller = callerOf(tables, row, now());
    return caller && { row, caller };
  }

  return {
    issue(wanted) {
      purge();
      const token = randomBytes(32).toString('base64url');
      const issuedAt = now();
      const ownEnd = isoTime(new Date(Math.floor(issuedAt.getTime() / 1000 + lifetimeSeconds) * 1000));
      const auditId = randomBytes(16).toString('base64url');
      const row = tables.tokens.put({
        id: digest(token),
        userId: wanted.userId,
        methods: wanted.methods,
        scope: wanted.scope,
        issuedAt: isoTime(issuedAt),
        expiresAt: wanted.notAfter !== undefined && wanted.notAfter < ownEnd ? wanted.notAfter : ownEnd,
        auditIds: wanted.parentAuditId === undefined ? [auditId] : [auditId, wanted.parentAuditId],
        trustId: wanted.trustId,
        applicationCredentialId: wanted.applicationCredentialId,
      });
      return { token, row };
    },
    check(token, grace = 0) {
      const row = tables.tokens.get(digest(token));
      if (!row || Date.parse(row.expiresAt) + grace * 1000 <= now().getTime()) return undefined;
      return live(row);
    },
    live,
    find: (token) => tables.tokens.get(digest(token)),
    revoke: (row) => void tables.tokens.delete(row.id),
    revokeOf(userId) {
      for (const row of tables.tokens.by('user', userId)) tables.tokens.delete(row.id);
    },
  };
}

/** Roles that a token gives at this moment; undefined if what it rests on no longer stands. */
export function rolesByToken(tables: IdentityTables, row: TokenRow, now: Date): RoleRow[] | undefined {
  const credentialId = row.applicationCredentialId;
  if (credentialId === undefined) {
    const roles = rolesOf(tables, row.userId, row.scope);
    return roles.length === 0 && row.scope.kind !== 'unscoped' ? undefined : roles;
  }
  const credential = tables.applicationCredentials.get(credentialId);
  if (
    !credential ||
    (credential.expiresAt !== undefined && Date.parse(credential.expiresAt) <= now.getTime())
  ) {
    return undefined;
  }
  return delegatedRoles(tables, row.userId, row.scope, credential.roleIds);
}

function callerOf(tables: IdentityTables, row: TokenRow, now: Date): Caller | undefined {
  if (row.trustId !== undefined) return callerByTrust(tables, row.userId, row.trustId, now);
  const user = liveUser(tables, row.userId);
  if (!user || !isLiveScope(tables, row.scope)) return undefined;
  const roles = rolesByToken(tables, row, now);
  return roles && makeCaller(tables, user, row.scope, roles);
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
