import type { FastifyInstance } from 'fastify';
import { projectBy, type IdentityContext } from './context.ts';
import { badRequest, notFound } from './identity-error.ts';
import { enforce, managesDomain, readsDomain } from './policy.ts';
import { isFields, texts } from './request-body.ts';
import type { ProjectRow } from './tables.ts';
import { rootOf } from './views.ts';

interface ById {
  Params: { id: string };
}
interface ByTag {
  Params: { id: string; tag: string };
}

const MOST_TAGS = 80;

/** `/v3/projects/{id}/tags` */
export function tagRoutes(app: FastifyInstance, context: IdentityContext): void {
  const { tables } = context;

  function change(id: string, tags: readonly string[]): ProjectRow {
    if (tags.length > MOST_TAGS) throw badRequest(`A project can have ${MOST_TAGS} tags at most.`);
    const wrong = tags.find((tag) => tag === '' || tag.length > 255 || /[,/]/.test(tag));
    if (wrong !== undefined) throw badRequest(`Invalid input for field 'tags': '${wrong}' is not a tag`);
    return tables.projects.put({ ...projectBy(tables, id), tags: [...new Set(tags)] });
  }

  app.get<ById>('/v3/projects/:id/tags', async (request) => {
    const { id } = request.params;
    enforce(
      request,
      'identity:list_project_tags',
      (caller) => caller.projectId === id || readsDomain(caller, tables.projects.get(id)?.domainId),
    );
    return { links: { self: rootOf(request) }, tags: projectBy(tables, id).tags };
  });

  app.put<ById>('/v3/projects/:id/tags', async (request) => {
    const { id } = request.params;
    enforce(request, 'identity:update_project_tags', (caller) =>
      managesDomain(caller, tables.projects.get(id)?.domainId),
    );
    const tags = isFields(request.body) ? texts(request.body, 'tags') : undefined;
    if (tags === undefined) throw badRequest("'tags' is a required property");
    return { links: { self: rootOf(request) }, tags: change(id, tags).tags };
  });

  app.delete<ById>('/v3/projects/:id/tags', async (request, reply) => {
    const { id } = request.params;
    enforce(request, 'identity:delete_project_tags', (caller) =>
      managesDomain(caller, tables.projects.get(id)?.domainId),
    );
    change(id, []);
    return reply.code(204).send();
  });

  app.get<ByTag>('/v3/projects/:id/tags/:tag', async (request, reply) => {
    const { id, tag } = request.params;
    enforce(
      request,
      'identity:get_project_tag',
      (caller) => caller.projectId === id || readsDomain(caller, tables.projects.get(id)?.domainId),
    );
    if (!projectBy(tables, id).tags.includes(tag)) throw notFound('project tag', tag);
    return reply.code(204).send();
  });

  app.put<ByTag>('/v3/projects/:id/tags/:tag', async (request, reply) => {
    const { id, tag } = request.params;
    enforce(request, 'identity:create_project_tag', (caller) =>
      managesDomain(caller, tables.projects.get(id)?.domainId),
    );
    change(id, [...projectBy(tables, id).tags, tag]);
    return reply
      .code(201)
      .header('location', `${rootOf(request)}/projects/${id}/tags/${tag}`)
      .send();
  });

  app.delete<ByTag>('/v3/projects/:id/tags/:tag', async (request, reply) => {
    const { id, tag } = request.params;
    enforce(request, 'identity:delete_project_tag', (caller) =>
      managesDomain(caller, tables.projects.get(id)?.domainId),
    );
    const { tags } = projectBy(tables, id);
    if (!tags.includes(tag)) throw notFound('project tag', tag);
    change(
      id,
      tags.filter((candidate) => candidate !== tag),
    );
    return reply.code(204).send();
  });
}
