import { isDict, listAt, stringAt, text, type Dict } from '../../values.ts';
import { given } from '../lookup.ts';
import type { ResourceContext } from '../resource-type.ts';
import { networkRequests } from './server-networks.ts';
import { userData } from './user-data.ts';

export function serverName(context: ResourceContext): string {
  return (
    stringAt(context.properties, 'name') || context.physicalName.slice(-53).replace(/^[^A-Za-z0-9]+/, '')
  );
}

/** What the compute service is asked for. */
export async function createBody(context: ResourceContext): Promise<Dict> {
  const { properties } = context;
  const image = stringAt(properties, 'image');
  const hints = properties['scheduler_hints'];
  const groups = listAt(properties, 'security_groups');
  const requests = await networkRequests(context);
  const disks = await diskRequests(context);
  return {
    server: given({
      name: serverName(context),
      imageRef: image ? await context.findId('glance.image', image) : '',
      flavorRef: await context.findId('nova.flavor', text(properties['flavor'])),
      key_name: properties['key_name'] || undefined,
      adminPass: properties['admin_pass'] || undefined,
      availability_zone: properties['availability_zone'] || undefined,
      networks: requests,
      security_groups: groups.length > 0 ? groups.map((name) => ({ name })) : undefined,
      metadata: stringMap(properties['metadata']),
      user_data: userData(context),
      config_drive: properties['config_drive'],
      'OS-DCF:diskConfig': properties['diskConfig'],
      block_device_mapping_v2: disks.length > 0 ? disks : undefined,
      tags: listAt(properties, 'tags').length > 0 ? properties['tags'] : undefined,
    }),
    ...(isDict(hints) && Object.values(hints).some((value) => value !== null && value !== '')
      ? {
          'os:scheduler_hints': Object.fromEntries(
            Object.entries(hints).filter(([, value]) => value !== null && value !== ''),
          ),
        }
      : {}),
  };
}

async function diskRequests(context: ResourceContext): Promise<Dict[]> {
  const requests: Dict[] = [];
  for (const disk of listAt(context.properties, 'block_device_mapping_v2')) {
    if (!isDict(disk)) continue;
    const image = stringAt(disk, 'image') || stringAt(disk, 'image_id');
    const common = given({
      boot_index: disk['boot_index'],
      device_name: disk['device_name'],
      device_type: disk['device_type'],
      disk_bus: disk['disk_bus'],
      delete_on_termination: disk['delete_on_termination'],
      volume_size: disk['volume_size'],
    });
    if (disk['volume_id']) {
      requests.push({
        ...common,
        uuid: disk['volume_id'],
        source_type: 'volume',
        destination_type: 'volume',
      });
    } else if (disk['snapshot_id']) {
      requests.push({
        ...common,
        uuid: disk['snapshot_id'],
        source_type: 'snapshot',
        destination_type: 'volume',
      });
    } else if (image) {
      const uuid = await context.findId('glance.image', image);
      requests.push({ ...common, uuid, source_type: 'image', destination_type: 'volume' });
    } else {
      const size = disk['swap_size'] ?? disk['ephemeral_size'];
      const format = disk['swap_size'] === undefined ? disk['ephemeral_format'] : 'swap';
      requests.push({
        ...common,
        source_type: 'blank',
        destination_type: 'local',
        volume_size: size,
        boot_index: -1,
        delete_on_termination: true,
        ...(format === undefined ? {} : { guest_format: format }),
      });
    }
  }
  return requests;
}

/** Values of server metadata are text: what is more is written as JSON. */
export function stringMap(value: unknown): Dict {
  if (!isDict(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, typeof item === 'string' ? item : JSON.stringify(item)]),
  );
}
