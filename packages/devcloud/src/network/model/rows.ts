import type { IpVersion } from './addresses.ts';

/**
 * Rows are kept under the names their attributes have in the API, so that filters, sorting and views need
 * no second vocabulary. What can be derived (a network's subnets, a router's gateway) is not kept.
 */
export interface StandardAttributes {
  readonly id: string;
  readonly project_id: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly revision_number: number;
  /** `2026-01-31T12:00:00Z`. */
  readonly created_at: string;
  readonly updated_at: string;
}

export interface NetworkRow extends StandardAttributes {
  readonly name: string;
  readonly admin_state_up: boolean;
  readonly shared: boolean;
  readonly 'router:external': boolean;
  readonly is_default: boolean;
  readonly mtu: number;
  readonly port_security_enabled: boolean;
  readonly availability_zone_hints: readonly string[];
  readonly 'provider:network_type': string;
  readonly 'provider:physical_network': string | null;
  readonly 'provider:segmentation_id': number | null;
}

export interface AllocationPool {
  readonly start: string;
  readonly end: string;
}

export interface Route {
  readonly destination: string;
  readonly nexthop: string;
}

export type Ipv6Mode = 'slaac' | 'dhcpv6-stateful' | 'dhcpv6-stateless';

export interface SubnetRow extends StandardAttributes {
  readonly name: string;
  readonly network_id: string;
  readonly subnetpool_id: string | null;
  readonly ip_version: IpVersion;
  readonly cidr: string;
  readonly gateway_ip: string | null;
  readonly allocation_pools: readonly AllocationPool[];
  readonly dns_nameservers: readonly string[];
  readonly host_routes: readonly Route[];
  readonly enable_dhcp: boolean;
  readonly ipv6_ra_mode: Ipv6Mode | null;
  readonly ipv6_address_mode: Ipv6Mode | null;
  readonly service_types: readonly string[];
}

export interface SubnetPoolRow extends StandardAttributes {
  readonly name: string;
  readonly prefixes: readonly string[];
  readonly ip_version: IpVersion;
  readonly default_prefixlen: number;
  readonly min_prefixlen: number;
  readonly max_prefixlen: number;
  readonly shared: boolean;
  readonly is_default: boolean;
}

export interface FixedIp {
  readonly subnet_id: string;
  readonly ip_address: string;
}

export interface AddressPair {
  readonly ip_address: string;
  readonly mac_address: string;
}

export type VifType = 'unbound' | 'bridge' | 'binding_failed';

export interface PortRow extends StandardAttributes {
  readonly name: string;
  readonly network_id: string;
  readonly mac_address: string;
  readonly admin_state_up: boolean;
  readonly status: 'ACTIVE' | 'DOWN' | 'N/A';
  readonly device_id: string;
  readonly device_owner: string;
  readonly fixed_ips: readonly FixedIp[];
  readonly allowed_address_pairs: readonly AddressPair[];
  readonly security_groups: readonly string[];
  readonly port_security_enabled: boolean;
  readonly 'binding:vnic_type': string;
  readonly 'binding:host_id': string;
  readonly 'binding:profile': Readonly<Record<string, unknown>>;
  readonly 'binding:vif_type': VifType;
  readonly 'binding:vif_details': Readonly<Record<string, unknown>>;
}

export interface SecurityGroupRow extends StandardAttributes {
  readonly name: string;
}

export interface SecurityGroupRuleRow extends StandardAttributes {
  readonly security_group_id: string;
  readonly direction: 'ingress' | 'egress';
  readonly ethertype: 'IPv4' | 'IPv6';
  readonly protocol: string | null;
  readonly port_range_min: number | null;
  readonly port_range_max: number | null;
  readonly remote_ip_prefix: string | null;
  readonly remote_group_id: string | null;
}

export interface RouterRow extends StandardAttributes {
  readonly name: string;
  readonly admin_state_up: boolean;
  readonly routes: readonly Route[];
  readonly availability_zone_hints: readonly string[];
  /** The gateway's port, if there is a gateway. */
  readonly gw_port_id: string | null;
  readonly enable_snat: boolean;
}

export interface FloatingIpRow extends StandardAttributes {
  readonly floating_network_id: string;
  readonly floating_ip_address: string;
  /** The port that holds the address on the external network. */
  readonly floating_port_id: string;
  readonly router_id: string | null;
  readonly port_id: string | null;
  readonly fixed_ip_address: string | null;
  readonly status: 'ACTIVE' | 'DOWN';
}

/** A project's own limits; what is not there has the default. */
export interface QuotaRow {
  readonly id: string;
  readonly limits: Readonly<Partial<Record<QuotaResource, number>>>;
}

export const QUOTA_RESOURCES = [
  'network',
  'subnet',
  'subnetpool',
  'port',
  'router',
  'floatingip',
  'security_group',
  'security_group_rule',
  'rbac_policy',
] as const;
export type QuotaResource = (typeof QUOTA_RESOURCES)[number];

/** Who has a port, as Neutron names it. */
export const DEVICE_OWNER = {
  routerInterface: 'network:router_interface',
  routerGateway: 'network:router_gateway',
  floatingIp: 'network:floatingip',
  dhcp: 'network:dhcp',
} as const;
