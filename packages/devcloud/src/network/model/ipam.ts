import type { WantedIp } from '../api/parse.ts';
import {
  conflict,
  invalid,
  invalidInput,
  ipAlreadyAllocated,
  noMoreAddresses,
  subnetNotFound,
} from '../errors.ts';
import { contains, eui64, formatIp, parseCidr, parseIp, type Cidr, type IpRange } from './addresses.ts';
import type { Context } from './context.ts';
import { DEVICE_OWNER, type FixedIp, type NetworkRow, type SubnetRow } from './rows.ts';

/** For whom addresses are looked for. */
export interface Claimant {
  readonly mac: string;
  readonly deviceOwner: string;
}

/** Hosts on such a subnet make their address from their MAC (RFC 4862); it is never taken from a pool. */
export function isAutoAddress(subnet: SubnetRow): boolean {
  return subnet.ipv6_address_mode === 'slaac' || subnet.ipv6_address_mode === 'dhcpv6-stateless';
}

export function cidrOf(subnet: SubnetRow): Cidr {
  const cidr = parseCidr(subnet.cidr);
  if (!cidr) throw new Error(`subnet ${subnet.id} has the CIDR ${subnet.cidr}`);
  return cidr;
}

export function isTaken({ tables }: Context, subnetId: string, address: string): boolean {
  return tables.ports.by('address', `${subnetId} ${address}`).length > 0;
}

/**
 * Addresses of a new port. Without `wanted`: one IPv4 and one IPv6 address, each from the first subnet that
 * has one left, and the automatic ones. With `wanted`: these, and the automatic ones. An empty list is no
 * address at all.
 *
 * @throws NeutronError 400 for an address that fits no subnet, 409 for one that is taken or if none is left
 */
export function assignAddresses(
  context: Context,
  network: NetworkRow,
  claimant: Claimant,
  wanted: readonly WantedIp[] | undefined,
): FixedIp[] {
  if (wanted?.length === 0) return [];
  const subnets = candidates(context, network, claimant.deviceOwner, wanted === undefined);
  const assigned = wanted ? assignWanted(context, network, subnets, claimant, wanted, []) : [];
  if (!wanted) {
    const pooled = subnets.filter((subnet) => !isAutoAddress(subnet));
    for (const version of [4, 6]) {
      const family = pooled.filter((subnet) => subnet.ip_version === version);
      if (family.length > 0) assigned.push(fromAny(context, network, family));
    }
  }
  return [...assigned, ...automatic(context, subnets, claimant, assigned)];
}

/**
 * Addresses of a port after a change: what it has and still wants stays, a request for a subnet is met by an
 * address it has there, automatic addresses follow the MAC, the rest is given back and found anew.
 */
export function reassignAddresses(
  context: Context,
  network: NetworkRow,
  claimant: Claimant,
  current: readonly FixedIp[],
  wanted: readonly WantedIp[],
): FixedIp[] {
  const subnets = candidates(context, network, claimant.deviceOwner, false);
  const isAutomatic = (ip: FixedIp): boolean =>
    claimant.deviceOwner !== DEVICE_OWNER.routerInterface &&
    subnets.some((subnet) => subnet.id === ip.subnet_id && isAutoAddress(subnet));
  const pooled = current.filter((ip) => !isAutomatic(ip));
  const kept: FixedIp[] = [];
  const missing: WantedIp[] = [];
  for (const want of wanted.filter((item) => item.ip_address !== undefined)) {
    const found = pooled.find((ip) => ip.ip_address === want.ip_address);
    if (found) kept.push(found);
    else if (!current.some((ip) => ip.ip_address === want.ip_address)) missing.push(want);
  }
  for (const want of wanted.filter((item) => item.ip_address === undefined)) {
    const found = pooled.find((ip) => ip.subnet_id === want.subnet_id && !kept.includes(ip));
    if (found) kept.push(found);
    else missing.push(want);
  }
  const added = assignWanted(context, network, subnets, claimant, missing, kept);
  const addresses = [...kept, ...added];
  const had = subnets.filter(
    (subnet) => wanted.length > 0 || current.some((ip) => ip.subnet_id === subnet.id),
  );
  return [...addresses, ...automatic(context, had, claimant, addresses, current)];
}

function assignWanted(
  context: Context,
  network: NetworkRow,
  subnets: readonly SubnetRow[],
  claimant: Claimant,
  wanted: readonly WantedIp[],
  already: readonly FixedIp[],
): FixedIp[] {
  const assigned: FixedIp[] = [];
  for (const want of wanted) {
    const subnet = subnetFor(context, network, subnets, claimant, want);
    if (want.ip_address === undefined) {
      if (isAutoAddress(subnet) && claimant.deviceOwner !== DEVICE_OWNER.routerInterface) continue;
      const found = nextFree(context, subnet, [...already, ...assigned]);
      if (found === undefined) throw noMoreAddresses(network.id);
      assigned.push({ subnet_id: subnet.id, ip_address: found });
      continue;
    }
    const repeated = assigned.some((ip) => ip.subnet_id === subnet.id && ip.ip_address === want.ip_address);
    if (repeated || isTaken(context, subnet.id, want.ip_address)) {
      throw ipAlreadyAllocated(want.ip_address, subnet.id);
    }
    assigned.push({ subnet_id: subnet.id, ip_address: want.ip_address });
  }
  return assigned;
}

function subnetFor(
  context: Context,
  network: NetworkRow,
  subnets: readonly SubnetRow[],
  claimant: Claimant,
  want: WantedIp,
): SubnetRow {
  const { subnet_id: id, ip_address: address } = want;
  if (subnets.length === 0) throw invalidInput('IP allocation requires subnets for network');
  if (id === undefined) {
    if (address === undefined) throw invalidInput('IP allocation requires subnet_id or ip_address');
    const found = subnets.find((subnet) => isUsable(subnet, address, claimant.deviceOwner));
    if (!found) {
      throw invalid(
        'InvalidIpForNetwork',
        `IP address ${address} is not a valid IP for any of the subnets on the specified network.`,
      );
    }
    return checkAutomatic(found, claimant, address);
  }
  const subnet = subnets.find((candidate) => candidate.id === id);
  if (!subnet) {
    if (!context.tables.subnets.get(id)) throw subnetNotFound(id);
    throw invalidInput(
      `Failed to create port on network ${network.id}, because fixed_ips included invalid subnet ${id}`,
    );
  }
  if (address !== undefined && !isUsable(subnet, address, claimant.deviceOwner)) {
    throw invalid('InvalidIpForSubnet', `IP address ${address} is not a valid IP for the specified subnet.`);
  }
  return checkAutomatic(subnet, claimant, address);
}

function checkAutomatic(subnet: SubnetRow, claimant: Claimant, address: string | undefined): SubnetRow {
  if (address === undefined || !isAutoAddress(subnet)) return subnet;
  if (claimant.deviceOwner === DEVICE_OWNER.routerInterface) return subnet;
  if (address === automaticAddress(subnet, claimant.mac)) return subnet;
  throw invalid(
    'AllocationOnAutoAddressSubnet',
    `IPv6 address ${address} cannot be directly assigned to a port on subnet ${subnet.id} as the subnet is configured for automatic addresses`,
  );
}

/** IPv4: neither the network's nor the broadcast address. IPv6: the subnet-router anycast address is for routers. */
function isUsable(subnet: SubnetRow, address: string, deviceOwner: string): boolean {
  const cidr = cidrOf(subnet);
  const ip = parseIp(address);
  if (!ip || ip.version !== cidr.version || !contains(cidr, ip.value)) return false;
  if (cidr.version === 4) {
    return cidr.prefixLength > 30 || (ip.value !== cidr.first && ip.value !== cidr.last);
  }
  const isRouter = deviceOwner === DEVICE_OWNER.routerInterface || deviceOwner === DEVICE_OWNER.routerGateway;
  return isRouter || deviceOwner === '' || ip.value !== cidr.first;
}

/** Subnets that serve this kind of device; those that name it come first. */
function candidates(
  context: Context,
  network: NetworkRow,
  deviceOwner: string,
  mustServe: boolean,
): SubnetRow[] {
  const all = context.tables.subnets.by('network', network.id);
  const serving = all.filter(({ service_types: types }) => types.length === 0 || types.includes(deviceOwner));
  if (all.length > 0 && serving.length === 0 && mustServe) {
    throw conflict(
      'IpAddressGenerationFailureNoMatchingSubnet',
      `No valid service subnet for the given device owner, network ${network.id}, service type ${deviceOwner}.`,
    );
  }
  return serving.toSorted((a, b) => Number(b.service_types.length > 0) - Number(a.service_types.length > 0));
}

function fromAny(context: Context, network: NetworkRow, subnets: readonly SubnetRow[]): FixedIp {
  for (const subnet of subnets) {
    const address = nextFree(context, subnet, []);
    if (address !== undefined) return { subnet_id: subnet.id, ip_address: address };
  }
  throw noMoreAddresses(network.id);
}

function automatic(
  context: Context,
  subnets: readonly SubnetRow[],
  claimant: Claimant,
  already: readonly FixedIp[],
  own: readonly FixedIp[] = [],
): FixedIp[] {
  if (claimant.deviceOwner === DEVICE_OWNER.routerInterface) return [];
  const added: FixedIp[] = [];
  for (const subnet of subnets.filter(isAutoAddress)) {
    const address = automaticAddress(subnet, claimant.mac);
    const same = (ip: FixedIp): boolean => ip.subnet_id === subnet.id && ip.ip_address === address;
    if (already.some(same)) continue;
    if (!own.some(same) && isTaken(context, subnet.id, address)) throw ipAlreadyAllocated(address, subnet.id);
    added.push({ subnet_id: subnet.id, ip_address: address });
  }
  return added;
}

export function automaticAddress(subnet: SubnetRow, mac: string): string {
  return formatIp(6, eui64(cidrOf(subnet), mac));
}

/**
 * Where the search of a subnet went on last. Only a hint, so it is kept neither in the store nor undone with
 * a transaction: it makes allocation a step instead of a scan, and an address just given back rests as long
 * as possible before somebody else has it, so that no neighbour's ARP cache sends him what was meant for another.
 */
const hints = new WeakMap<object, Map<string, bigint>>();

function nextFree(context: Context, subnet: SubnetRow, reserved: readonly FixedIp[]): string | undefined {
  const pools = poolRanges(subnet);
  let marks = hints.get(context.tables.ports);
  if (!marks) hints.set(context.tables.ports, (marks = new Map<string, bigint>()));
  const mark = marks.get(subnet.id);
  const isFree = (value: bigint): boolean => {
    const address = formatIp(subnet.ip_version, value);
    return (
      !isTaken(context, subnet.id, address) &&
      !reserved.some((ip) => ip.subnet_id === subnet.id && ip.ip_address === address)
    );
  };
  const found =
    mark === undefined
      ? undefined
      : firstOf(
          pools.map((pool) => ({ ...pool, first: max(pool.first, mark + 1n) })),
          isFree,
        );
  const free = found ?? firstOf(pools, isFree);
  if (free === undefined) return undefined;
  marks.set(subnet.id, free);
  return formatIp(subnet.ip_version, free);
}

function firstOf(ranges: readonly IpRange[], accept: (value: bigint) => boolean): bigint | undefined {
  for (const { first, last } of ranges) {
    for (let value = first; value <= last; value += 1n) if (accept(value)) return value;
  }
  return undefined;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

export function poolRanges(subnet: SubnetRow): IpRange[] {
  return subnet.allocation_pools.map(({ start, end }) => {
    const first = parseIp(start);
    const last = parseIp(end);
    if (!first || !last) throw new Error(`subnet ${subnet.id} has the allocation pool ${start}-${end}`);
    return { first: first.value, last: last.value };
  });
}
