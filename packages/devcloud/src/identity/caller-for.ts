import type { Caller } from '../cloud/service.ts';
import type { Store } from '../cloud/store.ts';
import { rolesOf, withImplied } from './effective-roles.ts';
import { identityTables, type IdentityTables, type RoleRow, type Scope, type UserRow } from './tables.ts';

/** In whose name a service acts. */
export interface Principal {
  readonly userId: string;
  readonly projectId?: string | undefined;
  readonly domainId?: string | undefined;
  /** Acts by this trust: `userId` is the trustee, and the trust gives project, roles and, if it impersonates, user. */
  readonly trustId?: string | undefined;
}

/**
 * The caller a user is now, without any token: for work that goes on after the token of its request
 * expired. What it may do is read anew each time, so a role taken away or a user deleted counts at once.
 *
 * @returns undefined if the user, project, domain or trust is gone, disabled or expired, or has no role there
 */
export function callerFor(
  cloud: { readonly store: Store; now(): Date },
  principal: Principal,
): Caller | undefined {
  const tables = identityTables(cloud.store);
  if (principal.trustId !== undefined) {
    return callerByTrust(tables, principal.userId, principal.trustId, cloud.now());
  }
  return callerOn(tables, principal.userId, scopeOf(principal));
}

/**
 * A service's own user (`nova`, `neutron`, `heat`, …) on the project `service`.
 *
 * @throws Error if there is no such service user: the identity service was not bootstrapped with it
 */
export function serviceCaller(cloud: { readonly store: Store }, name: string): Caller {
  const tables = identityTables(cloud.store);
  const user = tables.users.by('name', name).find((row) => row.domainId === 'default');
  const project = tables.projects.by('name', 'service').find((row) => row.domainId === 'default');
  const caller = user && project && callerOn(tables, user.id, { kind: 'project', projectId: project.id });
  if (!caller) throw new Error(`the identity service has no service user ${name} on the project service`);
  return caller;
}

function scopeOf(principal: Principal): Scope {
  if (principal.projectId !== undefined) return { kind: 'project', projectId: principal.projectId };
  if (principal.domainId !== undefined) return { kind: 'domain', domainId: principal.domainId };
  return { kind: 'unscoped' };
}

/** A user with all roles on a scope. */
function callerOn(tables: IdentityTables, userId: string, scope: Scope): Caller | undefined {
  const user = liveUser(tables, userId);
  if (!user || !isLiveScope(tables, scope)) return undefined;
  const roles = rolesOf(tables, user.id, scope);
  if (roles.length === 0 && scope.kind !== 'unscoped') return undefined;
  return makeCaller(tables, user, scope, roles);
}

/** The caller that a trust makes of its trustee. */
export function callerByTrust(
  tables: IdentityTables,
  trusteeId: string,
  trustId: string,
  now: Date,
): Caller | undefined {
  const trust = tables.trusts.get(trustId);
  if (!trust || trust.deletedAt !== undefined || trust.trusteeId !== trusteeId) return undefined;
  if (trust.expiresAt !== undefined && Date.parse(trust.expiresAt) <= now.getTime()) return undefined;
  const trustor = liveUser(tables, trust.trustorId);
  const trustee = liveUser(tables, trust.trusteeId);
  if (!trustor || !trustee || trust.projectId === undefined) return undefined;
  const scope: Scope = { kind: 'project', projectId: trust.projectId };
  if (!isLiveScope(tables, scope)) return undefined;
  const delegated = delegatedRoles(tables, trustor.id, scope, trust.roleIds);
  if (!delegated) return undefined;
  const caller = makeCaller(tables, trust.impersonation ? trustor : trustee, scope, delegated);
  return { ...caller, trustId };
}

/**
 * Roles a user passed on (by a trust or an application credential), implied ones included; undefined if
 * the user no longer has all of them.
 */
export function delegatedRoles(
  tables: IdentityTables,
  userId: string,
  scope: Scope,
  roleIds: readonly string[],
): RoleRow[] | undefined {
  const own = new Map(rolesOf(tables, userId, scope).map((role) => [role.id, role]));
  const passed: RoleRow[] = [];
  for (const id of roleIds) {
    const role = own.get(id);
    if (!role) return undefined;
    passed.push(role);
  }
  return withImplied(tables, passed);
}

/** The user, if there is one who may act at all. */
export function liveUser(tables: IdentityTables, userId: string): UserRow | undefined {
  const user = tables.users.get(userId);
  return user?.enabled && tables.projects.get(user.domainId)?.enabled ? user : undefined;
}

/** Says whether a project, its domain and all above it are enabled. */
export function isLiveScope(tables: IdentityTables, scope: Scope): boolean {
  if (scope.kind === 'unscoped' || scope.kind === 'system') return true;
  const target = tables.projects.get(scope.kind === 'domain' ? scope.domainId : scope.projectId);
  if (!target?.enabled || (scope.kind === 'domain' && !target.isDomain)) return false;
  return target.domainId === undefined || (tables.projects.get(target.domainId)?.enabled ?? false);
}

/** Puts together what services look at; see {@link Caller}. */
export function makeCaller(
  tables: IdentityTables,
  user: UserRow,
  scope: Scope,
  roles: readonly RoleRow[],
): Caller {
  const project = scope.kind === 'project' ? tables.projects.get(scope.projectId) : undefined;
  return {
    userId: user.id,
    userName: user.name,
    userDomainId: user.domainId,
    projectId: project?.id,
    projectName: project?.name,
    domainId: scope.kind === 'domain' ? scope.domainId : undefined,
    systemScope: scope.kind === 'system',
    roles: roles.map((role) => role.name),
    isAdmin: roles.some((role) => role.name.toLowerCase() === 'admin'),
  };
}
