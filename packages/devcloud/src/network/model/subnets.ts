import type { Caller } from '../../cloud/service.ts';
import { privileged } from '../api/attributes.ts';
import type { SubnetGiven } from '../api/resources.ts';
import {
  badRequest,
  conflict,
  forbidden,
  httpNotFound,
  invalidInput,
  subnetInUse,
  subnetNotFound,
} from '../errors.ts';
import { formatCidr, parseCidr, type Cidr } from './addresses.ts';
import { defined, newRow, revise, type Context } from './context.ts';
import { automaticAddress, cidrOf, isAutoAddress, isTaken, poolRanges } from './ipam.ts';
import { networkFor, networkVisible } from './network-access.ts';
import { checkQuota } from './quotas.ts';
import { DEVICE_OWNER, type NetworkRow, type PortRow, type SubnetPoolRow, type SubnetRow } from './rows.ts';
import {
  checkCidr,
  checkDhcp,
  checkFamily,
  checkGatewayOutside,
  checkModes,
  checkNames,
  checkPoolAffinity,
  gatewayOf,
  poolsOf,
} from './subnet-checks.ts';
import { allocateBlock, defaultPool, poolFor } from './subnet-pools.ts';

export function subnetFor(context: Context, caller: Caller, id: string): SubnetRow {
  const subnet = context.tables.subnets.get(id);
  if (!subnet || !subnetVisible(context, caller, subnet)) throw subnetNotFound(id);
  return subnet;
}

export function subnetVisible(context: Context, caller: Caller, subnet: SubnetRow): boolean {
  if (privileged(caller) || subnet.project_id === caller.projectId) return true;
  const network = context.tables.networks.get(subnet.network_id);
  return network !== undefined && networkVisible(caller, network);
}

/** Subnets are made and changed by the owner of their network. */
export function checkNetworkOwner(caller: Caller, network: NetworkRow, action: string): void {
  if (privileged(caller) || network.project_id === caller.projectId) return;
  if (!network.shared) throw httpNotFound();
  throw forbidden(`rule:${action}`);
}

export function createSubnet(
  context: Context,
  caller: Caller,
  projectId: string,
  given: SubnetGiven,
): SubnetRow {
  const { tables } = context;
  const network = networkFor(context, caller, given.network_id ?? '');
  checkNetworkOwner(caller, network, 'create_subnet');
  checkQuota(context, projectId, 'subnet');
  const asked = given.cidr ? parseCidr(given.cidr) : undefined;
  if (asked && given.prefixlen !== undefined) {
    throw badRequest('subnets', 'cidr and prefixlen must not be supplied together');
  }
  const pool = poolOf(context, caller, given, asked);
  const version = given.ip_version ?? pool?.ip_version ?? asked?.version ?? 4;
  if (!pool && given.ip_version === undefined) {
    throw invalidInput('ip_version must be specified in the absence of cidr and subnetpool_id');
  }
  if (pool && given.ip_version !== undefined && given.ip_version !== pool.ip_version) {
    throw badRequest(
      'subnets',
      `Cannot allocate IPv${given.ip_version} subnet from IPv${pool.ip_version} subnet pool`,
    );
  }
  checkFamily(version, asked, 'cidr', given.cidr ?? '');
  checkModes(version, given);
  checkNames(version, given);
  const siblings = tables.subnets.by('network', network.id);
  checkPoolAffinity(siblings, version, pool);
  const cidr = pool ? allocateBlock(context, pool, asked, given.prefixlen) : asked;
  if (!cidr) throw badRequest('subnets', 'A cidr must be specified in the absence of a subnet pool');
  checkCidr(network, siblings, cidr, given);
  const gateway = gatewayOf(cidr, given.gateway_ip);
  const subnet: SubnetRow = {
    ...newRow(context, projectId, given),
    name: given.name ?? '',
    network_id: network.id,
    subnetpool_id: pool?.id ?? null,
    ip_version: version,
    cidr: formatCidr(cidr),
    gateway_ip: gateway,
    allocation_pools: poolsOf(cidr, gateway, given.allocation_pools),
    dns_nameservers: given.dns_nameservers ?? [],
    host_routes: given.host_routes ?? [],
    enable_dhcp: given.enable_dhcp ?? true,
    ipv6_ra_mode: given.ipv6_ra_mode ?? null,
    ipv6_address_mode: given.ipv6_address_mode ?? null,
    service_types: given.service_types ?? [],
  };
  tables.subnets.put(subnet);
  tables.networks.put({ ...network, revision_number: network.revision_number + 1 });
  if (isAutoAddress(subnet)) giveAutomaticAddresses(context, network, subnet);
  context.changed({ kind: 'network', id: network.id });
  return subnet;
}

/** Ports that are there already get their address on a new automatic subnet at once, as hosts do by themselves. */
function giveAutomaticAddresses(context: Context, network: NetworkRow, subnet: SubnetRow): void {
  for (const port of context.tables.ports.by('network', network.id)) {
    if (port.device_owner === DEVICE_OWNER.routerInterface || port.fixed_ips.length === 0) continue;
    const address = automaticAddress(subnet, port.mac_address);
    if (isTaken(context, subnet.id, address)) continue;
    const fixed_ips = [...port.fixed_ips, { subnet_id: subnet.id, ip_address: address }];
    context.tables.ports.put(revise<PortRow>(context, port, { fixed_ips }));
    context.changed({ kind: 'port', id: port.id });
  }
}

export function updateSubnet(context: Context, subnet: SubnetRow, given: SubnetGiven): SubnetRow {
  const cidr = cidrOf(subnet);
  checkNames(subnet.ip_version, given);
  if (given.enable_dhcp && !subnet.enable_dhcp) checkDhcp(cidr);
  if (given.enable_dhcp === false && (subnet.ipv6_ra_mode !== null || subnet.ipv6_address_mode !== null)) {
    throw invalidInput('Cannot disable enable_dhcp with ipv6 attributes set');
  }
  const gateway = given.gateway_ip === undefined ? subnet.gateway_ip : gatewayOf(cidr, given.gateway_ip);
  if (gateway !== subnet.gateway_ip) checkGatewayIdle(context, subnet);
  const pools = given.allocation_pools
    ? poolsOf(cidr, gateway, given.allocation_pools)
    : subnet.allocation_pools;
  if (gateway !== null && (gateway !== subnet.gateway_ip || given.allocation_pools)) {
    checkGatewayOutside(cidr.version, gateway, poolRanges({ ...subnet, allocation_pools: pools }));
  }
  const changes = defined({ ...given, gateway_ip: gateway, allocation_pools: pools });
  context.changed({ kind: 'network', id: subnet.network_id });
  return context.tables.subnets.put(revise<SubnetRow>(context, subnet, changes as Partial<SubnetRow>));
}

/**
 * Removes a subnet. Addresses of an automatic subnet are taken from their ports; any other address in use
 * keeps the subnet, except those of Neutron's own DHCP ports.
 *
 * @throws NeutronError 409 SubnetInUse
 */
export function deleteSubnet(context: Context, subnet: SubnetRow): void {
  const { tables } = context;
  const ports = tables.ports.by('subnet', subnet.id);
  const blocking = ports.filter((port) =>
    isAutoAddress(subnet)
      ? port.device_owner === DEVICE_OWNER.routerInterface
      : port.device_owner !== DEVICE_OWNER.dhcp,
  );
  if (blocking.length > 0) {
    throw subnetInUse(subnet.id, 'One or more ports have an IP allocation from this subnet');
  }
  for (const port of ports) {
    const fixed_ips = port.fixed_ips.filter((ip) => ip.subnet_id !== subnet.id);
    tables.ports.put(revise<PortRow>(context, port, { fixed_ips }));
    context.changed({ kind: 'port', id: port.id });
  }
  tables.subnets.delete(subnet.id);
  context.changed({ kind: 'network', id: subnet.network_id });
}

function poolOf(
  context: Context,
  caller: Caller,
  given: SubnetGiven,
  asked: Cidr | undefined,
): SubnetPoolRow | undefined {
  if (given.use_default_subnetpool && given.subnetpool_id) {
    throw badRequest('subnets', 'subnetpool_id and use_default_subnetpool cannot both be specified');
  }
  if (!given.subnetpool_id && !given.use_default_subnetpool) {
    if (!asked) throw badRequest('subnets', 'a subnetpool must be specified in the absence of a cidr');
    return undefined;
  }
  if (!asked && given.allocation_pools) {
    throw badRequest('subnets', 'allocation_pools allowed only for specific subnet requests.');
  }
  if (given.subnetpool_id) return poolFor(context, caller, given.subnetpool_id);
  const version = asked?.version ?? given.ip_version;
  if (version === undefined) {
    throw badRequest('subnets', 'ip_version must be specified in the absence of cidr and subnetpool_id');
  }
  const pool = defaultPool(context, version);
  if (!pool) throw badRequest('subnets', `No default subnetpool found for IPv${version}`);
  return pool;
}

function checkGatewayIdle(context: Context, subnet: SubnetRow): void {
  if (subnet.gateway_ip === null) return;
  const holder = context.tables.ports
    .by('address', `${subnet.id} ${subnet.gateway_ip}`)
    .find((port) => port.device_owner === DEVICE_OWNER.routerInterface);
  if (!holder) return;
  throw conflict(
    'GatewayIpInUse',
    `Current gateway ip ${subnet.gateway_ip} already in use by port ${holder.id}. Unable to update.`,
  );
}
