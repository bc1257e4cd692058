import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { badRequest, conflict, notFound, projectCaller } from '../http/fault.ts';
import { asBoolean, Closed, Nullable, OsBoolean, parseBody, Uuid } from '../http/openstack-schema.ts';
import { minor, param, type ComputeContext } from './context.ts';
import { findServer } from './find-server.ts';
import { NeighbourError } from './neighbour.ts';
import { pageOf } from './page.ts';
import { recordAction } from './server-actions-log.ts';
import { Tag } from './server-body.ts';
import { attachDisk, nextDevice, releaseDisk, reserveVolume, volumeOf } from './server-disks.ts';
import { changeServer } from './server-row.ts';
import { requireState, requireUnlocked } from './server-state.ts';
import type { ServerDisk, ServerRow } from './tables.ts';

const Attach = Closed({
  volumeAttachment: Closed({
    volumeId: Uuid,
    device: Type.Optional(
      Nullable(Type.String({ minLength: 1, pattern: '^(/dev/)?x{0,1}[a-z]{0,1}d{0,1}[a-z]+[0-9]*$' })),
    ),
    tag: Type.Optional(Tag),
    delete_on_termination: Type.Optional(OsBoolean),
  }),
});
const Update = Type.Object({
  volumeAttachment: Type.Object({ volumeId: Uuid, delete_on_termination: Type.Optional(OsBoolean) }),
});

type VolumeDisk = ServerDisk & { readonly volumeId: string };

/** `os-volume_attachments` */
export function serverVolumeRoutes(app: FastifyInstance, context: ComputeContext): void {
  const { hypervisor } = context;

  app.get('/servers/:server/os-volume_attachments', async (request) => {
    const server = findServer(context, request);
    const { rows } = pageOf(request, disksOf(server), `/servers/${server.id}/os-volume_attachments`);
    return { volumeAttachments: rows.map((disk) => view(request, server, disk)) };
  });

  app.get('/servers/:server/os-volume_attachments/:volume', async (request) => {
    const server = findServer(context, request);
    return { volumeAttachment: view(request, server, find(request, server)) };
  });

  app.post('/servers/:server/os-volume_attachments', async (request) => {
    const server = findServer(context, request);
    const { volumeAttachment: asked } = parseBody(Attach, request.body);
    requireUnlocked(server, request.caller?.isAdmin ?? false);
    requireState(server, 'attach_volume', ['active', 'paused', 'stopped', 'resized', 'suspended']);
    const volume = await volumeOf(context, projectCaller(request), asked.volumeId);
    if (!volume) throw notFound(`Volume ${asked.volumeId} could not be found.`);
    if (disksOf(server).some(({ volumeId }) => volumeId === asked.volumeId)) {
      throw badRequest(`Invalid volume: volume ${asked.volumeId} already attached`);
    }
    const wanted = asked.device ? `/dev/${asked.device.replace(/^\/dev\//, '')}` : undefined;
    if (wanted !== undefined && server.disks.some(({ device }) => device === wanted)) {
      throw conflict(`The supplied device path (${wanted}) is in use.`);
    }
    const attachmentId = await reserve(server, asked.volumeId);
    // Meanwhile another volume may have been attached.
    const disks = context.tables.servers.get(server.id)?.disks ?? server.disks;
    const taken = ['/dev/vda', ...disks.map(({ device }) => device)];
    const disk: VolumeDisk = {
      id: context.cloud.uuid(),
      source: 'volume',
      sourceId: asked.volumeId,
      destination: 'volume',
      sizeGiB: volume.size,
      bootIndex: undefined,
      device: wanted ?? nextDevice(taken),
      deleteOnTermination: asBoolean(asked.delete_on_termination),
      volumeType: undefined,
      tag: asked.tag,
      volumeId: asked.volumeId,
      attachmentId,
      connected: false,
    };
    changeServer(context, server.id, (row) => ({ disks: [...row.disks, disk] }));
    recordAction(context, request, server.id, 'attach_volume');
    attachSoon(server.id, disk);
    return { volumeAttachment: view(request, server, disk) };
  });

  async function reserve(server: ServerRow, volumeId: string): Promise<string> {
    try {
      return await reserveVolume(context, context.novaCaller(server.projectId), volumeId, server.id);
    } catch (error) {
      if (error instanceof NeighbourError && error.status < 500) throw badRequest(error.message);
      throw error;
    }
  }

  function attachSoon(id: string, disk: VolumeDisk): void {
    const drop = (): void => {
      changeServer(context, id, (row) => ({ disks: row.disks.filter((other) => other.id !== disk.id) }));
    };
    context.work
      .alone(id, async (signal) => {
        const server = context.tables.servers.get(id);
        if (!server || server.deleting) return;
        try {
          await hypervisor.attachVolume(id, await attachDisk(context, server, disk, signal));
        } catch (error) {
          if (signal.aborted) return;
          await releaseDisk(context, server, disk, true);
          drop();
          throw error;
        }
      })
      .catch((error: unknown) => {
        context.cloud.log.error(
          { err: error, server: id, volume: disk.volumeId },
          'a volume could not be attached',
        );
      });
  }

  app.put('/servers/:server/os-volume_attachments/:volume', async (request, reply) => {
    const server = findServer(context, request);
    const { volumeAttachment: asked } = parseBody(Update, request.body);
    const disk = find(request, server);
    if (asked.volumeId !== disk.volumeId)
      throw badRequest('Swapping volumes is not supported by the hypervisor.');
    if (minor(request) < 85)
      throw badRequest(
        'The delete_on_termination of an attachment can be changed from microversion 2.85 on.',
      );
    const deleteOnTermination = asBoolean(asked.delete_on_termination, disk.deleteOnTermination);
    changeServer(context, server.id, (row) => ({
      disks: row.disks.map((other) => (other.id === disk.id ? { ...other, deleteOnTermination } : other)),
    }));
    return reply.code(202).send();
  });

  app.delete('/servers/:server/os-volume_attachments/:volume', async (request, reply) => {
    const server = findServer(context, request);
    const disk = find(request, server);
    requireUnlocked(server, request.caller?.isAdmin ?? false);
    requireState(server, 'detach_volume', ['active', 'paused', 'stopped', 'resized', 'suspended']);
    if (disk.bootIndex === 0) throw forbiddenRoot(server);
    recordAction(context, request, server.id, 'detach_volume');
    context.work
      .alone(server.id, async () => {
        await hypervisor.detachVolume(server.id, disk.volumeId);
        await releaseDisk(context, server, disk, true);
        changeServer(context, server.id, (row) => ({
          disks: row.disks.filter((other) => other.id !== disk.id),
        }));
      })
      .catch((error: unknown) => {
        context.cloud.log.error(
          { err: error, server: server.id, volume: disk.volumeId },
          'a volume could not be detached',
        );
      });
    return reply.code(202).send();
  });
}

function disksOf(server: ServerRow): VolumeDisk[] {
  return server.disks.flatMap((disk) =>
    disk.volumeId === undefined ? [] : { ...disk, volumeId: disk.volumeId },
  );
}

function find(request: FastifyRequest, server: ServerRow): VolumeDisk {
  const id = param(request, 'volume');
  const disk = disksOf(server).find(({ volumeId }) => volumeId === id);
  if (!disk) throw notFound(`volume_id not found: ${id}`);
  return disk;
}

function forbiddenRoot(server: ServerRow) {
  return badRequest(`Cannot detach a root device volume from server ${server.id}`);
}

function view(request: FastifyRequest, server: ServerRow, disk: VolumeDisk): object {
  const version = minor(request);
  return {
    ...(version < 89
      ? { id: disk.volumeId }
      : { attachment_id: disk.attachmentId ?? null, bdm_uuid: disk.id }),
    serverId: server.id,
    volumeId: disk.volumeId,
    device: disk.device,
    ...(version >= 70 ? { tag: disk.tag ?? null } : {}),
    ...(version >= 79 ? { delete_on_termination: disk.deleteOnTermination } : {}),
  };
}
