import { formatCidr, parseCidr, parseIp } from './addresses.ts';
import type { Context } from './context.ts';
import type {
  FloatingIpRow,
  NetworkRow,
  PortRow,
  RouterRow,
  SecurityGroupRow,
  SecurityGroupRuleRow,
  StandardAttributes,
  SubnetPoolRow,
  SubnetRow,
} from './rows.ts';

/** A row as the API shows it to an admin; what others don't see is taken out later. */
export type View = Readonly<Record<string, unknown>> & { readonly id: string };

export function networkView({ tables, settings }: Context, row: NetworkRow): View {
  return {
    ...withTenant(row),
    status: 'ACTIVE',
    subnets: tables.subnets.by('network', row.id).map((subnet) => subnet.id),
    availability_zones: tables.ports.by('network', row.id).length > 0 ? [settings.availabilityZone] : [],
  };
}

export function subnetView({ tables }: Context, row: SubnetRow): View {
  // `shared` and `router:external` are the network's: subnets can be filtered by the first.
  return { ...withTenant(row), shared: tables.networks.get(row.network_id)?.shared ?? false };
}

export function subnetPoolView(_context: Context, row: SubnetPoolRow): View {
  // The API says the lengths as text, a slip of Neutron's that clients have got used to.
  return {
    ...withTenant(row),
    default_prefixlen: String(row.default_prefixlen),
    min_prefixlen: String(row.min_prefixlen),
    max_prefixlen: String(row.max_prefixlen),
  };
}

export function portView(_context: Context, row: PortRow): View {
  return { ...withTenant(row), ip_allocation: row.fixed_ips.length > 0 ? 'immediate' : 'none' };
}

export function securityGroupView(context: Context, row: SecurityGroupRow): View {
  const rules = context.tables.securityGroupRules.by('group', row.id);
  return { ...withTenant(row), security_group_rules: rules.map((rule) => ruleView(context, rule)) };
}

export function ruleView(_context: Context, row: SecurityGroupRuleRow): View {
  const cidr = row.remote_ip_prefix === null ? undefined : parseCidr(row.remote_ip_prefix);
  return { ...withTenant(row), normalized_cidr: cidr ? formatCidr(cidr) : null };
}

export function routerView({ tables, settings }: Context, row: RouterRow): View {
  const { gw_port_id, enable_snat, ...rest } = withTenant(row);
  const gateway = gw_port_id === null ? undefined : tables.ports.get(gw_port_id);
  return {
    ...rest,
    status: 'ACTIVE',
    availability_zones: [settings.availabilityZone],
    external_gateway_info: gateway
      ? { network_id: gateway.network_id, external_fixed_ips: gateway.fixed_ips, enable_snat }
      : null,
  };
}

export function floatingIpView({ tables }: Context, row: FloatingIpRow): View {
  const { floating_port_id: _hidden, ...rest } = withTenant(row);
  const port = row.port_id === null ? undefined : tables.ports.get(row.port_id);
  return {
    ...rest,
    port_details: port
      ? {
          name: port.name,
          network_id: port.network_id,
          mac_address: port.mac_address,
          admin_state_up: port.admin_state_up,
          status: port.status,
          device_id: port.device_id,
          device_owner: port.device_owner,
        }
      : null,
  };
}

function withTenant<T extends StandardAttributes>(row: T): T & { tenant_id: string } {
  return { ...row, tenant_id: row.project_id };
}

/** How many addresses a network has for hosts and how many are taken, in all and by subnet. */
export function availabilityView({ tables }: Context, network: NetworkRow, version?: number): View {
  const counted = tables.subnets
    .by('network', network.id)
    .filter((subnet) => version === undefined || subnet.ip_version === version);
  const subnets = counted.map((subnet) => {
    const total = subnet.allocation_pools.reduce((sum, pool) => {
      const start = parseIp(pool.start)?.value ?? 0n;
      const end = parseIp(pool.end)?.value ?? 0n;
      return sum + Number(end - start) + 1;
    }, 0);
    const used = tables.ports
      .by('subnet', subnet.id)
      .reduce((sum, port) => sum + port.fixed_ips.filter((ip) => ip.subnet_id === subnet.id).length, 0);
    return {
      subnet_id: subnet.id,
      subnet_name: subnet.name,
      ip_version: subnet.ip_version,
      cidr: subnet.cidr,
      total_ips: total,
      used_ips: used,
    };
  });
  return {
    id: network.id,
    network_id: network.id,
    network_name: network.name,
    project_id: network.project_id,
    tenant_id: network.project_id,
    total_ips: subnets.reduce((sum, subnet) => sum + subnet.total_ips, 0),
    used_ips: subnets.reduce((sum, subnet) => sum + subnet.used_ips, 0),
    subnet_ip_availability: subnets,
  };
}
