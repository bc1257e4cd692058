import type { ActorKind, AssignmentRow, IdentityTables, TargetKind } from './tables.ts';

/** A role as it is listed: as given, or worked out from one that was given. */
export interface ListedAssignment {
  readonly actorKind: ActorKind;
  readonly actorId: string;
  readonly targetKind: TargetKind;
  readonly targetId: string;
  readonly roleId: string;
  readonly inherited: boolean;
  /** The assignment it comes from. */
  readonly source: AssignmentRow;
  /** The role that implies this one. */
  readonly priorRoleId: string | undefined;
}

export interface AssignmentQuery {
  readonly userId: string | undefined;
  readonly groupId: string | undefined;
  readonly roleId: string | undefined;
  readonly projectId: string | undefined;
  readonly domainId: string | undefined;
  readonly system: boolean;
  readonly inherited: boolean | undefined;
  /** Only users, with what they have through groups, from above and by implication. */
  readonly effective: boolean;
  /** Projects below `projectId`, it included. */
  readonly subtree: readonly string[] | undefined;
}

/** Role assignments as `GET /v3/role_assignments` lists them. */
export function listAssignments(tables: IdentityTables, query: AssignmentQuery): ListedAssignment[] {
  const given = tables.assignments.all().map((source): ListedAssignment => ({
    actorKind: source.actorKind,
    actorId: source.actorId,
    targetKind: source.targetKind,
    targetId: source.targetId,
    roleId: source.roleId,
    inherited: source.inherited,
    source,
    priorRoleId: undefined,
  }));
  if (!query.effective) return given.filter((row) => matches(row, query));
  const expanded = given
    .flatMap((row) => toUsers(tables, row))
    .flatMap((row) => toProjects(tables, row))
    .flatMap((row) => [row, ...toImplied(tables, row, new Set([row.roleId]))]);
  const filtered = expanded.filter((row) => matches(row, { ...query, inherited: undefined }));
  if (query.inherited === undefined) return filtered;
  return filtered.filter((row) => row.source.inherited === query.inherited);
}

function toUsers(tables: IdentityTables, row: ListedAssignment): ListedAssignment[] {
  if (row.actorKind === 'user') return [row];
  return tables.memberships
    .by('group', row.actorId)
    .map((membership) => ({ ...row, actorKind: 'user', actorId: membership.userId }));
}

function toProjects(tables: IdentityTables, row: ListedAssignment): ListedAssignment[] {
  if (!row.inherited) return [row];
  const below = (id: string): string[] =>
    tables.projects.by('parent', id).flatMap((project) => [project.id, ...below(project.id)]);
  return below(row.targetId).map((targetId) => ({ ...row, targetKind: 'project', targetId }));
}

function toImplied(tables: IdentityTables, row: ListedAssignment, seen: Set<string>): ListedAssignment[] {
  return tables.implications.by('prior', row.roleId).flatMap(({ priorId, impliedId }) => {
    if (seen.has(impliedId)) return [];
    seen.add(impliedId);
    const implied: ListedAssignment = { ...row, roleId: impliedId, priorRoleId: priorId };
    return [implied, ...toImplied(tables, implied, seen)];
  });
}

function matches(row: ListedAssignment, query: AssignmentQuery): boolean {
  const isOn = (kind: TargetKind, id: string): boolean => row.targetKind === kind && row.targetId === id;
  if (query.userId !== undefined && !(row.actorKind === 'user' && row.actorId === query.userId)) return false;
  if (query.groupId !== undefined && !(row.actorKind === 'group' && row.actorId === query.groupId))
    return false;
  if (query.roleId !== undefined && row.roleId !== query.roleId) return false;
  if (query.system && row.targetKind !== 'system') return false;
  if (query.domainId !== undefined && !isOn('domain', query.domainId)) return false;
  if (query.subtree) {
    if (row.targetKind !== 'project' || !query.subtree.includes(row.targetId)) return false;
  } else if (query.projectId !== undefined && !isOn('project', query.projectId)) {
    return false;
  }
  return query.inherited === undefined || row.inherited === query.inherited;
}
