import { ValidationFailed } from '../../errors.ts';
import { isDict, listAt, stringAt, text, walk, type Dict } from '../../values.ts';
import { given, unclaimed } from '../lookup.ts';
import {
  Replacement,
  ResourceFault,
  ServiceFault,
  type ResourceContext,
  type ResourceType,
} from '../resource-type.ts';
import {
  boolean,
  custom,
  integer,
  list,
  map,
  oneOf,
  range,
  string,
  type PropertySchemas,
} from '../schema.ts';
import { networkRequests, removeInternalPorts, updateNetworks } from './server-networks.ts';
import { serverAttribute } from './server-attributes.ts';
import { readServer, serverPath } from './server-view.ts';
import { userData } from './user-data.ts';
import { signalToken } from '../heat/signal-url.ts';
import { sameReference } from '../neutron/neutron-type.ts';

const DISK: PropertySchemas = {
  device_name: string(),
  volume_id: string({ constraints: custom('cinder.volume') }),
  image: string({ constraints: custom('glance.image') }),
  image_id: string({ constraints: custom('glance.image') }),
  snapshot_id: string({ constraints: custom('cinder.snapshot') }),
  swap_size: integer(),
  ephemeral_size: integer({ constraints: range(1) }),
  ephemeral_format: string(),
  device_type: string(),
  disk_bus: string(),
  boot_index: integer(),
  volume_size: integer(),
  delete_on_termination: boolean(),
};

const NETWORK: PropertySchemas = {
  network: string({ constraints: custom('neutron.network') }),
  uuid: string({ constraints: custom('neutron.network') }),
  fixed_ip: string({ constraints: custom('ip_addr') }),
  port: string({ constraints: custom('neutron.port') }),
  subnet: string({ constraints: custom('neutron.subnet') }),
  floating_ip: string(),
  port_extra_properties: map(),
  allocate_network: string({ constraints: oneOf('none', 'auto') }),
  tag: string(),
};

export const server: ResourceType = {
  name: 'OS::Nova::Server',
  description: 'A server.',
  properties: {
    name: string({ update: true }),
    image: string({ update: true, constraints: custom('glance.image') }),
    flavor: string({ required: true, update: true, constraints: custom('nova.flavor') }),
    flavor_update_policy: string({
      default: 'RESIZE',
      update: true,
      constraints: oneOf('RESIZE', 'REPLACE'),
    }),
    image_update_policy: string({
      default: 'REBUILD',
      update: true,
      constraints: oneOf('REBUILD', 'REPLACE', 'REBUILD_PRESERVE_EPHEMERAL'),
    }),
    key_name: string({ constraints: custom('nova.keypair') }),
    admin_user: string(),
    admin_pass: string({ update: true }),
    availability_zone: string(),
    block_device_mapping: list(map()),
    block_device_mapping_v2: list(map(DISK)),
    security_groups: list(string(), { default: [] }),
    networks: list(map(NETWORK), { update: true }),
    scheduler_hints: map(),
    metadata: map(undefined, { default: {}, update: true }),
    user_data: string({ default: '', update: true }),
    user_data_format: string({
      default: 'HEAT_CFNTOOLS',
      constraints: oneOf('HEAT_CFNTOOLS', 'RAW', 'SOFTWARE_CONFIG'),
    }),
    user_data_update_policy: string({
      default: 'REPLACE',
      update: true,
      constraints: oneOf('REPLACE', 'IGNORE'),
    }),
    software_config_transport: string({
      default: 'POLL_SERVER_CFN',
      update: true,
      constraints: oneOf('POLL_SERVER_CFN', 'POLL_SERVER_HEAT', 'POLL_TEMP_URL', 'ZAQAR_MESSAGE'),
    }),
    reservation_id: string(),
    config_drive: boolean(),
    diskConfig: string({ constraints: oneOf('AUTO', 'MANUAL') }),
    personality: map(undefined, { default: {} }),
    deployment_swift_data: map(undefined, { update: true }),
    tags: list(string(), { update: true }),
  },
  attributes: {
    name: 'Its name.',
    addresses: 'Addresses by network, with the ports they are on.',
    networks: 'Addresses by network name.',
    first_address: 'The first address.',
    instance_name: "The hypervisor's name for it.",
    accessIPv4: 'Address to reach it by.',
    accessIPv6: 'IPv6 address to reach it by.',
    console_urls: 'Addresses of its consoles.',
    os_collect_config: 'What the agent on it is configured by.',
    tags: 'Its tags.',
    show: 'All that the compute service says of it.',
  },
  validate: validateServer,
  // Addresses come from subnets: those of a network that is used by name or id have to be there.
  implied: (mine, other) =>
    other.type === 'OS::Neutron::Subnet' &&
    listAt(mine.properties, 'networks').some((item) =>
      sameReference(
        walk(item, ['network']) ?? walk(item, ['uuid']),
        other.properties['network'] ?? other.properties['network_id'],
      ),
    ),
  async create(context) {
    signalToken(context);
    await context.make(async () => {
      const body = await createBody(context);
      const headers =
        listAt(context.properties, 'tags').length > 0
          ? { 'OpenStack-API-Version': 'compute 2.52' }
          : undefined;
      return text(
        walk(await context.call('compute', 'POST', '/v2.1/servers', body, headers), ['server', 'id']),
      );
    });
    await context.until(async () => isActive(await readServer(context)));
  },
  async find(context) {
    const name = encodeURIComponent(
      `^${serverName(context).replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}$`,
    );
    const rows = listAt(await context.call('compute', 'GET', `/v2.1/servers/detail?name=${name}`), 'servers');
    return unclaimed(context, rows, (row) => row['name'] === serverName(context));
  },
  update: updateServer,
  async beforeReplacement(context) {
    // The ports are the template's own: the new server takes them over.
    if (context.row.physicalId === null) return;
    for (const item of listAt(context.properties, 'networks')) {
      const port = stringAt(item, 'port');
      if (port) await detach(context, await context.findId('neutron.port', port));
    }
  },
  async afterRestoration(context) {
    for (const item of listAt(context.properties, 'networks')) {
      const port = stringAt(item, 'port');
      if (!port) continue;
      const body = { interfaceAttachment: { port_id: await context.findId('neutron.port', port) } };
      await context.call('compute', 'POST', `${serverPath(context)}/os-interface`, body);
    }
  },
  async remove(context) {
    if (context.row.physicalId !== null) {
      await context.call('compute', 'DELETE', serverPath(context)).catch(ignoreMissing);
      await context.until(async () => isGone(context));
    }
    await removeInternalPorts(context);
  },
  async check(context) {
    const row = await readServer(context);
    if (row['status'] !== 'ACTIVE') {
      throw new ResourceFault('Error', `'status': expected '['ACTIVE']', got '${text(row['status'])}'`);
    }
  },
  suspend: (context) => switchState(context, 'suspend', 'SUSPENDED'),
  resume: (context) => switchState(context, 'resume', 'ACTIVE'),
  attribute: serverAttribute,
};

function validateServer(properties: Dict): void {
  const disks = [
    ...listAt(properties, 'block_device_mapping'),
    ...listAt(properties, 'block_device_mapping_v2'),
  ];
  if (!properties['image'] && disks.length === 0) {
    throw new ValidationFailed('Neither image nor bootable volume is specified for instance server');
  }
  for (const [index, item] of listAt(properties, 'networks').entries()) {
    if (!isDict(item)) continue;
    const named = ['network', 'uuid', 'port', 'subnet', 'allocate_network'].some(
      (key) => item[key] !== undefined,
    );
    if (!named) {
      throw new ValidationFailed(
        'One of the properties "network", "port", "allocate_network" or "subnet" should be set for the specified network of server.',
        ['networks', index],
      );
    }
  }
  for (const transport of ['POLL_TEMP_URL', 'ZAQAR_MESSAGE']) {
    if (properties['software_config_transport'] === transport) {
      throw new ValidationFailed(
        `${transport} needs a service that this cloud has not: use POLL_SERVER_HEAT or POLL_SERVER_CFN`,
        ['software_config_transport'],
      );
    }
  }
}

function serverName(context: ResourceContext): string {
  return (
    stringAt(context.properties, 'name') || context.physicalName.slice(-53).replace(/^[^A-Za-z0-9]+/, '')
  );
}

async function createBody(context: ResourceContext): Promise<Dict> {
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

/** Values of server metadata are text: what is more is written as JSON. */
function stringMap(value: unknown): Dict {
  if (!isDict(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, typeof item === 'string' ? item : JSON.stringify(item)]),
  );
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

/** @returns true once it runs, undefined while it is being built @throws ResourceFault if it never will */
function isActive(row: Dict): true | undefined {
  const status = text(row['status']).split('(')[0];
  if (status === 'ACTIVE' || status === 'VERIFY_RESIZE') return true;
  if (status === 'ERROR') {
    const message = stringAt(row, 'fault', 'message') ?? 'Unknown';
    const code = text(walk(row, ['fault', 'code']) ?? 'Unknown');
    throw new ResourceFault(
      'ResourceInError',
      `Went to status ERROR due to "Message: ${message}, Code: ${code}"`,
    );
  }
  if (
    [
      'BUILD',
      'REBUILD',
      'RESIZE',
      'REBOOT',
      'HARD_REBOOT',
      'PASSWORD',
      'MIGRATING',
      'SUSPENDED',
      'SHUTOFF',
    ].includes(status ?? '')
  ) {
    return undefined;
  }
  throw new ResourceFault(
    'ResourceUnknownStatus',
    `Server is not active - Unknown status ${status ?? ''} due to "Unknown"`,
  );
}

async function isGone(context: ResourceContext): Promise<true | undefined> {
  try {
    const row = await readServer(context);
    if (row['status'] === 'DELETED' || row['status'] === 'SOFT_DELETED') return true;
    const failed =
      row['status'] === 'ERROR' &&
      row['OS-EXT-STS:task_state'] !== 'deleting' &&
      stringAt(row, 'fault', 'message');
    if (failed && context.row.data['deleteTried'] === true) {
      throw new ResourceFault(
        'ResourceInError',
        `Went to status ERROR due to "Server delete failed: ${failed}"`,
      );
    }
    return undefined;
  } catch (error) {
    if (error instanceof ServiceFault && error.status === 404) return true;
    throw error;
  }
}

async function updateServer(
  context: ResourceContext,
  before: Dict,
  changed: ReadonlySet<string>,
): Promise<void> {
  const { properties } = context;
  const path = serverPath(context);
  if (changed.has('user_data') && properties['user_data_update_policy'] === 'REPLACE')
    throw new Replacement('user_data');
  if (
    changed.has('image') &&
    (properties['image_update_policy'] === 'REPLACE' || !properties['image'] || !before['image'])
  ) {
    throw new Replacement('image');
  }
  if (changed.has('flavor') && properties['flavor_update_policy'] === 'REPLACE')
    throw new Replacement('flavor');
  if (changed.has('name'))
    await context.call('compute', 'PUT', path, { server: { name: serverName(context) } });
  if (changed.has('metadata')) await updateMetadata(context, before);
  if (changed.has('tags')) {
    await context.call(
      'compute',
      'PUT',
      `${path}/tags`,
      { tags: listAt(properties, 'tags') },
      { 'OpenStack-API-Version': 'compute 2.26' },
    );
  }
  if (changed.has('admin_pass') && properties['admin_pass'])
    await act(context, { changePassword: { adminPass: properties['admin_pass'] } });
  if (changed.has('networks')) await updateNetworks(context, before);
  if (changed.has('flavor')) await resize(context);
  if (changed.has('image')) await rebuild(context);
  await context.until(async () => isActive(await readServer(context)));
}

async function updateMetadata(context: ResourceContext, before: Dict): Promise<void> {
  const path = `${serverPath(context)}/metadata`;
  const now = stringMap(context.properties['metadata']);
  for (const key of Object.keys(stringMap(before['metadata']))) {
    if (key in now) continue;
    await context.call('compute', 'DELETE', `${path}/${encodeURIComponent(key)}`).catch(ignoreMissing);
  }
  if (Object.keys(now).length > 0) await context.call('compute', 'POST', path, { metadata: now });
}

async function resize(context: ResourceContext): Promise<void> {
  const flavorId = await context.findId('nova.flavor', text(context.properties['flavor']));
  const row = await readServer(context);
  const waiting = row['status'] === 'VERIFY_RESIZE' || row['status'] === 'RESIZE';
  if (!waiting && walk(row, ['flavor', 'id']) === flavorId) return;
  if (!waiting) await act(context, { resize: { flavorRef: flavorId } });
  await context.until(async () => {
    const { status } = await readServer(context);
    if (status === 'VERIFY_RESIZE') return true;
    if (status === 'ERROR')
      throw new ResourceFault('ResourceInError', 'Went to status ERROR due to "Resizing failed"');
    return undefined;
  });
  await act(context, { confirmResize: null });
}

async function rebuild(context: ResourceContext): Promise<void> {
  const imageId = await context.findId('glance.image', text(context.properties['image']));
  const row = await readServer(context);
  if (row['status'] !== 'REBUILD' && walk(row, ['image', 'id']) === imageId) return;
  if (row['status'] !== 'REBUILD') await act(context, { rebuild: { imageRef: imageId } });
}

async function switchState(
  context: ResourceContext,
  action: 'suspend' | 'resume',
  wanted: string,
): Promise<void> {
  const row = await readServer(context);
  if (row['status'] === wanted) return;
  await act(context, { [action]: null });
  await context.until(async () => ((await readServer(context))['status'] === wanted ? true : undefined));
}

async function act(context: ResourceContext, body: Dict): Promise<void> {
  await context.call('compute', 'POST', `${serverPath(context)}/action`, body);
}

async function detach(context: ResourceContext, portId: string): Promise<void> {
  await context
    .call('compute', 'DELETE', `${serverPath(context)}/os-interface/${portId}`)
    .catch(ignoreMissing);
  await context.until(async () => {
    const row = walk(await context.call('network', 'GET', `/v2.0/ports/${portId}`), ['port', 'device_id']);
    return row === context.row.physicalId ? undefined : true;
  });
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof ServiceFault) || error.status !== 404) throw error;
}
