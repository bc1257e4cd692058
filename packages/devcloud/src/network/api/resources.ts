import { attribute, readOnly, type Attributes, type Given } from './attributes.ts';
import * as parse from './parse.ts';
import * as parseRule from './parse-rule.ts';

/** What every resource has that Neutron calls standard attributes, and whose it is. */
const standard = {
  id: readOnly(),
  project_id: readOnly(),
  tenant_id: readOnly(),
  description: attribute(parse.text(255)),
  tags: readOnly({ sort: false }),
  revision_number: readOnly(),
  created_at: readOnly(),
  updated_at: readOnly(),
};

const onceOnly = { put: false } as const;
const admins = { adminWrites: true } as const;
const hidden = { adminWrites: true, adminReads: true } as const;

export const NETWORK = {
  resource: 'network',
  collection: 'networks',
  attributes: {
    ...standard,
    name: attribute(parse.name),
    admin_state_up: attribute(parse.boolean),
    status: readOnly(),
    subnets: readOnly({ sort: false }),
    shared: attribute(parse.boolean, { ...admins, fallback: false }),
    'router:external': attribute(parse.boolean, { ...admins, fallback: false, sort: false }),
    is_default: attribute(parse.boolean, { ...admins, fallback: false, sort: false }),
    mtu: attribute(parse.range(0)),
    port_security_enabled: attribute(parse.boolean),
    availability_zone_hints: attribute(parse.uniqueList(parse.text(255)), { sort: false }),
    availability_zones: readOnly({ filter: false, sort: false }),
    'provider:network_type': attribute(parse.oneOf('local', 'flat', 'vlan', 'vxlan'), hidden),
    'provider:physical_network': attribute(parse.orNull(parse.text(64)), hidden),
    'provider:segmentation_id': attribute(parse.orNull(parse.integer), hidden),
  },
} as const;
export type NetworkGiven = Given<typeof NETWORK.attributes>;

export const SUBNET = {
  resource: 'subnet',
  collection: 'subnets',
  attributes: {
    ...standard,
    name: attribute(parse.name),
    network_id: attribute(parse.uuid, { ...onceOnly, required: true }),
    subnetpool_id: attribute(parse.orNull(parse.uuid), onceOnly),
    use_default_subnetpool: attribute(parse.boolean, { ...onceOnly, filter: false, sort: false }),
    prefixlen: attribute(parse.range(0), { ...onceOnly, filter: false, sort: false }),
    cidr: attribute(parse.orNull(parse.cidr), onceOnly),
    ip_version: attribute(parse.ipVersion, onceOnly),
    gateway_ip: attribute(parse.orNull(parse.ipAddress)),
    allocation_pools: attribute(parse.allocationPools, { filter: false, sort: false }),
    dns_nameservers: attribute(parse.nameservers, { filter: false, sort: false }),
    host_routes: attribute(parse.routes, { filter: false, sort: false }),
    enable_dhcp: attribute(parse.boolean),
    ipv6_ra_mode: attribute(parse.orNull(parse.ipv6Mode), onceOnly),
    ipv6_address_mode: attribute(parse.orNull(parse.ipv6Mode), onceOnly),
    service_types: attribute(parse.uniqueList(parse.text(255)), { ...admins, filter: false, sort: false }),
    shared: readOnly(),
  },
} as const;
export type SubnetGiven = Given<typeof SUBNET.attributes>;

export const SUBNETPOOL = {
  resource: 'subnetpool',
  collection: 'subnetpools',
  attributes: {
    ...standard,
    name: attribute(parse.name),
    prefixes: attribute(parse.prefixes, { required: true, filter: false, sort: false }),
    ip_version: readOnly(),
    default_prefixlen: attribute(parse.range(0)),
    min_prefixlen: attribute(parse.range(0)),
    max_prefixlen: attribute(parse.range(0)),
    shared: attribute(parse.boolean, { ...onceOnly, ...admins, fallback: false }),
    is_default: attribute(parse.boolean, { ...admins, fallback: false }),
  },
} as const;
export type SubnetPoolGiven = Given<typeof SUBNETPOOL.attributes>;

export const PORT = {
  resource: 'port',
  collection: 'ports',
  attributes: {
    ...standard,
    tags: attribute(parse.tags, { ...onceOnly, sort: false }),
    name: attribute(parse.name),
    network_id: attribute(parse.uuid, { ...onceOnly, required: true }),
    mac_address: attribute(parse.macAddress),
    admin_state_up: attribute(parse.boolean),
    status: readOnly(),
    device_id: attribute(parse.text(255)),
    device_owner: attribute(parse.text(255)),
    fixed_ips: attribute(parse.fixedIps, { sort: false }),
    ip_allocation: readOnly(),
    allowed_address_pairs: attribute(parse.addressPairs, { sort: false, filter: false }),
    security_groups: attribute(parse.orNull(parse.uniqueList(parse.uuid)), { sort: false }),
    port_security_enabled: attribute(parse.boolean),
    'binding:vnic_type': attribute(
      parse.oneOf(
        'normal',
        'direct',
        'macvtap',
        'baremetal',
        'direct-physical',
        'virtio-forwarder',
        'smart-nic',
      ),
    ),
    'binding:host_id': attribute(parse.orNull(parse.text(255)), { ...hidden, fallback: '' }),
    'binding:profile': attribute(parse.dictionary, { ...hidden, sort: false, filter: false }),
    'binding:vif_type': readOnly({ adminReads: true }),
    'binding:vif_details': readOnly({ adminReads: true, sort: false, filter: false }),
  },
} as const;
export type PortGiven = Given<typeof PORT.attributes>;

export const SECURITY_GROUP = {
  resource: 'security_group',
  collection: 'security_groups',
  attributes: {
    ...standard,
    name: attribute(parse.securityGroupName),
    security_group_rules: readOnly({ filter: false, sort: false }),
  },
} as const;
export type SecurityGroupGiven = Given<typeof SECURITY_GROUP.attributes>;

export const SECURITY_GROUP_RULE = {
  resource: 'security_group_rule',
  collection: 'security_group_rules',
  attributes: {
    ...standard,
    description: attribute(parse.text(255), onceOnly),
    security_group_id: attribute(parse.uuid, { ...onceOnly, required: true }),
    direction: attribute(parse.oneOf('ingress', 'egress'), { ...onceOnly, required: true }),
    ethertype: attribute(parseRule.ethertype, onceOnly),
    protocol: attribute(parseRule.protocol, onceOnly),
    port_range_min: attribute(parseRule.portNumber, onceOnly),
    port_range_max: attribute(parseRule.portNumber, onceOnly),
    remote_ip_prefix: attribute(parseRule.remotePrefix, onceOnly),
    remote_group_id: attribute(parse.orNull(parse.uuid), onceOnly),
    normalized_cidr: readOnly(),
  },
} as const;
export type SecurityGroupRuleGiven = Given<typeof SECURITY_GROUP_RULE.attributes>;

export const ROUTER = {
  resource: 'router',
  collection: 'routers',
  attributes: {
    ...standard,
    name: attribute(parse.name),
    admin_state_up: attribute(parse.boolean),
    status: readOnly(),
    external_gateway_info: attribute(parse.gatewayInfo, { sort: false, filter: false }),
    routes: attribute(parse.routes, { post: false, sort: false, filter: false }),
    availability_zone_hints: attribute(parse.uniqueList(parse.text(255)), { ...onceOnly, sort: false }),
    availability_zones: readOnly({ filter: false, sort: false }),
  },
} as const;
export type RouterGiven = Given<typeof ROUTER.attributes>;

export const FLOATING_IP = {
  resource: 'floatingip',
  collection: 'floatingips',
  attributes: {
    ...standard,
    floating_network_id: attribute(parse.uuid, { ...onceOnly, required: true }),
    floating_ip_address: attribute(parse.orNull(parse.ipAddress), { ...onceOnly, adminWrites: true }),
    subnet_id: attribute(parse.orNull(parse.uuid), { ...onceOnly, filter: false, sort: false }),
    port_id: attribute(parse.orNull(parse.uuid)),
    fixed_ip_address: attribute(parse.orNull(parse.ipAddress)),
    router_id: readOnly(),
    status: readOnly(),
    port_details: readOnly({ filter: false, sort: false }),
  },
} as const;
export type FloatingIpGiven = Given<typeof FLOATING_IP.attributes>;

export interface ResourceRules {
  readonly resource: string;
  readonly collection: string;
  readonly attributes: Attributes;
}
