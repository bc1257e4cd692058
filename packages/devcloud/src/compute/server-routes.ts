import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { badRequest, forbidden, notFound } from '../http/fault.ts';
import { Closed, Metadata, Name, parseBody } from '../http/openstack-schema.ts';
import { hrefOf, minor, param, type ComputeContext } from './context.ts';
import { createServers } from './create-server.ts';
import { findServer } from './find-server.ts';
import { networkViews, NO_NETWORK } from './network-view.ts';
import { limitOf } from './quota.ts';
import { recordAction } from './server-actions-log.ts';
import { AccessIPv4, AccessIPv6, Description, DiskConfig, Hostname, Tag } from './server-body.ts';
import { listServers } from './server-list.ts';
import { changeServer } from './server-row.ts';
import { requireUnlocked } from './server-state.ts';
import { serverLinks, serverSummary, serverView } from './server-view.ts';
import type { ServerRow } from './tables.ts';

const UpdateServer = Closed({
  server: Closed({
    name: Type.Optional(Name),
    description: Type.Optional(Description),
    hostname: Type.Optional(Hostname),
    accessIPv4: Type.Optional(AccessIPv4),
    accessIPv6: Type.Optional(AccessIPv6),
    'OS-DCF:diskConfig': Type.Optional(DiskConfig),
  }),
});
const AllMetadata = Closed({ metadata: Metadata });
const OneMetadatum = Closed({ meta: Metadata });
const AllTags = Closed({ tags: Type.Array(Tag, { maxItems: 50 }) });

export function serverRoutes(app: FastifyInstance, context: ComputeContext): void {
  const show = async (request: FastifyRequest, server: ServerRow): Promise<object> => {
    const views = await networkViews(context, [server]);
    return serverView(request, server, views.get(server.id) ?? NO_NETWORK);
  };
  const change = (server: ServerRow, patch: Partial<ServerRow>): ServerRow => {
    const changed = changeServer(context, server.id, patch);
    if (!changed) throw notFound(`Instance ${server.id} could not be found.`);
    return changed;
  };

  app.get('/servers', async (request) => {
    const { rows, links } = await listServers(context, request, '/servers');
    return {
      servers: rows.map((row) => serverSummary(request, row)),
      ...(links ? { servers_links: links } : {}),
    };
  });

  app.get('/servers/detail', async (request) => {
    const { rows, links } = await listServers(context, request, '/servers/detail');
    const views = await networkViews(context, rows);
    return {
      servers: rows.map((row) => serverView(request, row, views.get(row.id) ?? NO_NETWORK)),
      ...(links ? { servers_links: links } : {}),
    };
  });

  const create = async (request: FastifyRequest, reply: FastifyReply): Promise<object> => {
    const created = await createServers(context, request);
    const [first] = created.servers;
    reply.code(202);
    if (created.asReservation || !first) return { reservation_id: created.reservationId };
    reply.header('location', hrefOf(request, `/servers/${first.id}`));
    return {
      server: {
        ...serverLinks(request, first),
        'OS-DCF:diskConfig': first.diskConfig,
        security_groups: created.securityGroups,
        adminPass: first.adminPass,
      },
    };
  };
  app.post('/servers', create);
  // Clients of older OpenStacks use this address to boot from a volume.
  app.post('/os-volumes_boot', create);

  app.get('/servers/:server', async (request) => ({
    server: await show(request, findServer(context, request)),
  }));

  app.put('/servers/:server', async (request) => {
    const server = findServer(context, request);
    const { server: asked } = parseBody(UpdateServer, request.body);
    for (const [name, since] of [
      ['description', 19],
      ['hostname', 90],
    ] as const) {
      if (minor(request) < since && name in asked) {
        throw badRequest(
          `Invalid input for field/attribute server. Additional properties are not allowed ('${name}' was unexpected)`,
        );
      }
    }
    const changed = change(server, {
      ...(asked.name === undefined ? {} : { name: asked.name }),
      ...(asked.description === undefined ? {} : { description: asked.description }),
      ...(asked.hostname === undefined ? {} : { hostname: asked.hostname }),
      ...(asked.accessIPv4 === undefined ? {} : { accessIPv4: asked.accessIPv4 }),
      ...(asked.accessIPv6 === undefined ? {} : { accessIPv6: asked.accessIPv6 }),
      ...(asked['OS-DCF:diskConfig'] === undefined ? {} : { diskConfig: asked['OS-DCF:diskConfig'] }),
    });
    return { server: await show(request, changed) };
  });

  app.delete('/servers/:server', async (request, reply) => {
    const server = findServer(context, request);
    requireUnlocked(server, request.caller?.isAdmin ?? false);
    deleteSoon(context, request, server);
    return reply.code(204).send();
  });

  app.get('/servers/:server/ips', async (request) => {
    const server = findServer(context, request);
    const view = (await networkViews(context, [server])).get(server.id) ?? NO_NETWORK;
    return {
      addresses: Object.fromEntries(
        Object.entries(view.addresses).map(([network, list]) => [network, list.map(plainAddress)]),
      ),
    };
  });

  app.get('/servers/:server/ips/:network', async (request) => {
    const server = findServer(context, request);
    const network = param(request, 'network');
    const list = (await networkViews(context, [server])).get(server.id)?.addresses[network];
    if (!list) throw notFound('Instance is not a member of specified network');
    return { [network]: list.map(plainAddress) };
  });

  app.get('/servers/:server/os-security-groups', async (request) => {
    const server = findServer(context, request);
    const names = (await networkViews(context, [server])).get(server.id)?.securityGroups ?? [];
    return {
      security_groups: names.map((name) => ({
        id: name,
        name,
        description: '',
        rules: [],
        tenant_id: server.projectId,
      })),
    };
  });

  metadataRoutes(app, context, change);
  tagRoutes(app, context, change);
}

/** From here on only its end is to come, whatever it was doing. */
export function deleteSoon(context: ComputeContext, request: FastifyRequest, server: ServerRow): void {
  if (!server.deleting) {
    const actionId = recordAction(context, request, server.id, 'delete');
    changeServer(context, server.id, { deleting: true, taskState: 'deleting', actionId });
  }
  context.work.wake(server.id);
}

function plainAddress({ addr, version }: { addr: string; version: number }): object {
  return { addr, version };
}

type Change = (server: ServerRow, patch: Partial<ServerRow>) => ServerRow;

function metadataRoutes(app: FastifyInstance, context: ComputeContext, change: Change): void {
  const set = (server: ServerRow, metadata: Record<string, string>): Readonly<Record<string, string>> => {
    const most = limitOf(context, server.projectId, 'metadata_items');
    if (Object.keys(metadata).length > most) {
      throw forbidden(`Maximum number of metadata items exceeds ${most}`);
    }
    return change(server, { metadata }).metadata;
  };

  app.get('/servers/:server/metadata', async (request) => ({
    metadata: findServer(context, request).metadata,
  }));
  app.put('/servers/:server/metadata', async (request) => {
    const server = findServer(context, request);
    return { metadata: set(server, parseBody(AllMetadata, request.body).metadata) };
  });
  app.post('/servers/:server/metadata', async (request) => {
    const server = findServer(context, request);
    return {
      metadata: set(server, { ...server.metadata, ...parseBody(AllMetadata, request.body).metadata }),
    };
  });
  app.get('/servers/:server/metadata/:key', async (request) => ({
    meta: { [param(request, 'key')]: valueOf(request, findServer(context, request)) },
  }));
  app.put('/servers/:server/metadata/:key', async (request) => {
    const server = findServer(context, request);
    const { meta } = parseBody(OneMetadatum, request.body);
    if (!(param(request, 'key') in meta)) throw badRequest('Request body and URI mismatch');
    set(server, { ...server.metadata, ...meta });
    return { meta };
  });
  app.delete('/servers/:server/metadata/:key', async (request, reply) => {
    const server = findServer(context, request);
    valueOf(request, server);
    const { [param(request, 'key')]: _gone, ...metadata } = server.metadata;
    change(server, { metadata });
    return reply.code(204).send();
  });
}

function tagRoutes(app: FastifyInstance, context: ComputeContext, change: Change): void {
  const since26 = (request: FastifyRequest): ServerRow => {
    if (minor(request) < 26)
      throw notFound(`API version 2.${minor(request)} is not supported on this method.`);
    return findServer(context, request);
  };

  app.get('/servers/:server/tags', async (request) => ({ tags: since26(request).tags }));
  app.put('/servers/:server/tags', async (request) => {
    const server = since26(request);
    const { tags } = parseBody(AllTags, request.body);
    return { tags: change(server, { tags: [...new Set(tags)] }).tags };
  });
  app.delete('/servers/:server/tags', async (request, reply) => {
    change(since26(request), { tags: [] });
    return reply.code(204).send();
  });
  app.get('/servers/:server/tags/:tag', async (request, reply) => {
    requireTag(request, since26(request));
    return reply.code(204).send();
  });
  app.put('/servers/:server/tags/:tag', async (request, reply) => {
    const server = since26(request);
    const tag = parseBody(Tag, param(request, 'tag'));
    if (server.tags.includes(tag)) return reply.code(204).send();
    if (server.tags.length >= 50) throw badRequest('The number of tags exceeded the per-server limit 50');
    change(server, { tags: [...server.tags, tag] });
    return reply
      .code(201)
      .header('location', hrefOf(request, `/servers/${server.id}/tags/${encodeURIComponent(tag)}`))
      .send();
  });
  app.delete('/servers/:server/tags/:tag', async (request, reply) => {
    const server = since26(request);
    const tag = requireTag(request, server);
    change(server, { tags: server.tags.filter((other) => other !== tag) });
    return reply.code(204).send();
  });
}

function valueOf(request: FastifyRequest, server: ServerRow): string {
  const value = server.metadata[param(request, 'key')];
  if (value === undefined) throw notFound('Metadata item was not found');
  return value;
}

function requireTag(request: FastifyRequest, server: ServerRow): string {
  const tag = param(request, 'tag');
  if (!server.tags.includes(tag)) throw notFound(`Instance ${server.id} has no tag '${tag}'`);
  return tag;
}
