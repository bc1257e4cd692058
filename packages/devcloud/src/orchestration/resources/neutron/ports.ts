import { ValidationFailed } from '../../errors.ts';
import { isDict, listAt, type Dict } from '../../values.ts';
import type { ResourceContext, ResourceType } from '../resource-type.ts';
import { boolean, custom, list, map, oneOf, string } from '../schema.ts';
import { fixedIps, plainFields } from './networks.ts';
import { either, idFor, neutronType, pick, sameReference, written } from './neutron-type.ts';

export const port: ResourceType = neutronType({
  name: 'OS::Neutron::Port',
  description: 'Where a server is plugged into a network.',
  path: 'ports',
  key: 'port',
  properties: {
    network: string({ constraints: custom('neutron.network') }),
    network_id: string({ constraints: custom('neutron.network') }),
    admin_state_up: boolean({ default: true, update: true }),
    device_id: string({ update: true }),
    device_owner: string({ update: true }),
    fixed_ips: list(
      map({
        subnet: string({ constraints: custom('neutron.subnet') }),
        subnet_id: string({ constraints: custom('neutron.subnet') }),
        ip_address: string({ constraints: custom('ip_addr') }),
      }),
      { update: true },
    ),
    no_fixed_ips: boolean({ default: false, update: true }),
    mac_address: string({ update: true, constraints: custom('mac_addr') }),
    security_groups: list(string(), { update: true }),
    allowed_address_pairs: list(
      map({
        mac_address: string({ constraints: custom('mac_addr') }),
        ip_address: string({ required: true, constraints: custom('ip_or_cidr') }),
      }),
      { update: true },
    ),
    'binding:vnic_type': string({
      default: 'normal',
      update: true,
      constraints: oneOf(
        'normal',
        'direct',
        'macvtap',
        'direct-physical',
        'baremetal',
        'virtio-forwarder',
        'smart-nic',
      ),
    }),
    port_security_enabled: boolean({ update: true }),
    dns_name: string({ update: true }),
    replacement_policy: string({
      default: 'AUTO',
      update: true,
      constraints: oneOf('REPLACE_ALWAYS', 'AUTO'),
    }),
    propagate_uplink_status: boolean(),
  },
  fields: [
    'admin_state_up',
    'device_id',
    'device_owner',
    'fixed_ips',
    'mac_address',
    'name',
    'network_id',
    'security_groups',
    'status',
    'tenant_id',
    'allowed_address_pairs',
    'port_security_enabled',
    'qos_policy_id',
    'dns_assignment',
  ],
  tagged: true,
  body: async (context, changed) => portBody(context, changed),
  fits: (row, { properties }) =>
    properties['mac_address'] === undefined || row['mac_address'] === properties['mac_address'],
  more: {
    validate(properties) {
      if (!('network' in properties) && !('network_id' in properties)) {
        throw new ValidationFailed('Property network not assigned');
      }
      if (properties['no_fixed_ips'] === true && listAt(properties, 'fixed_ips').length > 0) {
        throw new ValidationFailed(
          'Cannot define the following properties at the same time: fixed_ips, no_fixed_ips.',
        );
      }
    },
    // Addresses come from the subnets of the network: those of the same template have to be there.
    implied: (mine, other) =>
      other.type === 'OS::Neutron::Subnet' &&
      sameReference(written(mine, 'network', 'network_id'), written(other, 'network', 'network_id')),
    // The new one may want the same address.
    async beforeReplacement(context) {
      if (context.row.physicalId === null) return;
      await context.call('network', 'PUT', `/v2.0/ports/${context.row.physicalId}`, {
        port: { fixed_ips: [] },
      });
    },
    async afterRestoration(context) {
      const { fixed_ips } = await portBody(context, new Set(['fixed_ips']));
      if (fixed_ips === undefined) return;
      await context.call('network', 'PUT', `/v2.0/ports/${context.row.physicalId ?? ''}`, {
        port: { fixed_ips },
      });
    },
  },
});

async function portBody(context: ResourceContext, changed: ReadonlySet<string> | undefined): Promise<Dict> {
  const { properties } = context;
  const has = (name: string): boolean => (!changed || changed.has(name)) && name in properties;
  const fields = pick(changed, {
    ...plainFields(properties, {
      admin_state_up: 'admin_state_up',
      device_id: 'device_id',
      device_owner: 'device_owner',
      mac_address: 'mac_address',
      port_security_enabled: 'port_security_enabled',
      dns_name: 'dns_name',
      propagate_uplink_status: 'propagate_uplink_status',
      'binding:vnic_type': 'binding:vnic_type',
    }),
  });
  const ips = has('fixed_ips')
    ? await fixedIps(properties['fixed_ips'], (value) => idFor(context, 'subnet', value))
    : undefined;
  return {
    ...fields,
    ...(changed
      ? {}
      : { network_id: await idFor(context, 'network', either(properties, 'network', 'network_id')) }),
    ...(ips && (ips.length > 0 || changed) ? { fixed_ips: ips } : {}),
    ...(properties['no_fixed_ips'] === true && !ips ? { fixed_ips: [] } : {}),
    ...(has('security_groups') ? { security_groups: await groupIds(context) } : {}),
    ...(has('allowed_address_pairs') ? { allowed_address_pairs: addressPairs(properties) } : {}),
  };
}

async function groupIds(context: ResourceContext): Promise<string[]> {
  const ids: string[] = [];
  for (const group of listAt(context.properties, 'security_groups')) {
    const id = await idFor(context, 'security_group', group);
    if (id !== undefined) ids.push(id);
  }
  return ids;
}

function addressPairs(properties: Dict): Dict[] {
  return listAt(properties, 'allowed_address_pairs')
    .filter(isDict)
    .map(({ ip_address, mac_address }) => ({ ip_address, ...(mac_address ? { mac_address } : {}) }));
}
