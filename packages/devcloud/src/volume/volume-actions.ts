import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { badRequest, requireAdmin } from '../http/fault.ts';
import { asBoolean, Nullable, OsBoolean, OsInteger, parseBody, Uuid } from '../http/openstack-schema.ts';
import { minor, type VolumeContext } from './context.ts';
import { VolumeMetadata } from './create-volume.ts';
import { findType, findVolume } from './find.ts';
import { requireVolumeQuota } from './quota.ts';
import type { VolumeRow, VolumeStatus } from './tables.ts';
import { deleteVolume } from './volume-routes.ts';

type Action = (
  request: FastifyRequest,
  reply: FastifyReply,
  row: VolumeRow,
  asked: unknown,
) => FastifyReply | object;

const Extend = Type.Object({ new_size: OsInteger({ minimum: 1, maximum: 0x7fffffff }) });
const Attach = Type.Object({
  instance_uuid: Type.Optional(Nullable(Uuid)),
  mountpoint: Type.String({ minLength: 1, maxLength: 255 }),
  host_name: Type.Optional(Nullable(Type.String({ maxLength: 255 }))),
  mode: Type.Optional(Type.Union([Type.Literal('rw'), Type.Literal('ro')])),
});
const Detach = Nullable(Type.Object({ attachment_id: Type.Optional(Nullable(Uuid)) }));
const Bootable = Type.Object({ bootable: OsBoolean });
const ReadOnly = Type.Object({ readonly: OsBoolean });
const Retype = Type.Object({ new_type: Type.String({ minLength: 1 }) });
const ImageMetadata = Type.Object({ metadata: VolumeMetadata });
const UnsetImageMetadata = Type.Object({ key: Type.String({ minLength: 1, maxLength: 255 }) });
const RESET: readonly VolumeStatus[] = [
  'available',
  'error',
  'creating',
  'deleting',
  'in-use',
  'attaching',
  'detaching',
  'error_deleting',
  'maintenance',
];
const Reset = Type.Object({ status: Type.Optional(Type.String()) });

export function volumeActionRoutes(app: FastifyInstance, context: VolumeContext): void {
  const { volumes, attachments } = context.tables;
  const change = (row: VolumeRow, patch: Partial<VolumeRow>): VolumeRow =>
    volumes.put({ ...row, ...patch, updatedAt: context.cloud.now().toISOString() });
  const move =
    (from: readonly VolumeStatus[], to: VolumeStatus): Action =>
    (_request, reply, row) => {
      requireStatus(row, from);
      change(row, { status: to });
      return accepted(reply);
    };

  const actions: Record<string, Action> = {
    'os-reserve': move(['available'], 'attaching'),
    'os-unreserve': move(['attaching', 'reserved'], 'available'),
    'os-begin_detaching': move(['in-use'], 'detaching'),
    'os-roll_detaching': move(['detaching'], 'in-use'),

    'os-attach'(_request, reply, row, asked) {
      const { instance_uuid: serverId, mountpoint, host_name: host, mode } = parseBody(Attach, asked);
      if (!serverId && !host) throw badRequest('Invalid request to attach volume to an invalid target');
      requireStatus(row, ['available', 'attaching']);
      context.cloud.store.transaction(() => {
        attachments.put({
          id: context.cloud.uuid(),
          volumeId: row.id,
          projectId: row.projectId,
          serverId: serverId ?? null,
          status: 'attached',
          mode: mode ?? 'rw',
          host: host ?? null,
          device: mountpoint,
          attachedAt: context.cloud.now().toISOString(),
        });
        change(row, { status: 'in-use' });
      });
      return accepted(reply);
    },

    'os-detach'(_request, reply, row, asked) {
      const wanted = parseBody(Detach, asked ?? null)?.attachment_id;
      requireStatus(row, ['in-use', 'detaching']);
      context.cloud.store.transaction(() => {
        for (const { id } of attachments.by('volume', row.id)) {
          if (!wanted || id === wanted) attachments.delete(id);
        }
        const left = attachments.by('volume', row.id).length;
        change(row, { status: left > 0 ? 'in-use' : 'available' });
      });
      return accepted(reply);
    },

    'os-extend'(request, reply, row, asked) {
      const size = Number(parseBody(Extend, asked).new_size);
      // Volumes in use can grow since 3.42.
      requireStatus(row, minor(request) >= 42 ? ['available', 'in-use'] : ['available']);
      if (size <= row.size) {
        throw badRequest(
          `Invalid input received: New size for extend must be greater than current size. (current: ${row.size}, extended: ${size}).`,
        );
      }
      requireVolumeQuota(context, row.projectId, { gigabytes: size - row.size });
      change(row, { status: 'extending', growingTo: size });
      context.work.volume(row.id);
      return accepted(reply);
    },

    'os-set_bootable'(_request, reply, row, asked) {
      change(row, { bootable: asBoolean(parseBody(Bootable, asked).bootable) });
      return reply.send();
    },

    'os-update_readonly_flag'(_request, reply, row, asked) {
      requireStatus(row, ['available']);
      change(row, { readonly: asBoolean(parseBody(ReadOnly, asked).readonly) });
      return accepted(reply);
    },

    'os-retype'(request, reply, row, asked) {
      requireStatus(row, ['available', 'in-use']);
      const type = findType(context, request, parseBody(Retype, asked).new_type);
      if (type.id === row.typeId)
        throw badRequest(`Invalid volume type: New volume_type same as original: ${type.id}.`);
      change(row, { typeId: type.id });
      return accepted(reply);
    },

    'os-set_image_metadata'(_request, reply, row, asked) {
      const { metadata } = parseBody(ImageMetadata, asked);
      const imageMetadata = { ...row.imageMetadata, ...metadata };
      change(row, { imageMetadata });
      return reply.send({ metadata: imageMetadata });
    },

    'os-unset_image_metadata'(_request, reply, row, asked) {
      const { key } = parseBody(UnsetImageMetadata, asked);
      const { [key]: _gone, ...imageMetadata } = row.imageMetadata ?? {};
      change(row, { imageMetadata });
      return reply.send();
    },

    'os-show_image_metadata': (_request, _reply, row) => ({ metadata: row.imageMetadata ?? {} }),

    'os-reset_status'(request, reply, row, asked) {
      requireAdmin(request, 'volume_extension:volume_admin_actions:reset_status');
      const wanted = parseBody(Reset, asked).status;
      const status = wanted === undefined ? row.status : RESET.find((known) => known === wanted);
      if (!status) throw badRequest(`Must specify a valid status, not ${wanted}`);
      change(row, { status });
      return accepted(reply);
    },

    'os-force_delete'(request, reply, row) {
      requireAdmin(request, 'volume_extension:volume_admin_actions:force_delete');
      deleteVolume(context, row, { force: true, cascade: true });
      return accepted(reply);
    },
  };

  app.post('/volumes/:volume/action', async (request, reply) => {
    const body = request.body;
    const [name = '', ...more] = typeof body === 'object' && body !== null ? Object.keys(body) : [];
    const action = Object.hasOwn(actions, name) && more.length === 0 ? actions[name] : undefined;
    if (!action) throw badRequest(`There is no such action: ${name}`);
    return action(request, reply, findVolume(context, request), (body as Record<string, unknown>)[name]);
  });
}

function accepted(reply: FastifyReply): FastifyReply {
  return reply.code(202).send();
}

/** @throws Fault 400 as Cinder's conditional updates fail */
export function requireStatus(row: VolumeRow, statuses: readonly VolumeStatus[]): void {
  if (statuses.includes(row.status)) return;
  throw badRequest(
    `Invalid volume: Volume ${row.id} status must be ${statuses.join(' or ')}, but current status is: ${row.status}.`,
  );
}
