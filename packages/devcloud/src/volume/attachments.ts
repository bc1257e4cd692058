import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { badRequest, conflict, notFound } from '../http/fault.ts';
import { asBoolean, Nullable, parseBody, Uuid } from '../http/openstack-schema.ts';
import {
  minor,
  pageOf,
  param,
  queryOf,
  requireMinor,
  shownTime,
  volumeCaller,
  type VolumeContext,
} from './context.ts';
import { findVolume } from './find.ts';
import type { AttachmentRow, VolumeRow, VolumeStatus } from './tables.ts';

const Connector = Type.Object({
  host: Type.Optional(Type.String()),
  mountpoint: Type.Optional(Type.String()),
  mode: Type.Optional(Type.String()),
});
const Create = Type.Object({
  attachment: Type.Object({
    volume_uuid: Uuid,
    instance_uuid: Type.Optional(Nullable(Uuid)),
    connector: Type.Optional(Nullable(Connector)),
    mode: Type.Optional(Type.Union([Type.Literal('rw'), Type.Literal('ro')])),
  }),
});
const Update = Type.Object({ attachment: Type.Object({ connector: Connector }) });

const SORT: Readonly<Record<string, (row: AttachmentRow) => unknown>> = {
  id: ({ id }) => id,
  status: ({ status }) => status,
  attached_at: ({ attachedAt }) => attachedAt,
};

/** Attachments as things of their own, which is how Nova attaches: reserve, connect, complete. */
export function attachmentRoutes(app: FastifyInstance, context: VolumeContext): void {
  const { attachments, volumes } = context.tables;

  const find = (request: FastifyRequest): AttachmentRow => {
    requireMinor(request, 27);
    const caller = volumeCaller(request);
    const id = param(request, 'attachment');
    const row = attachments.get(id);
    if (!row || (row.projectId !== caller.projectId && !caller.isAdmin)) {
      throw notFound(`Volume attachment could not be found with filter: attachment_id = ${id}.`);
    }
    return row;
  };

  const listed = (request: FastifyRequest, path: string) => {
    requireMinor(request, 27);
    const caller = volumeCaller(request);
    const query = queryOf(request);
    const everybody = caller.isAdmin && asBoolean(query['all_tenants']);
    const rows = attachments
      .all()
      .filter(
        (row) =>
          (everybody || row.projectId === caller.projectId) &&
          (query['volume_id'] ?? row.volumeId) === row.volumeId &&
          (query['instance_id'] ?? row.serverId) === row.serverId &&
          (query['status'] ?? row.status) === row.status,
      );
    return pageOf(request, rows, path, SORT);
  };

  /** Puts an attachment, and its volume into the status that follows. */
  const put = (row: AttachmentRow): AttachmentRow =>
    context.cloud.store.transaction(() => {
      attachments.put(row);
      settle(row.volumeId);
      return row;
    });

  const settle = (volumeId: string): void => {
    const volume = volumes.get(volumeId);
    if (!volume || ['deleting', 'extending'].includes(volume.status)) return;
    const status = statusWith(attachments.by('volume', volumeId));
    volumes.put({ ...volume, status, updatedAt: context.cloud.now().toISOString() });
  };

  const connected = (
    row: AttachmentRow,
    connector: { host?: string; mountpoint?: string; mode?: string },
  ) => ({
    ...row,
    status: row.status === 'attached' ? row.status : ('attaching' as const),
    host: connector.host ?? row.host,
    device: connector.mountpoint ?? row.device,
    mode: connector.mode === 'ro' ? ('ro' as const) : row.mode,
    attachedAt: row.attachedAt ?? context.cloud.now().toISOString(),
  });

  app.get('/attachments', async (request) => {
    const { rows, links } = listed(request, '/attachments');
    return { attachments: rows.map(summary), ...(links ? { attachments_links: links } : {}) };
  });
  app.get('/attachments/detail', async (request) => {
    const { rows, links } = listed(request, '/attachments/detail');
    return {
      attachments: rows.map((row) => view(context, row)),
      ...(links ? { attachments_links: links } : {}),
    };
  });
  app.get('/attachments/:attachment', async (request) => ({ attachment: view(context, find(request)) }));

  app.post('/attachments', async (request) => {
    requireMinor(request, 27);
    const { attachment: asked } = parseBody(Create, request.body);
    const volume = findVolume(context, request, asked.volume_uuid);
    if (minor(request) < 54 && asked.mode !== undefined) {
      throw badRequest("Additional properties are not allowed ('mode' was unexpected)");
    }
    requireFree(volume);
    const row: AttachmentRow = {
      id: context.cloud.uuid(),
      volumeId: volume.id,
      projectId: volume.projectId,
      serverId: asked.instance_uuid ?? null,
      status: 'reserved',
      mode: asked.mode ?? (volume.readonly ? 'ro' : 'rw'),
      host: null,
      device: null,
      attachedAt: null,
    };
    return { attachment: view(context, put(asked.connector ? connected(row, asked.connector) : row)) };
  });

  app.put('/attachments/:attachment', async (request) => {
    const row = find(request);
    const { attachment } = parseBody(Update, request.body);
    return { attachment: view(context, put(connected(row, attachment.connector))) };
  });

  app.delete('/attachments/:attachment', async (request) => {
    const row = find(request);
    const caller = volumeCaller(request);
    // A volume pulled from under a server: only Nova does that (CVE-2023-2088).
    if (
      row.status === 'attached' &&
      row.serverId !== null &&
      !caller.isAdmin &&
      !caller.roles.includes('service')
    ) {
      throw conflict(`Detach volume from instance ${row.serverId} using the Compute API`);
    }
    context.cloud.store.transaction(() => {
      attachments.delete(row.id);
      settle(row.volumeId);
    });
    return { attachments: attachments.by('volume', row.volumeId).map(summary) };
  });

  app.post('/attachments/:attachment/action', async (request, reply) => {
    requireMinor(request, 44);
    const row = find(request);
    const body = request.body;
    if (typeof body !== 'object' || body === null || !('os-complete' in body)) {
      throw badRequest('There is no such action.');
    }
    if (row.status === 'reserved') {
      throw badRequest(`Invalid volume attachment: ${row.id} has no connector yet.`);
    }
    put({ ...row, status: 'attached', attachedAt: row.attachedAt ?? context.cloud.now().toISOString() });
    return reply.code(204).send();
  });
}

/** Cinder's order of precedence. */
function statusWith(rows: readonly AttachmentRow[]): VolumeStatus {
  if (rows.some(({ status }) => status === 'attached')) return 'in-use';
  if (rows.some(({ status }) => status === 'attaching')) return 'attaching';
  return rows.length > 0 ? 'reserved' : 'available';
}

function requireFree(volume: VolumeRow): void {
  if (volume.status === 'available') return;
  if (volume.multiattach && ['in-use', 'reserved', 'attaching'].includes(volume.status)) return;
  throw badRequest(
    `Invalid volume: Volume ${volume.id} status must be available or downloading to reserve, but the current status is ${volume.status}.`,
  );
}

function summary(row: AttachmentRow): object {
  return { id: row.id, status: row.status, instance: row.serverId, volume_id: row.volumeId };
}

function view(context: VolumeContext, row: AttachmentRow): object {
  const path = context.backing.path(row.volumeId);
  return {
    ...summary(row),
    attach_mode: row.mode,
    attached_at: row.attachedAt === null ? '' : shownTime(row.attachedAt),
    detached_at: '',
    connection_info:
      row.status === 'reserved'
        ? {}
        : {
            driver_volume_type: 'local',
            attachment_id: row.id,
            volume_id: row.volumeId,
            access_mode: row.mode,
            ...(path === undefined ? {} : { device_path: path }),
          },
  };
}
