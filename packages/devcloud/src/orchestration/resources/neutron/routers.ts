import { ValidationFailed } from '../../errors.ts';
import { isDict, stringAt, text, type Dict } from '../../values.ts';
import { ignoreMissing, ServiceFault, type ResourceContext, type ResourceType } from '../resource-type.ts';
import { boolean, custom, list, map, string } from '../schema.ts';
import { fixedIps, listIn, plainFields } from './networks.ts';
import { either, idFor, neutronType, pick, sameReference, written } from './neutron-type.ts';

export const router: ResourceType = neutronType({
  name: 'OS::Neutron::Router',
  description: 'A router between networks.',
  path: 'routers',
  key: 'router',
  properties: {
    external_gateway_info: map(
      {
        network: string({ required: true, constraints: custom('neutron.network') }),
        enable_snat: boolean({ update: true }),
        external_fixed_ips: list(
          map({
            ip_address: string({ constraints: custom('ip_addr') }),
            subnet: string({ constraints: custom('neutron.subnet') }),
          }),
        ),
      },
      { update: true },
    ),
    admin_state_up: boolean({ default: true, update: true }),
    l3_agent_id: string({ update: true }),
    l3_agent_ids: list(string(), { update: true }),
    distributed: boolean(),
    ha: boolean(),
    availability_zone_hints: list(string()),
  },
  fields: ['status', 'external_gateway_info', 'name', 'admin_state_up', 'tenant_id'],
  tagged: true,
  async body(context, changed) {
    const { properties } = context;
    const fields = pick(
      changed,
      plainFields(properties, {
        admin_state_up: 'admin_state_up',
        distributed: 'distributed',
        ha: 'ha',
        availability_zone_hints: 'availability_zone_hints',
      }),
    );
    if (changed && !changed.has('external_gateway_info')) return fields;
    const info = properties['external_gateway_info'];
    if (!isDict(info)) return changed ? { ...fields, external_gateway_info: {} } : fields;
    return { ...fields, external_gateway_info: await gatewayInfo(context, info) };
  },
  more: {
    // A gateway needs the subnet that gives it its address.
    implied: (mine, other) =>
      other.type === 'OS::Neutron::Subnet' &&
      sameReference(
        isDict(mine.properties['external_gateway_info'])
          ? mine.properties['external_gateway_info']['network']
          : undefined,
        written(other, 'network', 'network_id'),
      ),
  },
});

async function gatewayInfo(context: ResourceContext, info: Dict): Promise<Dict> {
  const ips = await fixedIps(info['external_fixed_ips'], (value) => idFor(context, 'subnet', value));
  return {
    network_id: await idFor(context, 'network', info['network']),
    ...(info['enable_snat'] === undefined ? {} : { enable_snat: info['enable_snat'] }),
    ...(ips.length > 0 ? { external_fixed_ips: ips } : {}),
  };
}

export const routerInterface: ResourceType = {
  name: 'OS::Neutron::RouterInterface',
  description: 'Joins a subnet, or a port, to a router.',
  properties: {
    router: string({ constraints: custom('neutron.router') }),
    router_id: string({ constraints: custom('neutron.router') }),
    subnet: string({ constraints: custom('neutron.subnet') }),
    subnet_id: string({ constraints: custom('neutron.subnet') }),
    port: string({ constraints: custom('neutron.port') }),
    port_id: string({ constraints: custom('neutron.port') }),
  },
  attributes: { show: 'The router.' },
  validate(properties) {
    if (!('router' in properties) && !('router_id' in properties))
      throw new ValidationFailed('Property router not assigned');
    const sides = [
      properties['subnet'] ?? properties['subnet_id'],
      properties['port'] ?? properties['port_id'],
    ];
    const set = sides.filter((side) => side !== undefined && side !== '');
    if (set.length === 2) {
      throw new ValidationFailed('Cannot define the following properties at the same time: subnet, port.');
    }
    if (set.length === 0) {
      throw new ValidationFailed('At least one of the following properties must be specified: subnet, port.');
    }
  },
  async create(context) {
    const { routerId, key, value } = await interfaceOf(context);
    if (!(await isJoined(context, routerId, key, value))) {
      await context.call('network', 'PUT', `/v2.0/routers/${routerId}/add_router_interface`, {
        [key]: value,
      });
    }
    context.setPhysicalId(`${routerId}:${key}=${value}`);
  },
  async remove(context) {
    const id = context.row.physicalId;
    // A crash may lie between the joining and the note of it.
    const joined = id === null ? await interfaceOf(context).catch(ignoreMissing) : parse(id);
    if (!joined || joined.routerId === '') return;
    if (id === null && !(await isJoined(context, joined.routerId, joined.key, joined.value))) return;
    await removeInterface(context, joined);
  },
  attribute: async (context) => {
    const { routerId } = parse(context.row.physicalId ?? '');
    const body = await context.call('network', 'GET', `/v2.0/routers/${routerId}`);
    return isDict(body) ? body['router'] : null;
  },
};

interface Joined {
  readonly routerId: string;
  readonly key: string;
  readonly value: string;
}

async function interfaceOf(context: ResourceContext): Promise<Joined> {
  const { properties } = context;
  const routerId = (await idFor(context, 'router', either(properties, 'router', 'router_id'))) ?? '';
  const subnetId = await idFor(context, 'subnet', either(properties, 'subnet', 'subnet_id'));
  if (subnetId !== undefined) return { routerId, key: 'subnet_id', value: subnetId };
  return {
    routerId,
    key: 'port_id',
    value: (await idFor(context, 'port', either(properties, 'port', 'port_id'))) ?? '',
  };
}

function parse(id: string): Joined {
  const [routerId = '', rest = ''] = id.split(':');
  const [key = '', value = ''] = rest.split('=');
  return { routerId, key, value };
}

async function isJoined(
  context: ResourceContext,
  routerId: string,
  key: string,
  value: string,
): Promise<boolean> {
  const ports = listIn(await context.call('network', 'GET', `/v2.0/ports?device_id=${routerId}`), 'ports');
  return ports.some((row) => {
    if (!text(stringAt(row, 'device_owner') ?? '').startsWith('network:router_interface')) return false;
    if (key === 'port_id') return stringAt(row, 'id') === value;
    const ips = isDict(row) ? row['fixed_ips'] : undefined;
    return Array.isArray(ips) && ips.some((ip) => stringAt(ip, 'subnet_id') === value);
  });
}

async function removeInterface(context: ResourceContext, { routerId, key, value }: Joined): Promise<void> {
  // In use as long as a floating IP goes over it: that is about to be gone.
  for (let attempt = 1; ; attempt++) {
    try {
      await context.call('network', 'PUT', `/v2.0/routers/${routerId}/remove_router_interface`, {
        [key]: value,
      });
      return;
    } catch (error) {
      if (error instanceof ServiceFault && error.status === 404) return;
      if (!(error instanceof ServiceFault) || error.status !== 409 || attempt > 6) throw error;
      await context.pause(100 * 2 ** attempt);
    }
  }
}

export const routerGateway: ResourceType = {
  name: 'OS::Neutron::RouterGateway',
  description: 'Gives a router its way out.',
  properties: {
    router_id: string({ required: true, constraints: custom('neutron.router') }),
    network: string({ constraints: custom('neutron.network') }),
    network_id: string({ constraints: custom('neutron.network') }),
  },
  attributes: { show: 'The router.' },
  implied: (mine, other) =>
    (other.type === 'OS::Neutron::Subnet' &&
      sameReference(written(mine, 'network', 'network_id'), written(other, 'network', 'network_id'))) ||
    (other.type === 'OS::Neutron::RouterInterface' &&
      sameReference(mine.properties['router_id'], written(other, 'router', 'router_id'))),
  async create(context) {
    const routerId = await idFor(context, 'router', context.properties['router_id']);
    const networkId = await idFor(context, 'network', either(context.properties, 'network', 'network_id'));
    await context.call('network', 'PUT', `/v2.0/routers/${routerId ?? ''}`, {
      router: { external_gateway_info: { network_id: networkId } },
    });
    context.setPhysicalId(`${routerId ?? ''}:${networkId ?? ''}`);
  },
  async remove(context) {
    const [routerId] = (context.row.physicalId ?? '').split(':');
    if (!routerId) return;
    await context.call('network', 'PUT', `/v2.0/routers/${routerId}`, {
      router: { external_gateway_info: {} },
    });
  },
};
