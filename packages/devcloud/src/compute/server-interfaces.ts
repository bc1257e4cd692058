import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { badRequest, notFound, projectCaller } from '../http/fault.ts';
import { Closed, IpAddress, Nullable, parseBody, Uuid } from '../http/openstack-schema.ts';
import { askedNics } from './asked-networks.ts';
import { minor, param, type ComputeContext } from './context.ts';
import { findServer } from './find-server.ts';
import { networkViews } from './network-view.ts';
import { recordAction } from './server-actions-log.ts';
import { Tag } from './server-body.ts';
import { bindPort, makePort, portsOf, releasePort, type Port } from './server-ports.ts';
import { changeServer } from './server-row.ts';
import { requireState, requireUnlocked } from './server-state.ts';
import type { ServerNic } from './tables.ts';

const Attach = Type.Union([
  Closed({
    interfaceAttachment: Type.Optional(
      Closed({
        port_id: Type.Optional(Nullable(Uuid)),
        net_id: Type.Optional(Nullable(Uuid)),
        fixed_ips: Type.Optional(Type.Array(Closed({ ip_address: IpAddress }), { minItems: 1, maxItems: 1 })),
        tag: Type.Optional(Tag),
      }),
    ),
  }),
  Type.Null(),
]);

/** `os-interface`: NICs that come and go while a server runs. Nova answers when the port is plugged; so do we. */
export function serverInterfaceRoutes(app: FastifyInstance, context: ComputeContext): void {
  const { hypervisor } = context;

  app.get('/servers/:server/os-interface', async (request) => {
    const server = findServer(context, request);
    const ports = (await networkViews(context, [server])).get(server.id)?.ports ?? [];
    return { interfaceAttachments: ports.map((port) => view(request, port, tagOf(server.nics, port))) };
  });

  app.get('/servers/:server/os-interface/:port', async (request) => {
    const server = findServer(context, request);
    const id = param(request, 'port');
    const ports = await portsOf(context, context.novaCaller(server.projectId), server.id);
    const port = ports.find((candidate) => candidate.id === id);
    if (!port) throw notFound(`Instance ${server.id} does not have a port with id ${id}`);
    return { interfaceAttachment: view(request, port, tagOf(server.nics, port)) };
  });

  app.post('/servers/:server/os-interface', async (request) => {
    const server = findServer(context, request);
    const asked = parseBody(Attach, request.body ?? null)?.interfaceAttachment ?? {};
    requireUnlocked(server, request.caller?.isAdmin ?? false);
    requireState(server, 'attach_interface', ['active', 'paused', 'stopped']);
    const { port_id: port, net_id: uuid, fixed_ips: fixed, tag } = asked;
    if (typeof port === 'string' && (typeof uuid === 'string' || fixed)) {
      throw badRequest('Must not input both network_id or fixed_ips and port_id');
    }
    if (fixed && typeof uuid !== 'string') throw badRequest('Must input network_id when request IP address');
    const [nic] = await askedNics(
      context,
      projectCaller(request),
      typeof port === 'string'
        ? [{ port, ...(tag === undefined ? {} : { tag }) }]
        : typeof uuid === 'string'
          ? [
              {
                uuid,
                ...(tag === undefined ? {} : { tag }),
                ...(fixed?.[0] === undefined ? {} : { fixed_ip: fixed[0].ip_address }),
              },
            ]
          : undefined,
      1,
    );
    if (!nic) throw badRequest('No network could be found to attach the server to.');
    recordAction(context, request, server.id, 'attach_interface');
    return { interfaceAttachment: await attach(request, server.id, nic) };
  });

  async function attach(request: FastifyRequest, id: string, nic: ServerNic): Promise<object> {
    return context.work.alone(id, async () => {
      const server = context.tables.servers.get(id);
      if (!server || server.deleting) throw notFound(`Instance ${id} could not be found.`);
      const caller = context.novaCaller(server.projectId);
      // Noted before the port is there, so that a crash in between leaves no port that nobody deletes.
      const at = server.nics.length;
      changeServer(context, id, (row) => ({ nics: [...row.nics, nic] }));
      let portId = nic.portId;
      try {
        portId ??= (await makePort(context, caller, server, nic)).id;
        const known = portId;
        changeServer(context, id, (row) => ({ nics: row.nics.with(at, { ...nic, portId: known }) }));
        await hypervisor.attachNic(id, await bindPort(context, caller, server, portId));
      } catch (error) {
        if (portId !== undefined) await releasePort(context, caller, portId, nic.preserve);
        changeServer(context, id, (row) => ({ nics: row.nics.toSpliced(at, 1) }));
        throw error;
      }
      const port = (await portsOf(context, caller, id)).find((candidate) => candidate.id === portId);
      if (!port) throw badRequest(`Port ${portId} vanished while it was being attached.`);
      return view(request, port, nic.tag);
    });
  }

  app.delete('/servers/:server/os-interface/:port', async (request, reply) => {
    const server = findServer(context, request);
    const portId = param(request, 'port');
    requireUnlocked(server, request.caller?.isAdmin ?? false);
    requireState(server, 'detach_interface', ['active', 'paused', 'stopped']);
    if (!server.nics.some((nic) => nic.portId === portId)) {
      throw notFound(`Port ${portId} is not attached to server ${server.id}`);
    }
    recordAction(context, request, server.id, 'detach_interface');
    // Nova casts and answers; who polls the port's device sees when it is done.
    context.work
      .alone(server.id, async () => {
        const nic = context.tables.servers.get(server.id)?.nics.find((own) => own.portId === portId);
        if (!nic) return;
        await hypervisor.detachNic(server.id, portId);
        // Nova deletes a port it made, and lets one of the user's go.
        await releasePort(context, context.novaCaller(server.projectId), portId, nic.preserve);
        changeServer(context, server.id, (row) => ({
          nics: row.nics.filter((own) => own.portId !== portId),
        }));
      })
      .catch((error: unknown) => {
        context.cloud.log.error(
          { err: error, server: server.id, port: portId },
          'a port could not be detached',
        );
      });
    return reply.code(202).send();
  });
}

function tagOf(nics: readonly ServerNic[], port: Port): string | undefined {
  return nics.find(({ portId }) => portId === port.id)?.tag;
}

function view(request: FastifyRequest, port: Port, tag: string | undefined): object {
  return {
    port_state: port.status,
    fixed_ips: port.fixed_ips.map(({ subnet_id, ip_address }) => ({ subnet_id, ip_address })),
    port_id: port.id,
    net_id: port.network_id,
    mac_addr: port.mac_address,
    ...(minor(request) >= 70 ? { tag: tag ?? null } : {}),
  };
}
