import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { badRequest, notFound, type ProjectCaller } from '../http/fault.ts';
import {
  asBoolean,
  Closed,
  Nullable,
  OsBoolean,
  OsInteger,
  parseBody,
  Uuid,
} from '../http/openstack-schema.ts';
import { volumeCaller, type VolumeContext } from './context.ts';
import { findSnapshot, findType, findVolume } from './find.ts';
import { requireVolumeQuota } from './quota.ts';
import type { VolumeRow } from './tables.ts';

const Text = Type.Optional(Nullable(Type.String({ maxLength: 255 })));

export const VolumeMetadata = Type.Record(
  Type.String({ pattern: '^[a-zA-Z0-9-_:. /]{1,255}$' }),
  Type.String({ maxLength: 255 }),
  { additionalProperties: false },
);

const CreateVolume = Type.Object({
  volume: Closed({
    name: Text,
    display_name: Text,
    description: Text,
    display_description: Text,
    size: Type.Optional(Nullable(OsInteger({ minimum: 1, maximum: 0x7fffffff }))),
    volume_type: Type.Optional(Nullable(Type.String({ maxLength: 255 }))),
    availability_zone: Type.Optional(Nullable(Type.String({ maxLength: 255 }))),
    metadata: Type.Optional(Nullable(VolumeMetadata)),
    imageRef: Type.Optional(Nullable(Type.String({ maxLength: 255 }))),
    image_id: Type.Optional(Nullable(Type.String({ maxLength: 255 }))),
    snapshot_id: Type.Optional(Nullable(Uuid)),
    source_volid: Type.Optional(Nullable(Uuid)),
    backup_id: Type.Optional(Nullable(Uuid)),
    consistencygroup_id: Type.Optional(Nullable(Uuid)),
    group_id: Type.Optional(Nullable(Uuid)),
    multiattach: Type.Optional(Nullable(OsBoolean)),
    // Clients of old send these; Cinder takes them for nothing.
    user_id: Type.Optional(Type.Any()),
    project_id: Type.Optional(Type.Any()),
    status: Type.Optional(Type.Any()),
    attach_status: Type.Optional(Type.Any()),
    source_replica: Type.Optional(Type.Any()),
  }),
  'OS-SCH-HNT:scheduler_hints': Type.Optional(Type.Any()),
});

interface Image {
  readonly id: string;
  readonly name: string | null;
  readonly status: string;
  readonly min_disk: number;
  readonly size: number | null;
  readonly [property: string]: unknown;
}

/** What a volume is made from. */
interface Source {
  /** GiB it needs at least, and has if no size is asked for. */
  readonly size: number;
  readonly sizeIsDefault: boolean;
  readonly bootable: boolean;
  readonly imageMetadata: VolumeRow['imageMetadata'];
  readonly typeId: string | undefined;
}

/**
 * Takes an order for a volume.
 *
 * @throws Fault, SchemaError in Cinder's words
 */
export async function createVolume(context: VolumeContext, request: FastifyRequest): Promise<VolumeRow> {
  const caller = volumeCaller(request);
  const { volume: asked } = parseBody(CreateVolume, request.body);
  const key = request.headers['idempotency-key'];
  const known =
    typeof key === 'string'
      ? context.tables.volumes.by('project', caller.projectId).find((row) => row.idempotencyKey === key)
      : undefined;
  if (known) return known;
  const imageId = asked.imageRef || asked.image_id || undefined;
  const sources = [asked.snapshot_id, asked.source_volid, imageId, asked.backup_id].filter(Boolean);
  if (sources.length > 1) {
    throw badRequest(
      'Invalid input received: May specify only one of snapshot, source volume, image or backup.',
    );
  }
  if (asked.backup_id) throw notFound(`Backup ${asked.backup_id} could not be found.`);
  const source = asked.snapshot_id
    ? fromSnapshot(context, request, asked.snapshot_id)
    : asked.source_volid
      ? fromVolume(context, request, asked.source_volid)
      : imageId === undefined
        ? undefined
        : await fromImage(context, caller, imageId);
  const size = sizeOf(asked.size, source);
  const zone = asked.availability_zone ?? context.zones[0] ?? 'nova';
  if (!context.zones.includes(zone)) throw badRequest(`Availability zone '${zone}' is invalid.`);
  const type = findType(context, request, asked.volume_type || source?.typeId || context.defaultType);
  requireVolumeQuota(context, caller.projectId, { volumes: 1, gigabytes: size });
  const now = context.cloud.now().toISOString();
  const row = context.tables.volumes.put({
    id: context.cloud.uuid(),
    name: asked.name ?? asked.display_name ?? null,
    description: asked.description ?? asked.display_description ?? null,
    projectId: caller.projectId,
    userId: caller.userId,
    size,
    status: 'creating',
    createdAt: now,
    updatedAt: now,
    zone,
    typeId: type.id,
    snapshotId: asked.snapshot_id ?? null,
    sourceId: asked.source_volid ?? null,
    metadata: asked.metadata ?? {},
    imageMetadata: source?.imageMetadata,
    bootable: source?.bootable ?? false,
    multiattach:
      asBoolean(asked.multiattach ?? false) || /<is> True/i.test(type.extraSpecs['multiattach'] ?? ''),
    readonly: false,
    growingTo: undefined,
    idempotencyKey: typeof key === 'string' ? key : undefined,
  });
  context.work.volume(row.id);
  return row;
}

function sizeOf(asked: number | string | null | undefined, source: Source | undefined): number {
  if (asked === undefined || asked === null) {
    if (source?.sizeIsDefault) return source.size;
    throw badRequest(
      'Invalid input received: Invalid volume size provided for create request: None (size argument must be an integer (or string representation of an integer) and greater than zero).',
    );
  }
  const size = Number(asked);
  if (source && size < source.size) {
    throw badRequest(
      `Invalid input received: Volume size '${size}'GB cannot be smaller than its source's ${source.size}GB. They must be >= that size.`,
    );
  }
  return size;
}

function fromSnapshot(context: VolumeContext, request: FastifyRequest, id: string): Source {
  const snapshot = findSnapshot(context, request, id);
  if (snapshot.status !== 'available') {
    throw badRequest(`Invalid snapshot: Originating snapshot status must be one of 'available' values`);
  }
  const origin = context.tables.volumes.get(snapshot.volumeId);
  return {
    size: snapshot.size,
    sizeIsDefault: true,
    bootable: origin?.bootable ?? false,
    imageMetadata: origin?.imageMetadata,
    typeId: origin?.typeId,
  };
}

function fromVolume(context: VolumeContext, request: FastifyRequest, id: string): Source {
  const origin = findVolume(context, request, id);
  if (origin.status !== 'available' && origin.status !== 'in-use') {
    throw badRequest(
      `Invalid volume: Source volume ${id} status must be one of 'available, in-use', but is ${origin.status}.`,
    );
  }
  return {
    size: origin.size,
    sizeIsDefault: true,
    bootable: origin.bootable,
    imageMetadata: origin.imageMetadata,
    typeId: origin.typeId,
  };
}

async function fromImage(context: VolumeContext, caller: ProjectCaller, id: string): Promise<Source> {
  const reply = await context.cloud.call(caller, {
    service: 'image',
    method: 'GET',
    path: `/v2/images/${encodeURIComponent(id)}`,
  });
  if (reply.status >= 400) {
    throw badRequest(`Invalid image identifier or unable to access requested image.`);
  }
  const image = reply.body as Image;
  if (image.status !== 'active') throw badRequest(`Invalid input received: Image ${id} is not active.`);
  const properties = Object.entries(image).filter(
    ([name, value]) => !NOT_METADATA.has(name) && value !== null && typeof value !== 'object',
  );
  return {
    size: Math.max(image.min_disk, Math.ceil((image.size ?? 0) / 1024 ** 3)),
    sizeIsDefault: false,
    bootable: true,
    imageMetadata: {
      ...Object.fromEntries(properties.map(([name, value]) => [name, String(value)])),
      image_id: image.id,
      image_name: image.name ?? '',
    },
    typeId: undefined,
  };
}

/** Of an image's answer, what Cinder doesn't note with a volume. */
const NOT_METADATA = new Set(
  (
    'id name status visibility owner tags self file schema created_at updated_at protected virtual_size ' +
    'direct_url locations stores os_hash_algo os_hash_value os_hidden'
  ).split(' '),
);
