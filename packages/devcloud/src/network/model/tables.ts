import type { Store, Table } from '../../cloud/store.ts';
import type {
  FloatingIpRow,
  NetworkRow,
  PortRow,
  QuotaRow,
  RouterRow,
  SecurityGroupRow,
  SecurityGroupRuleRow,
  SubnetPoolRow,
  SubnetRow,
} from './rows.ts';

/** All of Neutron's tables with their indexes. */
export interface Tables {
  /** By `project`; by `bridge`: the first 11 characters of the id, as in the bridge's name. */
  readonly networks: Table<NetworkRow>;
  /** By `network`, by `pool`, by `project`. */
  readonly subnets: Table<SubnetRow>;
  readonly subnetPools: Table<SubnetPoolRow>;
  /**
   * By `network`, `device`, `project`, by `tap` (the first 11 characters of the id, as in the interface's
   * name), by `mac` (`<network> <mac>`), by `subnet`, by `ip`, by `address`
   * (`<subnet> <ip>`), by `group` (security group).
   */
  readonly ports: Table<PortRow>;
  /** By `project`. */
  readonly securityGroups: Table<SecurityGroupRow>;
  /** By `group`, by `remote`, by `project`. */
  readonly securityGroupRules: Table<SecurityGroupRuleRow>;
  /** By `project`. */
  readonly routers: Table<RouterRow>;
  /** By `port` (the internal one), by `router`, by `project`. */
  readonly floatingIps: Table<FloatingIpRow>;
  readonly quotas: Table<QuotaRow>;
}

/** How much of an id goes into the name of an interface: IFNAMSIZ leaves 15 characters, a prefix takes 3 or 4. */
export const NAME_PART = 11;

const project = (row: { project_id: string }): string => row.project_id;

export function openTables(store: Store): Tables {
  return {
    networks: store.table<NetworkRow>('network/networks', {
      project,
      bridge: (row) => row.id.slice(0, NAME_PART),
    }),
    subnets: store.table<SubnetRow>('network/subnets', {
      project,
      network: (row) => row.network_id,
      pool: (row) => row.subnetpool_id ?? undefined,
    }),
    subnetPools: store.table<SubnetPoolRow>('network/subnetpools', { project }),
    ports: store.table<PortRow>('network/ports', {
      project,
      network: (row) => row.network_id,
      device: (row) => row.device_id,
      tap: (row) => row.id.slice(0, NAME_PART),
      mac: (row) => `${row.network_id} ${row.mac_address}`,
      subnet: (row) => row.fixed_ips.map((ip) => ip.subnet_id),
      ip: (row) => row.fixed_ips.map((ip) => ip.ip_address),
      address: (row) => row.fixed_ips.map((ip) => `${ip.subnet_id} ${ip.ip_address}`),
      group: (row) => row.security_groups,
    }),
    securityGroups: store.table<SecurityGroupRow>('network/security-groups', { project }),
    securityGroupRules: store.table<SecurityGroupRuleRow>('network/security-group-rules', {
      project,
      group: (row) => row.security_group_id,
      remote: (row) => row.remote_group_id ?? undefined,
    }),
    routers: store.table<RouterRow>('network/routers', { project }),
    floatingIps: store.table<FloatingIpRow>('network/floating-ips', {
      project,
      port: (row) => row.port_id ?? undefined,
      router: (row) => row.router_id ?? undefined,
    }),
    quotas: store.table<QuotaRow>('network/quotas'),
  };
}
