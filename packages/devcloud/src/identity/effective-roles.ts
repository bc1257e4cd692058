import type { AssignmentRow, IdentityTables, RoleRow, Scope } from './tables.ts';

/** An assignment that gives a user a role on a scope, and how it comes to do so. */
export interface Grant {
  readonly assignment: AssignmentRow;
  readonly role: RoleRow;
}

/** Roles a user has on a scope: own and through groups, inherited from above, implied ones included. */
export function rolesOf(tables: IdentityTables, userId: string, scope: Scope): RoleRow[] {
  if (scope.kind === 'unscoped') return [];
  return withImplied(
    tables,
    grantsOf(tables, userId, scope).map((grant) => grant.role),
  );
}

/** What gives a user roles on a scope, implied roles not followed. */
export function grantsOf(tables: IdentityTables, userId: string, scope: Scope): Grant[] {
  const actors = [userId, ...tables.memberships.by('user', userId).map((row) => row.groupId)];
  const above = scope.kind === 'project' ? ancestorsOf(tables, scope.projectId) : [];
  const grants: Grant[] = [];
  for (const assignment of actors.flatMap((actor) => tables.assignments.by('actor', actor))) {
    if (!holdsOn(assignment, scope, above)) continue;
    const role = tables.roles.get(assignment.roleId);
    if (role) grants.push({ assignment, role });
  }
  return grants;
}

function holdsOn(assignment: AssignmentRow, scope: Scope, above: readonly string[]): boolean {
  if (scope.kind === 'unscoped') return false;
  if (scope.kind === 'system') return assignment.targetKind === 'system' && !assignment.inherited;
  if (assignment.inherited) return above.includes(assignment.targetId);
  const targetId = scope.kind === 'domain' ? scope.domainId : scope.projectId;
  return assignment.targetKind === scope.kind && assignment.targetId === targetId;
}

/** Ids of what a project is below of: nearest first, its domain last. */
export function ancestorsOf(tables: IdentityTables, projectId: string): string[] {
  const ids: string[] = [];
  let row = tables.projects.get(projectId);
  while (row?.parentId !== undefined && !ids.includes(row.parentId)) {
    ids.push(row.parentId);
    row = tables.projects.get(row.parentId);
  }
  return ids;
}

/** Adds the roles that `roles` imply, and those these imply; each role once. */
export function withImplied(tables: IdentityTables, roles: readonly RoleRow[]): RoleRow[] {
  const found = new Map(roles.map((role) => [role.id, role]));
  const queue = [...found.keys()];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    for (const { impliedId } of tables.implications.by('prior', id)) {
      const implied = tables.roles.get(impliedId);
      if (!implied || found.has(impliedId)) continue;
      found.set(impliedId, implied);
      queue.push(impliedId);
    }
  }
  return [...found.values()];
}
