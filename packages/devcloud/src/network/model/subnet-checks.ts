import type { SubnetGiven } from '../api/resources.ts';
import { conflict, invalid, invalidInput } from '../errors.ts';
import {
  contains,
  formatCidr,
  formatIp,
  hostRange,
  overlap,
  parseCidr,
  parseIp,
  without,
  type Cidr,
  type IpRange,
  type IpVersion,
} from './addresses.ts';
import { cidrOf } from './ipam.ts';
import type { AllocationPool, NetworkRow, Route, SubnetPoolRow, SubnetRow } from './rows.ts';
import { rangeText } from './subnet-pools.ts';

const MOST_NAMESERVERS = 5;
const MOST_HOST_ROUTES = 20;

/** All subnets of one family on a network come from the same pool, or all from none. */
export function checkPoolAffinity(
  siblings: readonly SubnetRow[],
  version: IpVersion,
  pool: SubnetPoolRow | undefined,
): void {
  const family = siblings.filter((subnet) => subnet.ip_version === version);
  const broken = family.some((subnet) =>
    pool ? subnet.subnetpool_id !== pool.id : subnet.subnetpool_id !== null,
  );
  if (!broken) return;
  throw invalid(
    'NetworkSubnetPoolAffinityError',
    'Subnets hosted on the same network must be allocated from the same subnet pool.',
  );
}

export function checkCidr(
  network: NetworkRow,
  siblings: readonly SubnetRow[],
  cidr: Cidr,
  given: SubnetGiven,
): void {
  if (cidr.prefixLength === 0) throw invalidInput('0 is not allowed as CIDR prefix length');
  if (cidr.version === 6 && cidr.first === 0n) throw invalidInput("IPv6 subnet '::' is not supported");
  if (given.enable_dhcp ?? true) checkDhcp(cidr);
  const auto = given.ipv6_address_mode === 'slaac' || given.ipv6_address_mode === 'dhcpv6-stateless';
  if (auto && cidr.prefixLength !== 64) {
    throw invalidInput(
      `Invalid CIDR ${formatCidr(cidr)} for IPv6 address mode. OpenStack uses the EUI-64 address format, which requires the prefix to be /64`,
    );
  }
  const clash = siblings.some(
    (subnet) => subnet.ip_version === cidr.version && overlap(cidrOf(subnet), cidr),
  );
  if (clash) {
    throw invalidInput(
      `Requested subnet with cidr: ${formatCidr(cidr)} for network: ${network.id} overlaps with another subnet`,
    );
  }
}

export function checkDhcp(cidr: Cidr): void {
  const { version, prefixLength, first } = cidr;
  if (prefixLength > (version === 4 ? 30 : 126)) {
    throw invalidInput('Subnet has a prefix length that is incompatible with DHCP service enabled');
  }
  const within = (text: string): boolean => {
    const block = parseCidr(text);
    return block !== undefined && block.version === version && contains(block, first);
  };
  if (within('224.0.0.0/4') || within('ff00::/8')) {
    throw invalidInput('Multicast IP subnet is not supported if enable_dhcp is True');
  }
  if (within('127.0.0.0/8') || within('::1/128')) {
    throw invalidInput('Loopback IP subnet is not supported if enable_dhcp is True');
  }
  if (version === 4 && first === 0n) {
    throw invalidInput("First IP '0.0.0.0' of network is not supported if enable_dhcp is True.");
  }
}

export function checkFamily(
  version: IpVersion,
  ip: { version: IpVersion } | undefined,
  name: string,
  text: string,
): void {
  if (!ip || ip.version === version) return;
  throw invalidInput(`${name} '${text}' does not match the ip_version '${version}'`);
}

export function checkModes(version: IpVersion, given: SubnetGiven): void {
  const { ipv6_ra_mode: ra, ipv6_address_mode: address } = given;
  if (version === 4) {
    if (ra) throw invalidInput('ipv6_ra_mode is not valid when ip_version is 4');
    if (address) throw invalidInput('ipv6_address_mode is not valid when ip_version is 4');
    return;
  }
  if ((ra || address) && given.enable_dhcp === false) {
    throw invalidInput('ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False');
  }
  if (ra && address && ra !== address) {
    throw invalidInput(
      `ipv6_ra_mode set to '${ra}' with ipv6_address_mode set to '${address}' is not valid. If both attributes are set, they must be the same value`,
    );
  }
}

export function checkNames(version: IpVersion, given: SubnetGiven): void {
  const { dns_nameservers: servers, host_routes: routes, gateway_ip: gateway } = given;
  if (servers && servers.length > MOST_NAMESERVERS) {
    throw invalid(
      'DNSNameServersExhausted',
      `Unable to complete operation for new subnet. The number of DNS nameservers exceeds the limit ${MOST_NAMESERVERS}.`,
    );
  }
  for (const server of servers ?? []) checkFamily(version, parseIp(server), 'dns_nameserver', server);
  if (routes && routes.length > MOST_HOST_ROUTES) {
    throw invalid(
      'HostRoutesExhausted',
      `Unable to complete operation for new subnet. The number of host routes exceeds the limit ${MOST_HOST_ROUTES}.`,
    );
  }
  for (const route of routes ?? []) checkHostRoute(version, route);
  if (gateway) checkFamily(version, parseIp(gateway), 'gateway_ip', gateway);
}

function checkHostRoute(version: IpVersion, route: Route): void {
  checkFamily(version, parseCidr(route.destination), 'destination', route.destination);
  checkFamily(version, parseIp(route.nexthop), 'nexthop', route.nexthop);
}

/** Without a word the first host address; null is none. */
export function gatewayOf(cidr: Cidr, given: string | null | undefined): string | null {
  if (given === null) return null;
  const hosts = hostRange(cidr);
  if (given === undefined) return formatIp(cidr.version, hosts.first);
  const ip = parseIp(given);
  const isEdge =
    ip && cidr.version === 4 && cidr.prefixLength < 31 && (ip.value === cidr.first || ip.value === cidr.last);
  if (isEdge) throw invalidInput('Gateway is not valid on subnet');
  return given;
}

export function poolsOf(
  cidr: Cidr,
  gateway: string | null,
  given: readonly AllocationPool[] | undefined,
): AllocationPool[] {
  const { version } = cidr;
  const hosts = hostRange(cidr);
  const text = ({ first, last }: IpRange): AllocationPool => ({
    start: formatIp(version, first),
    end: formatIp(version, last),
  });
  const gatewayValue = gateway === null ? undefined : parseIp(gateway)?.value;
  if (!given) return without(hosts, cidr.first === cidr.last ? undefined : gatewayValue).map(text);
  const ranges = given.map((pool) => {
    const start = parseIp(pool.start);
    const end = parseIp(pool.end);
    const shown = `${pool.start}-${pool.end}`;
    if (!start || !end || start.version !== version || end.version !== version || start.value > end.value) {
      throw invalid('InvalidAllocationPool', `The allocation pool ${shown} is not valid.`);
    }
    if (start.value < hosts.first || end.value > hosts.last) {
      throw invalid(
        'OutOfBoundsAllocationPool',
        `The allocation pool ${shown} spans beyond the subnet cidr ${formatCidr(cidr)}.`,
      );
    }
    return { first: start.value, last: end.value };
  });
  for (const [at, range] of ranges.entries()) {
    const other = ranges.slice(at + 1).find((candidate) => overlap(range, candidate));
    if (!other) continue;
    throw conflict(
      'OverlappingAllocationPools',
      `Found overlapping allocation pools: ${rangeText(version, range)} ${rangeText(version, other)} for subnet ${formatCidr(cidr)}.`,
    );
  }
  if (gateway !== null) checkGatewayOutside(version, gateway, ranges);
  return ranges.map(text);
}

export function checkGatewayOutside(version: IpVersion, gateway: string, ranges: readonly IpRange[]): void {
  const value = parseIp(gateway)?.value;
  const range = ranges.find((one) => value !== undefined && contains(one, value));
  if (!range) return;
  throw conflict(
    'GatewayConflictWithAllocationPools',
    `Gateway ip ${gateway} conflicts with allocation pool ${rangeText(version, range)}.`,
  );
}
