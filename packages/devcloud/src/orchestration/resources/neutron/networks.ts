import { ValidationFailed } from '../../errors.ts';
import { isDict, listAt, stringAt, walk } from '../../values.ts';
import type { ResourceType } from '../resource-type.ts';
import { boolean, custom, integer, list, map, oneOf, range, string } from '../schema.ts';
import { either, idFor, neutronType, pick } from './neutron-type.ts';

const NETWORK = {
  admin_state_up: boolean({ default: true, update: true }),
  tenant_id: string(),
  shared: boolean({ default: false, update: true }),
  port_security_enabled: boolean({ update: true }),
  dns_domain: string({ update: true }),
  availability_zone_hints: list(string()),
};

const NETWORK_FIELDS = [
  'status',
  'name',
  'subnets',
  'admin_state_up',
  'tenant_id',
  'port_security_enabled',
  'mtu',
  'l2_adjacency',
  'segments',
  'qos_policy_id',
];

const same = (...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, name]));

/** Fields that are properties of the same name. */
export function plainFields(
  properties: Readonly<Record<string, unknown>>,
  names: Readonly<Record<string, string>>,
): Record<string, { from: string; value: unknown }> {
  return Object.fromEntries(
    Object.entries(names).map(([field, property]) => [
      field,
      { from: property, value: properties[property] },
    ]),
  );
}

export const net: ResourceType = neutronType({
  name: 'OS::Neutron::Net',
  description: 'A network.',
  path: 'networks',
  key: 'network',
  properties: NETWORK,
  fields: NETWORK_FIELDS,
  tagged: true,
  body: async ({ properties }, changed) => {
    const names = same(
      'admin_state_up',
      'tenant_id',
      'shared',
      'port_security_enabled',
      'dns_domain',
      'availability_zone_hints',
    );
    const { shared, ...fields } = pick(changed, plainFields(properties, names));
    // Only an administrator may say anything about sharing, even that there is none.
    return shared === true || changed ? { ...fields, shared } : fields;
  },
});

export const providerNet: ResourceType = neutronType({
  name: 'OS::Neutron::ProviderNet',
  description: 'A network on a given physical network; for administrators.',
  path: 'networks',
  key: 'network',
  properties: {
    network_type: string({
      required: true,
      update: true,
      constraints: oneOf('local', 'vlan', 'vxlan', 'gre', 'geneve', 'flat'),
    }),
    physical_network: string({ update: true }),
    segmentation_id: string({ update: true }),
    router_external: boolean({ default: false, update: true }),
    ...NETWORK,
  },
  fields: [...NETWORK_FIELDS, 'shared', 'router:external'],
  tagged: true,
  body: async ({ properties }, changed) =>
    pick(changed, {
      ...plainFields(properties, same('admin_state_up', 'shared', 'port_security_enabled', 'dns_domain')),
      'provider:network_type': { from: 'network_type', value: properties['network_type'] },
      'provider:physical_network': { from: 'physical_network', value: properties['physical_network'] },
      'provider:segmentation_id': { from: 'segmentation_id', value: properties['segmentation_id'] },
      'router:external': { from: 'router_external', value: properties['router_external'] },
    }),
});

export const subnet: ResourceType = neutronType({
  name: 'OS::Neutron::Subnet',
  description: 'A range of addresses on a network.',
  path: 'subnets',
  key: 'subnet',
  properties: {
    network: string({ constraints: custom('neutron.network') }),
    network_id: string({ constraints: custom('neutron.network') }),
    subnetpool: string({ constraints: custom('neutron.subnetpool') }),
    prefixlen: integer({ constraints: range(0) }),
    cidr: string({ constraints: custom('net_cidr') }),
    ip_version: integer({ default: 4, constraints: oneOf(4, 6) }),
    dns_nameservers: list(string(), { default: [], update: true }),
    gateway_ip: string({ update: true }),
    enable_dhcp: boolean({ default: true, update: true }),
    allocation_pools: list(
      map({
        start: string({ required: true, constraints: custom('ip_addr') }),
        end: string({ required: true, constraints: custom('ip_addr') }),
      }),
      { update: true },
    ),
    tenant_id: string(),
    host_routes: list(
      map({
        destination: string({ required: true, constraints: custom('net_cidr') }),
        nexthop: string({ required: true, constraints: custom('ip_addr') }),
      }),
      { default: [], update: true },
    ),
    ipv6_ra_mode: string({ constraints: oneOf('dhcpv6-stateful', 'dhcpv6-stateless', 'slaac') }),
    ipv6_address_mode: string({ constraints: oneOf('dhcpv6-stateful', 'dhcpv6-stateless', 'slaac') }),
    segment: string(),
  },
  fields: [
    'name',
    'network_id',
    'tenant_id',
    'allocation_pools',
    'gateway_ip',
    'host_routes',
    'ip_version',
    'cidr',
    'dns_nameservers',
    'enable_dhcp',
  ],
  tagged: true,
  body: async (context, changed) => {
    const { properties } = context;
    const gateway = properties['gateway_ip'];
    const fields = pick(changed, {
      ...plainFields(properties, same('dns_nameservers', 'enable_dhcp', 'allocation_pools', 'host_routes')),
      // An empty address means that there is to be no gateway.
      gateway_ip: { from: 'gateway_ip', value: gateway === '' ? null : gateway },
    });
    if (changed) return fields;
    return {
      ...fields,
      ...Object.fromEntries(
        ['cidr', 'prefixlen', 'ip_version', 'tenant_id', 'ipv6_ra_mode', 'ipv6_address_mode'].map((key) => [
          key,
          properties[key] === '' ? undefined : properties[key],
        ]),
      ),
      network_id: await idFor(context, 'network', either(properties, 'network', 'network_id')),
      subnetpool_id: await idFor(context, 'subnetpool', properties['subnetpool']),
    };
  },
  fits: (row, { properties }) => properties['cidr'] === undefined || row['cidr'] === properties['cidr'],
  more: {
    validate(properties) {
      if (!('network' in properties) && !('network_id' in properties)) {
        throw new ValidationFailed('Property network not assigned');
      }
      const sources = ['cidr', 'subnetpool'].filter(
        (key) => properties[key] !== undefined && properties[key] !== '',
      );
      if (sources.length === 2) {
        throw new ValidationFailed(
          'Cannot define the following properties at the same time: subnetpool, cidr.',
        );
      }
      if (sources.length === 0) {
        throw new ValidationFailed(
          'At least one of the following properties must be specified: cidr, subnetpool.',
        );
      }
      if ('prefixlen' in properties && 'cidr' in properties) {
        throw new ValidationFailed(
          'Cannot define the following properties at the same time: prefixlen, cidr.',
        );
      }
      if (
        properties['ip_version'] === 4 &&
        ('ipv6_ra_mode' in properties || 'ipv6_address_mode' in properties)
      ) {
        throw new ValidationFailed('ipv6_ra_mode and ipv6_address_mode are not supported for ipv4.');
      }
    },
  },
});

export const subnetPool: ResourceType = neutronType({
  name: 'OS::Neutron::SubnetPool',
  description: 'Ranges of addresses that subnets take theirs from.',
  path: 'subnetpools',
  key: 'subnetpool',
  properties: {
    prefixes: list(string({ constraints: custom('net_cidr') }), { required: true, update: true }),
    address_scope: string({ update: true }),
    default_quota: integer({ update: true, constraints: range(0) }),
    default_prefixlen: integer({ update: true, constraints: range(0) }),
    min_prefixlen: integer({ update: true, constraints: range(0) }),
    max_prefixlen: integer({ update: true, constraints: range(0) }),
    is_default: boolean({ default: false, update: true }),
    tenant_id: string(),
    shared: boolean({ default: false }),
  },
  fields: [
    'name',
    'address_scope_id',
    'default_quota',
    'default_prefixlen',
    'ip_version',
    'is_default',
    'max_prefixlen',
    'min_prefixlen',
    'prefixes',
    'shared',
    'tenant_id',
  ],
  tagged: true,
  body: async ({ properties }, changed) => {
    const names = same(
      'prefixes',
      'default_quota',
      'default_prefixlen',
      'min_prefixlen',
      'max_prefixlen',
      'tenant_id',
    );
    const fields = pick(changed, plainFields(properties, names));
    const flags = ['is_default', 'shared'].filter(
      (key) => properties[key] === true && (!changed || changed.has(key)),
    );
    return { ...fields, ...Object.fromEntries(flags.map((key) => [key, true])) };
  },
});

/** The ids of a list of maps of `{subnet, ip_address}` as the network service wants them. */
export async function fixedIps(
  value: unknown,
  subnetId: (value: unknown) => Promise<string | undefined>,
): Promise<Record<string, string>[]> {
  const result: Record<string, string>[] = [];
  for (const item of listAt({ value }, 'value')) {
    if (!isDict(item)) continue;
    const id = await subnetId(either(item, 'subnet', 'subnet_id'));
    const address = stringAt(item, 'ip_address');
    const entry = {
      ...(id === undefined ? {} : { subnet_id: id }),
      ...(address ? { ip_address: address } : {}),
    };
    if (Object.keys(entry).length > 0) result.push(entry);
  }
  return result;
}

export const listIn = (body: unknown, key: string): readonly unknown[] => {
  const rows = walk(body, [key]);
  return Array.isArray(rows) ? rows : [];
};
