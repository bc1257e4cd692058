import type { FastifyInstance } from 'fastify';
import { ancestorsOf } from './effective-roles.ts';
import { newId, projectBy, type IdentityContext } from './context.ts';
import { projectNamed } from './find.ts';
import { badRequest, conflict, notFound } from './identity-error.ts';
import { enforce, isCloudReader, managesDomain, readsDomain, readsItsDomain } from './policy.ts';
import { projectView } from './project-views.ts';
import { removeProject } from './removal.ts';
import { extraOf, flag, keepsId, member, nameOf, object, text, texts, type Fields } from './request-body.ts';
import { tagRoutes } from './tag-routes.ts';
import type { IdentityTables, ProjectRow } from './tables.ts';
import { collection, isAsked, queryOf, single } from './views.ts';

interface ById {
  Params: { id: string };
}

const KNOWN = [
  'id',
  'name',
  'domain_id',
  'description',
  'enabled',
  'parent_id',
  'is_domain',
  'tags',
  'options',
  'links',
  'extra',
];

/** `/v3/projects` */
export function projectRoutes(app: FastifyInstance, context: IdentityContext): void {
  const { tables, cloud } = context;

  app.get('/v3/projects', async (request) => {
    const caller = enforce(request, 'identity:list_projects', readsItsDomain);
    const query = queryOf(request);
    const rows = tables.projects.all().filter((row) => {
      if (row.isDomain !== isTrue(query.get('is_domain'))) return false;
      if (!isCloudReader(caller) && row.domainId !== caller.domainId) return false;
      return hasTags(row, query);
    });
    const filters = ['domain_id', 'enabled', 'name', 'parent_id'];
    return collection(request, 'projects', '/projects', rows.map(projectView), filters);
  });

  app.post('/v3/projects', async (request, reply) => {
    const wanted = member(request.body, 'project');
    const parentId = text(wanted, 'parent_id');
    const parent = parentId === undefined ? undefined : tables.projects.get(parentId);
    const domainId =
      text(wanted, 'domain_id') ??
      (parent?.isDomain ? parent.id : parent?.domainId) ??
      request.caller?.domainId;
    enforce(request, 'identity:create_project', (caller) => managesDomain(caller, domainId));
    const name = nameOf(wanted, 64);
    if (parentId !== undefined && !parent) throw badRequest(notFound('project', parentId).message);
    const domain = tables.projects.get(domainId ?? 'default');
    if (!domain?.isDomain) throw badRequest(notFound('domain', domainId ?? 'default').message);
    if (parent && parent.id !== domain.id && parent.domainId !== domain.id) {
      throw badRequest('Cannot create project, the parent is in another domain.');
    }
    refuseTwin(tables, name, domain.id);
    const row = tables.projects.put({
      id: newId(cloud),
      name,
      domainId: domain.id,
      parentId: parent?.id ?? domain.id,
      isDomain: false,
      description: text(wanted, 'description') ?? '',
      enabled: flag(wanted, 'enabled') ?? true,
      tags: texts(wanted, 'tags') ?? [],
      options: object(wanted, 'options') ?? {},
      extra: extraOf(wanted, KNOWN),
    });
    reply.code(201);
    return single(request, 'project', '/projects', projectView(row));
  });

  app.get<ById>('/v3/projects/:id', async (request) => {
    const { id } = request.params;
    const row = tables.projects.get(id);
    enforce(
      request,
      'identity:get_project',
      (caller) => caller.projectId === id || readsDomain(caller, row?.domainId ?? row?.id),
    );
    const project = projectBy(tables, id);
    return single(request, 'project', '/projects', {
      ...projectView(project),
      ...hierarchy(tables, project, queryOf(request)),
    });
  });

  app.patch<ById>('/v3/projects/:id', async (request) => {
    const { id } = request.params;
    const domainId = tables.projects.get(id)?.domainId;
    enforce(request, 'identity:update_project', (caller) => managesDomain(caller, domainId));
    const before = projectBy(tables, id);
    const changes = member(request.body, 'project');
    const row = changedProject(tables, before, changes);
    tables.projects.put(row);
    return single(request, 'project', '/projects', projectView(row));
  });

  app.delete<ById>('/v3/projects/:id', async (request, reply) => {
    const { id } = request.params;
    const domainId = tables.projects.get(id)?.domainId;
    enforce(request, 'identity:delete_project', (caller) => managesDomain(caller, domainId));
    const row = projectBy(tables, id);
    if (row.isDomain) throw badRequest('cannot delete a project acting as a domain');
    cloud.store.transaction(() => removeProject(tables, id));
    return reply.code(204).send();
  });

  tagRoutes(app, context);
}

/** A project or domain after `PATCH`. */
export function changedProject(tables: IdentityTables, before: ProjectRow, changes: Fields): ProjectRow {
  keepsId(changes, before.id);
  const { domain_id: domainId, parent_id: parentId } = changes;
  if (domainId !== undefined && domainId !== (before.domainId ?? null)) {
    throw badRequest('Cannot change Domain ID');
  }
  if (parentId !== undefined && parentId !== (before.parentId ?? null)) {
    throw badRequest('Update of `parent_id` is not allowed.');
  }
  const name = changes['name'] === undefined ? before.name : nameOf(changes, 64);
  if (name !== before.name && before.domainId !== undefined) refuseTwin(tables, name, before.domainId);
  return {
    ...before,
    name,
    description: text(changes, 'description') ?? before.description,
    enabled: flag(changes, 'enabled') ?? before.enabled,
    tags: texts(changes, 'tags') ?? before.tags,
    options: { ...before.options, ...object(changes, 'options') },
    extra: { ...before.extra, ...extraOf(changes, KNOWN) },
  };
}

function refuseTwin(tables: IdentityTables, name: string, domainId: string): void {
  const twin = projectNamed(tables, name, domainId);
  if (!twin) return;
  throw conflict(
    'project',
    'it is not permitted to have two projects with either the same name or same id in the same domain: ' +
      `name is ${name}, project id ${twin.id}`,
  );
}

/** What `parents_as_list`, `subtree_as_ids`… add to a project. */
function hierarchy(tables: IdentityTables, row: ProjectRow, query: URLSearchParams): Record<string, unknown> {
  const more: Record<string, unknown> = {};
  const above = ancestorsOf(tables, row.id).filter((id) => !tables.projects.get(id)?.isDomain);
  const listed = (id: string): unknown[] => {
    const found = tables.projects.get(id);
    return found ? [{ project: projectView(found) }] : [];
  };
  if (isAsked(query, 'parents_as_list')) more['parents'] = above.flatMap(listed);
  if (isAsked(query, 'parents_as_ids')) {
    more['parents'] = above.reduceRight<unknown>((inner, id) => ({ [id]: inner }), null);
  }
  if (isAsked(query, 'subtree_as_list')) more['subtree'] = subtree(tables, row.id).flatMap(listed);
  if (isAsked(query, 'subtree_as_ids')) more['subtree'] = idTree(tables, row.id);
  return more;
}

export function subtree(tables: IdentityTables, id: string): string[] {
  return tables.projects.by('parent', id).flatMap((row) => [row.id, ...subtree(tables, row.id)]);
}

function idTree(tables: IdentityTables, id: string): unknown {
  const below = tables.projects.by('parent', id);
  return below.length === 0 ? null : Object.fromEntries(below.map((row) => [row.id, idTree(tables, row.id)]));
}

function hasTags(row: ProjectRow, query: URLSearchParams): boolean {
  const asked = (name: string): string[] => query.get(name)?.split(',') ?? [];
  const has = (tag: string): boolean => row.tags.includes(tag);
  return (
    asked('tags').every(has) &&
    (!query.has('tags-any') || asked('tags-any').some(has)) &&
    !(query.has('not-tags') && asked('not-tags').every(has)) &&
    !asked('not-tags-any').some(has)
  );
}

function isTrue(value: string | null): boolean {
  return value !== null && !['0', 'false', 'no', 'off'].includes(value.toLowerCase());
}
