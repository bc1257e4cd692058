import ipaddr from 'ipaddr.js';
import { KuryrError } from '../driver/errors.ts';

/** A range of addresses in CIDR notation, without host bits. */
export interface Cidr {
  readonly text: string;
  readonly version: 4 | 6;
  readonly prefix: number;
  /** Number of the first address. */
  readonly first: bigint;
  readonly last: bigint;
}

/** Reads `10.0.0.0/16`. `what` names the field in the error. @throws KuryrError naming the mistake and what would be right */
export function parseCidr(text: string, what: string): Cidr {
  const [address = '', length = '', ...rest] = text.split('/');
  const bits = addressBits(address);
  if (bits === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length) || Number(length) > bits) {
    throw new KuryrError('bad-request', `${what} '${text}' is no range of addresses like 10.0.0.0/16`);
  }
  const prefix = Number(length);
  const number = numberOf(address);
  const size = 1n << BigInt(bits - prefix);
  const first = number - (number % size);
  const version = bits === 32 ? 4 : 6;
  if (first !== number) {
    const right = `${addressOf(first, version)}/${prefix}`;
    throw new KuryrError('bad-request', `${what} '${text}' has host bits set; did you mean ${right}?`);
  }
  return { text: `${addressOf(first, version)}/${prefix}`, version, prefix, first, last: first + size - 1n };
}

/** The address in its usual form. @throws KuryrError */
export function parseAddress(text: string, what: string): string {
  const bare = text.split('/')[0] ?? '';
  const bits = addressBits(bare);
  if (bits === undefined) throw new KuryrError('bad-request', `${what} '${text}' is no IP address`);
  return addressOf(numberOf(bare), bits === 32 ? 4 : 6);
}

export function contains(cidr: Cidr, address: string): boolean {
  const bits = addressBits(address);
  if (bits !== (cidr.version === 4 ? 32 : 128)) return false;
  const number = numberOf(address);
  return number >= cidr.first && number <= cidr.last;
}

export function overlaps(one: Cidr, other: Cidr): boolean {
  return one.version === other.version && one.first <= other.last && other.first <= one.last;
}

/** The address that Neutron makes the gateway unless told otherwise: the one after the network's own. */
export function firstHost(cidr: Cidr): string {
  return addressOf(cidr.first === cidr.last ? cidr.first : cidr.first + 1n, cidr.version);
}

/** `10.0.0.3/24` */
export function withPrefix(address: string, cidr: Cidr): string {
  return `${address}/${cidr.prefix}`;
}

/**
 * Neutron's allocation pools: the hosts of `range`, without `taken`. IPv4 leaves out the range's network and broadcast
 * addresses where they are those of the subnet.
 */
export function allocationPools(
  subnet: Cidr,
  range: Cidr,
  taken: readonly string[],
): { start: string; end: string }[] {
  const short = subnet.version === 4 && subnet.prefix < 31;
  let start = range.first === subnet.first ? range.first + 1n : range.first;
  const end = short && range.last === subnet.last ? range.last - 1n : range.last;
  const pools: { start: string; end: string }[] = [];
  const holes = taken
    .filter((address) => contains(subnet, address))
    .map(numberOf)
    .sort((one, other) => (one < other ? -1 : 1));
  for (const hole of holes) {
    if (hole < start || hole > end) continue;
    if (hole > start) {
      pools.push({ start: addressOf(start, subnet.version), end: addressOf(hole - 1n, subnet.version) });
    }
    start = hole + 1n;
  }
  if (start <= end)
    pools.push({ start: addressOf(start, subnet.version), end: addressOf(end, subnet.version) });
  return pools;
}

/** The first range of `prefix` bits within `parents` that meets none of `taken`; undefined if all is taken. */
export function firstFree(
  parents: readonly Cidr[],
  prefix: number,
  taken: readonly Cidr[],
): Cidr | undefined {
  for (const parent of parents) {
    const length = Math.max(prefix, parent.prefix);
    const size = 1n << BigInt((parent.version === 4 ? 32 : 128) - length);
    for (let first = parent.first; first <= parent.last;) {
      const candidate: Cidr = {
        text: `${addressOf(first, parent.version)}/${length}`,
        version: parent.version,
        prefix: length,
        first,
        last: first + size - 1n,
      };
      const hit = taken.find((other) => overlaps(candidate, other));
      if (!hit) return candidate;
      // On to the first aligned range behind what is in the way.
      const behind = hit.last + 1n;
      first = behind % size === 0n ? behind : behind - (behind % size) + size;
    }
  }
  return undefined;
}

function addressBits(text: string): 32 | 128 | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return 32;
  return ipaddr.IPv6.isValid(text) && !text.includes('%') ? 128 : undefined;
}

function numberOf(text: string): bigint {
  return ipaddr
    .parse(text)
    .toByteArray()
    .reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function addressOf(number: bigint, version: 4 | 6): string {
  const length = version === 4 ? 4 : 16;
  const bytes = Array.from({ length }, (_, index) =>
    Number((number >> BigInt(8 * (length - 1 - index))) & 255n),
  );
  const address = ipaddr.fromByteArray(bytes);
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}
