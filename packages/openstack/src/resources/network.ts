import type { Session } from '../session/session.ts';
import { collection, type Collection } from './collection.ts';

/** Fields of Neutron's resources as far as we look at them. Source: Networking API v2.0. */
interface Common {
  readonly id: string;
  readonly name: string;
  readonly project_id: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly revision_number: number;
}

export interface Network extends Common {
  readonly status: string;
  readonly admin_state_up: boolean;
  readonly shared: boolean;
  readonly mtu: number;
  readonly subnets: readonly string[];
  readonly 'router:external': boolean;
}

export interface Subnet extends Common {
  readonly network_id: string;
  readonly cidr: string;
  readonly ip_version: 4 | 6;
  readonly gateway_ip: string | null;
  readonly enable_dhcp: boolean;
  readonly subnetpool_id: string | null;
  readonly allocation_pools: readonly { readonly start: string; readonly end: string }[];
  readonly host_routes: readonly { readonly destination: string; readonly nexthop: string }[];
  readonly dns_nameservers: readonly string[];
}

export interface SubnetPool extends Common {
  readonly prefixes: readonly string[];
  /** Neutron itself gives it as text. */
  readonly default_prefixlen: number | string;
  readonly ip_version: 4 | 6;
  readonly shared: boolean;
}

export interface FixedIp {
  readonly subnet_id: string;
  readonly ip_address: string;
}

export interface Port extends Common {
  readonly network_id: string;
  readonly mac_address: string;
  readonly fixed_ips: readonly FixedIp[];
  readonly status: string;
  readonly admin_state_up: boolean;
  readonly device_id: string;
  readonly device_owner: string;
  readonly security_groups: readonly string[];
  readonly 'binding:host_id'?: string;
  readonly 'binding:vif_type'?: string;
  readonly 'binding:vif_details'?: Readonly<Record<string, unknown>>;
}

/** What a port is made or changed with. A fixed ip may leave its subnet or its address to Neutron. */
export type NewPort = Partial<Omit<Port, 'id' | 'revision_number' | 'status' | 'fixed_ips'>> & {
  readonly fixed_ips?: readonly Partial<FixedIp>[];
};

export type SecurityGroup = Common;

export interface SecurityGroupRule {
  readonly id: string;
  readonly security_group_id: string;
  readonly direction: 'ingress' | 'egress';
  readonly ethertype: 'IPv4' | 'IPv6';
  readonly protocol: string | null;
  readonly port_range_min: number | null;
  readonly port_range_max: number | null;
  readonly remote_ip_prefix: string | null;
  readonly remote_group_id: string | null;
}

export interface Router extends Common {
  readonly external_gateway_info: { readonly network_id: string } | null;
}

export interface FloatingIp extends Common {
  readonly floating_ip_address: string;
  readonly fixed_ip_address: string | null;
  readonly port_id: string | null;
}

export type TaggedKind = 'networks' | 'subnets' | 'subnetpools' | 'ports';

export interface NetworkClient {
  readonly networks: Collection<Network>;
  readonly subnets: Collection<Subnet>;
  readonly subnetPools: Collection<SubnetPool>;
  readonly ports: Collection<Port, NewPort>;
  readonly securityGroups: Collection<SecurityGroup>;
  readonly securityGroupRules: Collection<SecurityGroupRule>;
  readonly routers: Collection<Router>;
  readonly floatingIps: Collection<FloatingIp>;
  /** All of them or none. */
  createPorts(ports: readonly NewPort[], signal?: AbortSignal): Promise<Port[]>;
  /** Replaces all tags of a resource. */
  setTags(kind: TaggedKind, id: string, tags: readonly string[], signal?: AbortSignal): Promise<void>;
  addTag(kind: TaggedKind, id: string, tag: string, signal?: AbortSignal): Promise<void>;
  removeTag(kind: TaggedKind, id: string, tag: string, signal?: AbortSignal): Promise<void>;
  /** Aliases of the extensions this Neutron has. */
  extensions(signal?: AbortSignal): Promise<Set<string>>;
}

const SERVICE = 'network';

export function networkClient(session: Session): NetworkClient {
  const kind = <T, New = Partial<T>>(path: string, singular: string): Collection<T, New> =>
    collection<T, New>(session, {
      service: SERVICE,
      path: `/${path}`,
      singular,
      plural: path.replaceAll('-', '_'),
    });
  return {
    networks: kind('networks', 'network'),
    subnets: kind('subnets', 'subnet'),
    subnetPools: kind('subnetpools', 'subnetpool'),
    ports: kind('ports', 'port'),
    securityGroups: kind('security-groups', 'security_group'),
    securityGroupRules: kind('security-group-rules', 'security_group_rule'),
    routers: kind('routers', 'router'),
    floatingIps: kind('floatingips', 'floatingip'),
    async createPorts(ports, signal) {
      const made = await session.ask<{ ports: Port[] }>(SERVICE, {
        method: 'POST',
        path: '/ports',
        body: { ports },
        signal,
      });
      return made.ports;
    },
    async setTags(of, id, tags, signal) {
      await session.ask(SERVICE, {
        method: 'PUT',
        path: tagPath(of, id),
        body: { tags },
        signal,
        retries: 3,
      });
    },
    async addTag(of, id, tag, signal) {
      await session.ask(SERVICE, { method: 'PUT', path: tagPath(of, id, tag), signal, retries: 3 });
    },
    async removeTag(of, id, tag, signal) {
      await session.ask(SERVICE, { method: 'DELETE', path: tagPath(of, id, tag), signal, retries: 3 });
    },
    async extensions(signal) {
      const found = await session.ask<{ extensions: { alias: string }[] }>(SERVICE, {
        method: 'GET',
        path: '/extensions',
        signal,
      });
      return new Set(found.extensions.map((extension) => extension.alias));
    },
  };
}

function tagPath(of: TaggedKind, id: string, tag?: string): string {
  return `/${of}/${id}/tags${tag === undefined ? '' : `/${encodeURIComponent(tag)}`}`;
}
