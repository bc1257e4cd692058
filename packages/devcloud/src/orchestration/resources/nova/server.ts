import { ValidationFailed } from '../../errors.ts';
import { isDict, listAt, stringAt, text, walk, type Dict } from '../../values.ts';
import { unclaimed } from '../lookup.ts';
import {
  ignoreMissing,
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
import { serverName, createBody } from './server-body.ts';
import { removeInternalPorts } from './server-networks.ts';
import { serverAttribute } from './server-attributes.ts';
import { switchState, updateServer } from './server-update.ts';
import { isActive, readServer, serverPath } from './server-view.ts';
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
      const before = await readServer(context).then(
        (row) => stringAt(row, 'fault', 'message'),
        ignoreMissing,
      );
      await context.call('compute', 'DELETE', serverPath(context)).catch(ignoreMissing);
      await context.until(async () => isGone(context, before));
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

/** @returns true once it is gone, undefined while it goes @throws ResourceFault if its deletion failed */
async function isGone(context: ResourceContext, faultBefore: unknown): Promise<true | undefined> {
  try {
    const row = await readServer(context);
    if (row['status'] === 'DELETED' || row['status'] === 'SOFT_DELETED') return true;
    const fault = stringAt(row, 'fault', 'message');
    const fresh = fault !== undefined && fault !== faultBefore;
    if (row['status'] === 'ERROR' && fresh && row['OS-EXT-STS:task_state'] !== 'deleting') {
      throw new ResourceFault(
        'ResourceInError',
        `Went to status ERROR due to "Server delete failed: ${fault}"`,
      );
    }
    return undefined;
  } catch (error) {
    if (error instanceof ServiceFault && error.status === 404) return true;
    throw error;
  }
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
