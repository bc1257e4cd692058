import { ValidationFailed } from '../../errors.ts';
import { isDict, listAt, stringAt, text, walk, type Dict } from '../../values.ts';
import { given, unclaimed } from '../lookup.ts';
import {
  ignoreMissing,
  Replacement,
  ResourceFault,
  ServiceFault,
  type ResourceContext,
  type ResourceType,
} from '../resource-type.ts';
import { boolean, custom, integer, map, range, string } from '../schema.ts';

const FIELDS = [
  'attachments_list',
  'availability_zone',
  'bootable',
  'created_at',
  'encrypted',
  'metadata_values',
  'multiattach',
  'size',
  'snapshot_id',
  'source_volid',
  'status',
  'volume_type',
];

export const volume: ResourceType = {
  name: 'OS::Cinder::Volume',
  description: 'A volume.',
  properties: {
    name: string({ update: true }),
    description: string({ update: true }),
    size: integer({ update: true, constraints: range(1) }),
    availability_zone: string(),
    snapshot_id: string({ constraints: custom('cinder.snapshot') }),
    backup_id: string(),
    volume_type: string({ update: true, constraints: custom('cinder.vtype') }),
    metadata: map(undefined, { default: {}, update: true }),
    image: string({ constraints: custom('glance.image') }),
    imageRef: string(),
    source_volid: string({ constraints: custom('cinder.volume') }),
    scheduler_hints: map(),
    multiattach: boolean({ default: false }),
    read_only: boolean({ update: true }),
  },
  attributes: {
    ...Object.fromEntries(FIELDS.map((field) => [field, `Field ${field} of it.`])),
    display_name: 'Its name.',
    display_description: 'Its description.',
    show: 'All that the volume service says of it.',
  },
  validate(properties) {
    const sources = ['snapshot_id', 'source_volid', 'image', 'imageRef', 'backup_id'].filter(
      (key) => properties[key],
    );
    if (properties['size'] === undefined && sources.length !== 1) {
      throw new ValidationFailed(
        'If neither "backup_id" nor "size" is provided, one and only one of "source_volid", "snapshot_id" must be specified, but currently specified options: ' +
          JSON.stringify(sources) +
          '.',
      );
    }
  },
  async create(context) {
    await context.make(async () => {
      const body = await context.call('volumev3', 'POST', '/v3/volumes', await volumeBody(context));
      return text(walk(body, ['volume', 'id']));
    });
    await context.until(async () => {
      const row = await read(context);
      const status = text(row['status']);
      if (status === 'available' || status === 'in-use') return true;
      if (status.startsWith('error')) {
        throw new ResourceFault('ResourceInError', `Went to status ${status} due to "Unknown"`);
      }
      return undefined;
    });
  },
  async update(context, before, changed) {
    const path = volumePath(context);
    const fields = given({
      ...(changed.has('name') ? { name: volumeName(context) } : {}),
      ...(changed.has('description') ? { description: context.properties['description'] ?? '' } : {}),
      ...(changed.has('metadata') ? { metadata: context.properties['metadata'] } : {}),
    });
    if (Object.keys(fields).length > 0) await context.call('volumev3', 'PUT', path, { volume: fields });
    if (changed.has('volume_type')) throw new Replacement('a volume of another type is another volume');
    if (changed.has('read_only')) {
      const readonly = context.properties['read_only'] ?? false;
      await context.call('volumev3', 'POST', `${path}/action`, { 'os-update_readonly_flag': { readonly } });
    }
    if (changed.has('size')) await extend(context, before);
  },
  async remove(context) {
    if (context.row.physicalId === null) return;
    await context.call('volumev3', 'DELETE', volumePath(context));
    await context.until(async () => {
      const row = await readOrGone(context);
      if (row?.['status'] === 'error_deleting') {
        throw new ResourceFault('ResourceInError', 'Went to status error_deleting due to "Unknown"');
      }
      return row ? undefined : true;
    });
  },
  async find(context) {
    const query = `?name=${encodeURIComponent(volumeName(context))}`;
    const rows = listAt(await context.call('volumev3', 'GET', `/v3/volumes/detail${query}`), 'volumes');
    return unclaimed(context, rows, (row) => row['name'] === volumeName(context));
  },
  check: async (context) => void (await read(context)),
  async attribute(context, name) {
    if (context.row.physicalId === null) return null;
    const row = await read(context);
    if (name === 'show') return row;
    if (name === 'attachments_list') return row['attachments'];
    if (name === 'metadata_values') return row['metadata'];
    if (name === 'display_name') return row['name'];
    return name === 'display_description' ? row['description'] : row[name];
  },
};

function volumeName(context: ResourceContext): string {
  return stringAt(context.properties, 'name') ?? context.physicalName;
}

async function volumeBody(context: ResourceContext): Promise<Dict> {
  const { properties } = context;
  const image = stringAt(properties, 'image') || stringAt(properties, 'imageRef');
  const hints = properties['scheduler_hints'];
  return {
    volume: given({
      name: volumeName(context),
      description: properties['description'],
      size: properties['size'],
      availability_zone: properties['availability_zone'] || undefined,
      snapshot_id: properties['snapshot_id'] || undefined,
      source_volid: properties['source_volid'] || undefined,
      volume_type: properties['volume_type'] || undefined,
      imageRef: image ? await context.findId('glance.image', image) : undefined,
      metadata: properties['metadata'],
      multiattach: properties['multiattach'] === true ? true : undefined,
    }),
    ...(isDict(hints) ? { 'OS-SCH-HNT:scheduler_hints': hints } : {}),
  };
}

async function extend(context: ResourceContext, before: Dict): Promise<void> {
  const size = Number(context.properties['size']);
  const row = await read(context);
  if (Number(row['size']) === size) return;
  if (size < Number(before['size'] ?? 0))
    throw new ResourceFault('NotSupported', 'Shrinking volume is not supported.');
  await context.call('volumev3', 'POST', `${volumePath(context)}/action`, {
    'os-extend': { new_size: size },
  });
  await context.until(async () => {
    const now = await read(context);
    if (now['status'] === 'error_extending') {
      throw new ResourceFault(
        'ResourceUnknownStatus',
        'Volume resize failed - Unknown status error_extending due to "Unknown"',
      );
    }
    return Number(now['size']) === size && now['status'] !== 'extending' ? true : undefined;
  });
}

function volumePath(context: ResourceContext): string {
  return `/v3/volumes/${context.row.physicalId ?? ''}`;
}

async function read(context: ResourceContext): Promise<Dict> {
  const row = walk(await context.call('volumev3', 'GET', volumePath(context)), ['volume']);
  return isDict(row) ? row : {};
}

async function readOrGone(context: ResourceContext): Promise<Dict | undefined> {
  try {
    return await read(context);
  } catch (error) {
    if (error instanceof ServiceFault && error.status === 404) return undefined;
    throw error;
  }
}

export const volumeAttachment: ResourceType = {
  name: 'OS::Cinder::VolumeAttachment',
  description: 'Gives a volume to a server.',
  properties: {
    instance_uuid: string({ required: true, update: true }),
    volume_id: string({ required: true, update: true, constraints: custom('cinder.volume') }),
    mountpoint: string({ update: true }),
  },
  attributes: { show: 'The attachment.' },
  create: attach,
  // No second server takes the volume before the first has given it up, so this can't be a replacement.
  async update(context, before) {
    await detach(context, before);
    context.setPhysicalId(null);
    await attach(context);
  },
  async find(context) {
    const server = text(context.properties['instance_uuid']);
    const body = await context.call('compute', 'GET', `/v2.1/servers/${server}/os-volume_attachments`);
    const row = listAt(body, 'volumeAttachments').find(
      (candidate) => stringAt(candidate, 'volumeId') === context.properties['volume_id'],
    );
    return stringAt(row, 'id');
  },
  async remove(context) {
    if (context.row.physicalId !== null) await detach(context, context.properties);
  },
  async attribute(context) {
    const server = text(context.properties['instance_uuid']);
    const path = `/v2.1/servers/${server}/os-volume_attachments/${context.row.physicalId ?? ''}`;
    return walk(await context.call('compute', 'GET', path), ['volumeAttachment']);
  },
};

async function attach(context: ResourceContext): Promise<void> {
  const server = text(context.properties['instance_uuid']);
  const id = text(context.properties['volume_id']);
  await context.make(async () => {
    const device = stringAt(context.properties, 'mountpoint');
    const body = { volumeAttachment: { volumeId: id, ...(device ? { device } : {}) } };
    const made = await context.call('compute', 'POST', `/v2.1/servers/${server}/os-volume_attachments`, body);
    return text(walk(made, ['volumeAttachment', 'id']));
  });
  await context.until(async () => {
    const status = text(
      walk(await context.call('volumev3', 'GET', `/v3/volumes/${id}`), ['volume', 'status']),
    );
    if (status === 'in-use') return true;
    if (status === 'attaching' || status === 'reserved') return undefined;
    throw new ResourceFault(
      'ResourceUnknownStatus',
      `Volume attachment failed - Unknown status ${status} due to "Unknown"`,
    );
  });
}

/** Takes the volume of an attachment with these properties from its server. To Nova, an attachment's id is the volume's. */
async function detach(context: ResourceContext, properties: Dict): Promise<void> {
  const server = text(properties['instance_uuid'] ?? '');
  const id = text(properties['volume_id'] ?? '');
  const attachment = `/v2.1/servers/${server}/os-volume_attachments/${id}`;
  await context.call('compute', 'DELETE', attachment).catch(ignoreMissing);
  await context.until(async () => {
    try {
      const found = walk(await context.call('volumev3', 'GET', `/v3/volumes/${id}`), ['volume']);
      const attached = listAt(found, 'attachments').some((row) => stringAt(row, 'server_id') === server);
      return attached ? undefined : true;
    } catch (error) {
      if (error instanceof ServiceFault && error.status === 404) return true;
      throw error;
    }
  });
}
