import type { FastifyInstance } from 'fastify';
import { domainBy, newId, type IdentityContext } from './context.ts';
import { domainNamed } from './find.ts';
import { conflict, forbidden } from './identity-error.ts';
import { enforce, isCloudAdmin, isCloudReader, readsDomain, readsItsDomain } from './policy.ts';
import { changedProject } from './project-routes.ts';
import { domainView } from './project-views.ts';
import { removeDomain } from './removal.ts';
import { extraOf, flag, member, nameOf, object, text, texts } from './request-body.ts';
import { collection, single } from './views.ts';

interface ById {
  Params: { id: string };
}

/** `/v3/domains` */
export function domainRoutes(app: FastifyInstance, context: IdentityContext): void {
  const { tables, cloud } = context;

  function refuseTwin(name: string): void {
    if (!domainNamed(tables, name)) return;
    throw conflict('domain', `it is not permitted to have two domains with the same name: ${name}`);
  }

  app.get('/v3/domains', async (request) => {
    const caller = enforce(request, 'identity:list_domains', readsItsDomain);
    const rows = tables.projects
      .all()
      .filter((row) => row.isDomain && (isCloudReader(caller) || row.id === caller.domainId));
    return collection(request, 'domains', '/domains', rows.map(domainView), ['name', 'enabled']);
  });

  app.post('/v3/domains', async (request, reply) => {
    enforce(request, 'identity:create_domain', isCloudAdmin);
    const wanted = member(request.body, 'domain');
    const name = nameOf(wanted, 64);
    refuseTwin(name);
    const row = tables.projects.put({
      id: text(wanted, 'explicit_domain_id') ?? newId(cloud),
      name,
      domainId: undefined,
      parentId: undefined,
      isDomain: true,
      description: text(wanted, 'description') ?? '',
      enabled: flag(wanted, 'enabled') ?? true,
      tags: texts(wanted, 'tags') ?? [],
      options: object(wanted, 'options') ?? {},
      extra: extraOf(wanted, [
        'id',
        'name',
        'description',
        'enabled',
        'tags',
        'options',
        'links',
        'explicit_domain_id',
      ]),
    });
    reply.code(201);
    return single(request, 'domain', '/domains', domainView(row));
  });

  app.get<ById>('/v3/domains/:id', async (request) => {
    const { id } = request.params;
    enforce(request, 'identity:get_domain', (caller) => {
      const own =
        caller.projectId === undefined ? undefined : tables.projects.get(caller.projectId)?.domainId;
      return own === id || readsDomain(caller, id);
    });
    return single(request, 'domain', '/domains', domainView(domainBy(tables, id)));
  });

  app.patch<ById>('/v3/domains/:id', async (request) => {
    enforce(request, 'identity:update_domain', isCloudAdmin);
    const before = domainBy(tables, request.params.id);
    const row = changedProject(tables, before, member(request.body, 'domain'));
    if (row.name !== before.name) refuseTwin(row.name);
    tables.projects.put(row);
    return single(request, 'domain', '/domains', domainView(row));
  });

  app.delete<ById>('/v3/domains/:id', async (request, reply) => {
    enforce(request, 'identity:delete_domain', isCloudAdmin);
    const row = domainBy(tables, request.params.id);
    if (row.enabled) {
      throw forbidden('Cannot delete a domain that is enabled, please disable it first.');
    }
    cloud.store.transaction(() => removeDomain(tables, row.id));
    return reply.code(204).send();
  });
}
