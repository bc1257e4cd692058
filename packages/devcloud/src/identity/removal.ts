import { forbidden } from './identity-error.ts';
import type { IdentityTables, ProjectRow } from './tables.ts';

/** Deletes a user with all that rests on it: memberships, roles, trusts from and to it, credentials, tokens. */
export function removeUser(tables: IdentityTables, userId: string): void {
  for (const row of tables.memberships.by('user', userId)) tables.memberships.delete(row.id);
  for (const row of tables.assignments.by('actor', userId)) tables.assignments.delete(row.id);
  const trusts = [...tables.trusts.by('trustor', userId), ...tables.trusts.by('trustee', userId)];
  for (const row of trusts) tables.trusts.delete(row.id);
  for (const row of tables.applicationCredentials.by('user', userId)) {
    tables.applicationCredentials.delete(row.id);
  }
  for (const row of tables.accessRules.by('user', userId)) tables.accessRules.delete(row.id);
  for (const row of tables.tokens.by('user', userId)) tables.tokens.delete(row.id);
  tables.users.delete(userId);
}

export function removeGroup(tables: IdentityTables, groupId: string): void {
  for (const row of tables.memberships.by('group', groupId)) tables.memberships.delete(row.id);
  for (const row of tables.assignments.by('actor', groupId)) tables.assignments.delete(row.id);
  tables.groups.delete(groupId);
}

/** @throws IdentityError 403 if there are projects below it */
export function removeProject(tables: IdentityTables, projectId: string): void {
  if (tables.projects.by('parent', projectId).length > 0) {
    throw forbidden(
      `Cannot delete the project ${projectId} since it is not a leaf in the hierarchy. Use the cascade ` +
        'option if you want to delete a whole subtree.',
    );
  }
  for (const row of tables.assignments.by('target', projectId)) tables.assignments.delete(row.id);
  for (const row of tables.trusts.by('project', projectId)) tables.trusts.delete(row.id);
  for (const row of tables.applicationCredentials.by('project', projectId)) {
    tables.applicationCredentials.delete(row.id);
  }
  for (const row of tables.users.all()) {
    if (row.defaultProjectId === projectId) tables.users.put({ ...row, defaultProjectId: undefined });
  }
  tables.projects.delete(projectId);
}

/** Deletes a domain with its users, groups, roles and projects. */
export function removeDomain(tables: IdentityTables, domainId: string): void {
  const below = (parentId: string): ProjectRow[] =>
    tables.projects.by('parent', parentId).flatMap((row) => [...below(row.id), row]);
  for (const row of below(domainId)) removeProject(tables, row.id);
  for (const row of tables.users.by('domain', domainId)) removeUser(tables, row.id);
  for (const row of tables.groups.by('domain', domainId)) removeGroup(tables, row.id);
  for (const row of tables.roles.all()) {
    if (row.domainId === domainId) removeRole(tables, row.id);
  }
  removeProject(tables, domainId);
}

export function removeRole(tables: IdentityTables, roleId: string): void {
  for (const row of tables.assignments.by('role', roleId)) tables.assignments.delete(row.id);
  const implications = [
    ...tables.implications.by('prior', roleId),
    ...tables.implications.by('implied', roleId),
  ];
  for (const row of implications) tables.implications.delete(row.id);
  for (const row of tables.applicationCredentials.all()) {
    if (row.roleIds.includes(roleId)) tables.applicationCredentials.delete(row.id);
  }
  tables.roles.delete(roleId);
}
