import type { FastifyInstance, FastifyRequest } from 'fastify';
import { domainBy, newId, roleBy, type IdentityContext } from './context.ts';
import { conflict, forbidden, IdentityError } from './identity-error.ts';
import { enforce, isCloudAdmin, isCloudReader, readsItsDomain } from './policy.ts';
import { removeRole } from './removal.ts';
import { extraOf, keepsId, member, nameOf, object, text } from './request-body.ts';
import type { RoleRow } from './tables.ts';
import { collection, linked, queryOf, rootOf, single, type View } from './views.ts';

interface ById {
  Params: { id: string };
}
interface ByImplied {
  Params: { id: string; implied: string };
}

const KNOWN = ['id', 'name', 'domain_id', 'description', 'options', 'links', 'extra'];

/** `/v3/roles`, what they imply, and `/v3/role_inferences` */
export function roleRoutes(app: FastifyInstance, context: IdentityContext): void {
  const { tables, cloud } = context;

  app.get('/v3/roles', async (request) => {
    enforce(request, 'identity:list_roles', readsItsDomain);
    const domainId = queryOf(request).get('domain_id') ?? undefined;
    const rows = tables.roles.all().filter((row) => row.domainId === domainId);
    return collection(request, 'roles', '/roles', rows.map(roleView), ['name', 'domain_id']);
  });

  app.post('/v3/roles', async (request, reply) => {
    enforce(request, 'identity:create_role', isCloudAdmin);
    const wanted = member(request.body, 'role');
    const name = nameOf(wanted);
    const domainId = text(wanted, 'domain_id');
    if (domainId !== undefined) domainBy(tables, domainId);
    refuseTwin(name, domainId);
    const row = tables.roles.put({
      id: newId(cloud),
      name,
      domainId,
      description: text(wanted, 'description') ?? null,
      options: object(wanted, 'options') ?? {},
      extra: extraOf(wanted, KNOWN),
    });
    reply.code(201);
    return single(request, 'role', '/roles', roleView(row));
  });

  app.get<ById>('/v3/roles/:id', async (request) => {
    enforce(request, 'identity:get_role', readsItsDomain);
    return single(request, 'role', '/roles', roleView(roleBy(tables, request.params.id)));
  });

  app.patch<ById>('/v3/roles/:id', async (request) => {
    enforce(request, 'identity:update_role', isCloudAdmin);
    const before = roleBy(tables, request.params.id);
    const changes = member(request.body, 'role');
    keepsId(changes, before.id);
    const name = changes['name'] === undefined ? before.name : nameOf(changes);
    if (name !== before.name) refuseTwin(name, before.domainId);
    const row = tables.roles.put({
      ...before,
      name,
      description:
        changes['description'] === undefined ? before.description : (text(changes, 'description') ?? null),
      options: { ...before.options, ...object(changes, 'options') },
      extra: { ...before.extra, ...extraOf(changes, KNOWN) },
    });
    return single(request, 'role', '/roles', roleView(row));
  });

  app.delete<ById>('/v3/roles/:id', async (request, reply) => {
    enforce(request, 'identity:delete_role', isCloudAdmin);
    const row = roleBy(tables, request.params.id);
    cloud.store.transaction(() => removeRole(tables, row.id));
    return reply.code(204).send();
  });

  app.get('/v3/role_inferences', async (request) => {
    enforce(request, 'identity:list_role_inference_rules', isCloudReader);
    const priors = new Set(tables.implications.all().map((row) => row.priorId));
    return { role_inferences: [...priors].map((id) => inference(request, roleBy(tables, id))) };
  });

  app.get<ById>('/v3/roles/:id/implies', async (request) => {
    enforce(request, 'identity:list_implied_roles', isCloudReader);
    const prior = roleBy(tables, request.params.id);
    return {
      role_inference: inference(request, prior),
      links: { self: `${rootOf(request)}/roles/${prior.id}/implies` },
    };
  });

  app.get<ByImplied>('/v3/roles/:id/implies/:implied', async (request, reply) => {
    enforce(request, 'identity:get_implied_role', isCloudReader);
    const { id, implied } = request.params;
    const [prior, following] = [roleBy(tables, id), roleBy(tables, implied)];
    refuseUnrelated(prior, following);
    if (request.method === 'HEAD') return reply.code(204).send();
    return oneInference(request, prior, following);
  });

  app.put<ByImplied>('/v3/roles/:id/implies/:implied', async (request, reply) => {
    enforce(request, 'identity:create_implied_role', isCloudAdmin);
    const { id, implied } = request.params;
    const [prior, following] = [roleBy(tables, id), roleBy(tables, implied)];
    // Keystone's `prohibited_implied_role`: nobody shall become an administrator by the way.
    if (following.name.toLowerCase() === 'admin')
      throw forbidden(`${following.id} cannot be an implied roles.`);
    tables.implications.put({ id: `${id}/${implied}`, priorId: id, impliedId: implied });
    reply.code(201);
    return oneInference(request, prior, following);
  });

  app.delete<ByImplied>('/v3/roles/:id/implies/:implied', async (request, reply) => {
    enforce(request, 'identity:delete_implied_role', isCloudAdmin);
    const { id, implied } = request.params;
    refuseUnrelated(roleBy(tables, id), roleBy(tables, implied));
    tables.implications.delete(`${id}/${implied}`);
    return reply.code(204).send();
  });

  function refuseUnrelated(prior: RoleRow, implied: RoleRow): void {
    if (tables.implications.get(`${prior.id}/${implied.id}`)) return;
    throw new IdentityError(404, `${prior.id} does not imply ${implied.id}.`);
  }

  function refuseTwin(name: string, domainId: string | undefined): void {
    if (!tables.roles.by('name', name).some((row) => row.domainId === domainId)) return;
    throw conflict('role', `Duplicate entry found with name ${name}`);
  }

  function inference(request: FastifyRequest, prior: RoleRow): unknown {
    const implied = tables.implications.by('prior', prior.id);
    return {
      prior_role: short(request, prior),
      implies: implied.map((row) => short(request, roleBy(tables, row.impliedId))),
    };
  }
}

function oneInference(request: FastifyRequest, prior: RoleRow, implied: RoleRow): unknown {
  return {
    role_inference: { prior_role: short(request, prior), implies: short(request, implied) },
    links: { self: `${rootOf(request)}/roles/${prior.id}/implies/${implied.id}` },
  };
}

function short(request: FastifyRequest, { id, name }: RoleRow): unknown {
  return linked(request, '/roles', { id, name });
}

export function roleView(row: RoleRow): View {
  return {
    ...row.extra,
    id: row.id,
    name: row.name,
    domain_id: row.domainId ?? null,
    description: row.description,
    options: row.options,
  };
}
