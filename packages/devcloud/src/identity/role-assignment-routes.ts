import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IdentityContext } from './context.ts';
import { badRequest } from './identity-error.ts';
import { enforce, isCloudReader, readsItsDomain } from './policy.ts';
import { subtree } from './project-routes.ts';
import { listAssignments, type AssignmentQuery, type ListedAssignment } from './role-assignments.ts';
import type { IdentityTables } from './tables.ts';
import { isAsked, listLinks, queryOf, rootOf } from './views.ts';

/** `/v3/role_assignments` */
export function roleAssignmentRoutes(app: FastifyInstance, context: IdentityContext): void {
  const { tables } = context;

  app.get('/v3/role_assignments', async (request) => {
    const caller = enforce(
      request,
      'identity:list_role_assignments',
      (asking) =>
        readsItsDomain(asking) ||
        (asking.isAdmin && asking.projectId === queryOf(request).get('scope.project.id')),
    );
    const query = queryOf(request);
    const rows = listAssignments(tables, parseQuery(tables, query)).filter(
      (row) => isCloudReader(caller) || isInDomain(tables, row, caller.domainId),
    );
    const withNames = isAsked(query, 'include_names');
    return {
      role_assignments: rows.map((row) => assignmentView(request, tables, row, withNames)),
      links: listLinks(request),
    };
  });
}

function parseQuery(tables: IdentityTables, query: URLSearchParams): AssignmentQuery {
  const value = (name: string): string | undefined => query.get(name) ?? undefined;
  const projectId = value('scope.project.id');
  const domainId = value('scope.domain.id');
  const system = value('scope.system') !== undefined;
  const userId = value('user.id');
  const groupId = value('group.id');
  const effective = isAsked(query, 'effective');
  const inheritedTo = value('scope.OS-INHERIT:inherited_to');
  const inherited = inheritedTo === undefined ? undefined : inheritedTo === 'projects';
  if (domainId && projectId) throw badRequest('Specify a domain or project, not both');
  if (domainId && system) throw badRequest('Specify system or domain, not both');
  if (projectId && system) throw badRequest('Specify system or project, not both');
  if (userId && groupId) throw badRequest('Specify a user or group, not both');
  if (effective && groupId) {
    throw badRequest('Combining effective and group filter will always result in an empty list.');
  }
  if (effective && inherited && domainId) {
    throw badRequest(
      'Combining effective, domain and inherited filters will always result in an empty list.',
    );
  }
  const withSubtree = isAsked(query, 'include_subtree');
  if (withSubtree && projectId === undefined) {
    throw badRequest('scope.project.id must be specified if include_subtree is also specified');
  }
  return {
    userId,
    groupId,
    roleId: value('role.id'),
    projectId,
    domainId,
    system,
    inherited,
    effective,
    subtree: withSubtree && projectId !== undefined ? [projectId, ...subtree(tables, projectId)] : undefined,
  };
}

function isInDomain(tables: IdentityTables, row: ListedAssignment, domainId: string | undefined): boolean {
  if (domainId === undefined) return true;
  if (row.targetKind === 'domain') return row.targetId === domainId;
  return row.targetKind === 'project' && tables.projects.get(row.targetId)?.domainId === domainId;
}

function assignmentView(
  request: FastifyRequest,
  tables: IdentityTables,
  row: ListedAssignment,
  withNames: boolean,
): unknown {
  const root = rootOf(request);
  const links: Record<string, string> = { assignment: root + sourcePath(row) };
  if (row.source.actorKind === 'group' && row.actorKind === 'user') {
    links['membership'] = `${root}/groups/${row.source.actorId}/users/${row.actorId}`;
  }
  if (row.priorRoleId !== undefined) {
    links['prior_role'] = `${root}/prior_role/${row.priorRoleId}/implies/${row.roleId}`;
  }
  const role = tables.roles.get(row.roleId);
  return {
    links,
    scope: scopeView(tables, row, withNames),
    [row.actorKind]: actorView(tables, row, withNames),
    role: withNames
      ? {
          id: row.roleId,
          name: role?.name,
          ...(role?.domainId === undefined ? {} : { domain: domainRef(tables, role.domainId) }),
        }
      : { id: row.roleId },
  };
}

/** Address of the assignment that was given. */
function sourcePath({ source }: ListedAssignment): string {
  const target = source.targetKind === 'system' ? '/system' : `/${source.targetKind}s/${source.targetId}`;
  const path = `${target}/${source.actorKind}s/${source.actorId}/roles/${source.roleId}`;
  return source.inherited ? `/OS-INHERIT${path}/inherited_to_projects` : path;
}

function scopeView(tables: IdentityTables, row: ListedAssignment, withNames: boolean): unknown {
  const inheritance = row.inherited ? { 'OS-INHERIT:inherited_to': 'projects' } : {};
  if (row.targetKind === 'system') return { system: { all: true } };
  if (row.targetKind === 'domain') {
    const domain = withNames ? domainRef(tables, row.targetId) : { id: row.targetId };
    return { domain, ...inheritance };
  }
  const project = tables.projects.get(row.targetId);
  return {
    project: withNames
      ? { id: row.targetId, name: project?.name, domain: domainRef(tables, project?.domainId ?? '') }
      : { id: row.targetId },
    ...inheritance,
  };
}

function actorView(tables: IdentityTables, row: ListedAssignment, withNames: boolean): unknown {
  if (!withNames) return { id: row.actorId };
  const actor = row.actorKind === 'user' ? tables.users.get(row.actorId) : tables.groups.get(row.actorId);
  return { id: row.actorId, name: actor?.name, domain: domainRef(tables, actor?.domainId ?? '') };
}

function domainRef(tables: IdentityTables, id: string): unknown {
  return { id, name: tables.projects.get(id)?.name };
}
