import type { FastifyInstance } from 'fastify';
import { allEndpoints, allServices, embeddedEndpoints, embeddedServices } from './catalog.ts';
import { newId, type IdentityContext } from './context.ts';
import { badRequest, forbidden, missing, notFound } from './identity-error.ts';
import { enforce, isCloudAdmin, isCloudReader } from './policy.ts';
import { regionRoutes } from './region-routes.ts';
import { choice, extraOf, flag, keepsId, member, requiredText, text } from './request-body.ts';
import type { EndpointInterface, EndpointRow, ServiceRow } from './tables.ts';
import { collection, single, type View } from './views.ts';

interface ById {
  Params: { id: string };
}

const SERVICE_KNOWN = ['id', 'type', 'name', 'description', 'enabled', 'links'];
const ENDPOINT_KNOWN = [
  'id',
  'service_id',
  'interface',
  'region_id',
  'region',
  'url',
  'enabled',
  'name',
  'links',
];
const INTERFACES: readonly EndpointInterface[] = ['admin', 'internal', 'public'];

/** `/v3/services` and `/v3/endpoints`: what this cloud has of itself, and what others register. */
export function catalogRoutes(app: FastifyInstance, context: IdentityContext): void {
  const { tables, cloud } = context;
  regionRoutes(app, context);

  app.get('/v3/services', async (request) => {
    enforce(request, 'identity:list_services', isCloudReader);
    const rows = allServices(cloud, tables).map(serviceView);
    return collection(request, 'services', '/services', rows, ['type', 'name']);
  });

  app.post('/v3/services', async (request, reply) => {
    enforce(request, 'identity:create_service', isCloudAdmin);
    const wanted = member(request.body, 'service');
    const row = tables.services.put({
      id: newId(cloud),
      type: requiredText(wanted, 'type', { min: 1, max: 255 }),
      name: text(wanted, 'name', { max: 255 }),
      description: text(wanted, 'description'),
      enabled: flag(wanted, 'enabled') ?? true,
      extra: extraOf(wanted, SERVICE_KNOWN),
    });
    reply.code(201);
    return single(request, 'service', '/services', serviceView(row));
  });

  app.get<ById>('/v3/services/:id', async (request) => {
    enforce(request, 'identity:get_service', isCloudReader);
    return single(request, 'service', '/services', serviceView(serviceBy(request.params.id)));
  });

  app.patch<ById>('/v3/services/:id', async (request) => {
    enforce(request, 'identity:update_service', isCloudAdmin);
    const before = ownService(request.params.id);
    const changes = member(request.body, 'service');
    keepsId(changes, before.id);
    const row = tables.services.put({
      ...before,
      type: text(changes, 'type', { min: 1, max: 255 }) ?? before.type,
      name: text(changes, 'name', { max: 255 }) ?? before.name,
      description: text(changes, 'description') ?? before.description,
      enabled: flag(changes, 'enabled') ?? before.enabled,
      extra: { ...before.extra, ...extraOf(changes, SERVICE_KNOWN) },
    });
    return single(request, 'service', '/services', serviceView(row));
  });

  app.delete<ById>('/v3/services/:id', async (request, reply) => {
    enforce(request, 'identity:delete_service', isCloudAdmin);
    const row = ownService(request.params.id);
    cloud.store.transaction(() => {
      for (const endpoint of tables.endpoints.by('service', row.id)) tables.endpoints.delete(endpoint.id);
      tables.services.delete(row.id);
    });
    return reply.code(204).send();
  });

  app.get('/v3/endpoints', async (request) => {
    enforce(request, 'identity:list_endpoints', isCloudReader);
    const rows = allEndpoints(cloud, tables).map(endpointView);
    return collection(request, 'endpoints', '/endpoints', rows, ['interface', 'service_id', 'region_id']);
  });

  app.post('/v3/endpoints', async (request, reply) => {
    enforce(request, 'identity:create_endpoint', isCloudAdmin);
    const wanted = member(request.body, 'endpoint');
    const serviceId = requiredText(wanted, 'service_id');
    const face = choice(wanted, 'interface', INTERFACES);
    if (face === undefined) throw missing('interface', 'endpoint');
    if (!allServices(cloud, tables).some((row) => row.id === serviceId)) {
      throw badRequest(notFound('service', serviceId).message);
    }
    const row = tables.endpoints.put({
      id: newId(cloud),
      serviceId,
      interface: face,
      regionId: region(text(wanted, 'region_id'), text(wanted, 'region')),
      url: checkedUrl(requiredText(wanted, 'url', { min: 1, max: 225 })),
      enabled: flag(wanted, 'enabled') ?? true,
      name: text(wanted, 'name'),
      extra: extraOf(wanted, ENDPOINT_KNOWN),
    });
    reply.code(201);
    return single(request, 'endpoint', '/endpoints', endpointView(row));
  });

  app.get<ById>('/v3/endpoints/:id', async (request) => {
    enforce(request, 'identity:get_endpoint', isCloudReader);
    return single(request, 'endpoint', '/endpoints', endpointView(endpointBy(request.params.id)));
  });

  app.patch<ById>('/v3/endpoints/:id', async (request) => {
    enforce(request, 'identity:update_endpoint', isCloudAdmin);
    const before = ownEndpoint(request.params.id);
    const changes = member(request.body, 'endpoint');
    keepsId(changes, before.id);
    const serviceId = text(changes, 'service_id') ?? before.serviceId;
    if (!allServices(cloud, tables).some((row) => row.id === serviceId)) {
      throw badRequest(notFound('service', serviceId).message);
    }
    const row = tables.endpoints.put({
      ...before,
      serviceId,
      interface: choice(changes, 'interface', INTERFACES) ?? before.interface,
      regionId: region(text(changes, 'region_id'), text(changes, 'region')) ?? before.regionId,
      url: checkedUrl(text(changes, 'url', { min: 1, max: 225 }) ?? before.url),
      enabled: flag(changes, 'enabled') ?? before.enabled,
      name: text(changes, 'name') ?? before.name,
      extra: { ...before.extra, ...extraOf(changes, ENDPOINT_KNOWN) },
    });
    return single(request, 'endpoint', '/endpoints', endpointView(row));
  });

  app.delete<ById>('/v3/endpoints/:id', async (request, reply) => {
    enforce(request, 'identity:delete_endpoint', isCloudAdmin);
    tables.endpoints.delete(ownEndpoint(request.params.id).id);
    return reply.code(204).send();
  });

  function serviceBy(id: string): ServiceRow {
    const row = allServices(cloud, tables).find((candidate) => candidate.id === id);
    if (!row) throw notFound('service', id);
    return row;
  }

  function endpointBy(id: string): EndpointRow {
    const row = allEndpoints(cloud, tables).find((candidate) => candidate.id === id);
    if (!row) throw notFound('endpoint', id);
    return row;
  }

  function ownService(id: string): ServiceRow {
    const row = serviceBy(id);
    if (embeddedServices(cloud).some((candidate) => candidate.id === id)) {
      throw forbidden(`The service ${row.name ?? row.type} runs in this cloud itself and can't be changed.`);
    }
    return row;
  }

  function ownEndpoint(id: string): EndpointRow {
    const row = endpointBy(id);
    if (embeddedEndpoints(cloud).some((candidate) => candidate.id === id)) {
      throw forbidden(`The endpoint ${row.url} is one of this cloud itself and can't be changed.`);
    }
    return row;
  }

  /** `region` is the older name; a region that is not there is made, as Keystone does for that one. */
  function region(regionId: string | undefined, older: string | undefined): string | undefined {
    if (regionId !== undefined) {
      if (!tables.regions.get(regionId)) throw badRequest(notFound('region', regionId).message);
      return regionId;
    }
    if (older !== undefined && !tables.regions.get(older)) {
      tables.regions.put({ id: older, description: '', parentId: undefined, extra: {} });
    }
    return older;
  }
}

/** Only ids that a token has may stand in an endpoint's address. */
function checkedUrl(url: string): string {
  const names = [...url.matchAll(/[%$]\((\w*)\)s?/g)].map((match) => match[1]);
  const allowed = ['project_id', 'tenant_id', 'user_id', 'public_endpoint', 'admin_endpoint'];
  if (names.every((name) => name !== undefined && allowed.includes(name))) return url;
  throw badRequest(`Cannot create an endpoint with an invalid URL: ${url}.`);
}

function serviceView(row: ServiceRow): View {
  return {
    ...row.extra,
    id: row.id,
    type: row.type,
    enabled: row.enabled,
    name: row.name ?? '',
    ...(row.description === undefined ? {} : { description: row.description }),
  };
}

function endpointView(row: EndpointRow): View {
  return {
    ...row.extra,
    ...(row.name === undefined ? {} : { name: row.name }),
    id: row.id,
    interface: row.interface,
    region_id: row.regionId ?? null,
    service_id: row.serviceId,
    url: row.url,
    enabled: row.enabled,
    region: row.regionId ?? null,
  };
}
