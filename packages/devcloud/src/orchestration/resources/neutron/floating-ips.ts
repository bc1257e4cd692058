import { isDict, listAt, stringAt, text, walk } from '../../values.ts';
import { ignoreMissing, type ResourceContext, type ResourceType } from '../resource-type.ts';
import { custom, string } from '../schema.ts';
import { idFor, neutronType, sameReference, written } from './neutron-type.ts';

export const floatingIp: ResourceType = neutronType({
  name: 'OS::Neutron::FloatingIP',
  description: 'An address of an external network that leads to a port.',
  path: 'floatingips',
  key: 'floatingip',
  nameless: true,
  tagged: true,
  properties: {
    floating_network: string({ constraints: custom('neutron.network') }),
    floating_network_id: string({ constraints: custom('neutron.network') }),
    floating_subnet: string({ constraints: custom('neutron.subnet') }),
    port_id: string({ update: true, constraints: custom('neutron.port') }),
    fixed_ip_address: string({ update: true, constraints: custom('ip_addr') }),
    floating_ip_address: string({ constraints: custom('ip_addr') }),
    dns_name: string({ update: true }),
    dns_domain: string({ update: true }),
  },
  fields: [
    'router_id',
    'tenant_id',
    'floating_network_id',
    'fixed_ip_address',
    'floating_ip_address',
    'port_id',
  ],
  async body(context, changed) {
    const { properties } = context;
    const association = {
      port_id: (await idFor(context, 'port', properties['port_id'])) ?? (changed ? null : undefined),
      fixed_ip_address: stringAt(properties, 'fixed_ip_address') || undefined,
    };
    if (changed) return changed.has('port_id') || changed.has('fixed_ip_address') ? association : {};
    const network = stringAt(properties, 'floating_network') || stringAt(properties, 'floating_network_id');
    return {
      ...association,
      floating_network_id: await idFor(context, 'network', network),
      subnet_id: await idFor(context, 'subnet', properties['floating_subnet']),
      floating_ip_address: stringAt(properties, 'floating_ip_address') || undefined,
      dns_name: stringAt(properties, 'dns_name') || undefined,
      dns_domain: stringAt(properties, 'dns_domain') || undefined,
    };
  },
  fits: (row, { properties }) => {
    const port = stringAt(properties, 'port_id');
    return !port || row['port_id'] === port;
  },
  more: {
    // A floating IP works only once the router joins its network with that of the port.
    implied: (mine, other) =>
      other.type === 'OS::Neutron::RouterInterface' ||
      (other.type === 'OS::Neutron::RouterGateway' &&
        sameReference(
          written(mine, 'floating_network', 'floating_network_id'),
          written(other, 'network', 'network_id'),
        )) ||
      (other.type === 'OS::Neutron::Router' &&
        sameReference(
          written(mine, 'floating_network', 'floating_network_id'),
          walk(other.properties['external_gateway_info'], ['network']),
        )),
  },
});

export const floatingIpAssociation: ResourceType = {
  name: 'OS::Neutron::FloatingIPAssociation',
  description: 'Leads a floating IP to a port.',
  properties: {
    floatingip_id: string({ required: true, update: true }),
    port_id: string({ required: true, update: true, constraints: custom('neutron.port') }),
    fixed_ip_address: string({ update: true, constraints: custom('ip_addr') }),
  },
  attributes: { show: 'The floating IP.' },
  implied: (_mine, other) => other.type === 'OS::Neutron::RouterInterface',
  create: associate,
  async update(context, before) {
    const old = stringAt(before, 'floatingip_id');
    if (old !== undefined && old !== context.properties['floatingip_id']) await release(context, old);
    await associate(context);
  },
  async remove(context) {
    const id = stringAt(context.properties, 'floatingip_id');
    if (id !== undefined && context.row.physicalId !== null) await release(context, id);
  },
  async attribute(context) {
    const id = text(context.properties['floatingip_id']);
    const body = await context.call('network', 'GET', `/v2.0/floatingips/${id}`);
    return isDict(body) ? body['floatingip'] : null;
  },
};

async function associate(context: ResourceContext): Promise<void> {
  const id = text(context.properties['floatingip_id']);
  await context.call('network', 'PUT', `/v2.0/floatingips/${id}`, {
    floatingip: {
      port_id: await idFor(context, 'port', context.properties['port_id']),
      ...(context.properties['fixed_ip_address']
        ? { fixed_ip_address: context.properties['fixed_ip_address'] }
        : {}),
    },
  });
  context.setPhysicalId(`${id}:${context.row.id}`);
}

async function release(context: ResourceContext, id: string): Promise<void> {
  const free = { floatingip: { port_id: null } };
  await context.call('network', 'PUT', `/v2.0/floatingips/${id}`, free).catch(ignoreMissing);
}

export const rulesOf = (properties: unknown): readonly unknown[] => listAt(properties, 'rules');
