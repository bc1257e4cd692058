import ipaddr from 'ipaddr.js';

export type IpVersion = 4 | 6;

/** An address as a number, which is what ranges and pools are computed on. */
export interface Ip {
  readonly version: IpVersion;
  readonly value: bigint;
}

/** A block of addresses; `first` is the network address. */
export interface Cidr {
  readonly version: IpVersion;
  readonly prefixLength: number;
  readonly first: bigint;
  readonly last: bigint;
}

/** From `first` to `last`, both included. */
export interface IpRange {
  readonly first: bigint;
  readonly last: bigint;
}

const BITS = { 4: 32, 6: 128 } as const;

export function addressBits(version: IpVersion): number {
  return BITS[version];
}

/** Reads an address in its usual notation; undefined if it is none. No leading zeros, no short IPv4 forms. */
export function parseIp(text: string): Ip | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) {
    if (/(^|\.)0\d/.test(text)) return undefined;
    return { version: 4, value: toNumber(ipaddr.IPv4.parse(text).toByteArray()) };
  }
  if (text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  return { version: 6, value: toNumber(ipaddr.IPv6.parse(text).toByteArray()) };
}

/** The shortest usual notation: `10.0.0.1`, `fd00::1`. */
export function formatIp(version: IpVersion, value: bigint): string {
  if (version === 4) {
    const number = Number(value);
    return [number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255].join('.');
  }
  const bytes = Array.from({ length: 16 }, (_, at) => Number((value >> BigInt(8 * (15 - at))) & 255n));
  return new ipaddr.IPv6(bytes).toRFC5952String();
}

/** Reads `address/length`; host bits are cut off. A lone address is a block of one. Undefined if it is neither. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', length, rest] = text.split('/');
  const ip = parseIp(address);
  if (!ip || rest !== undefined) return undefined;
  const bits = BITS[ip.version];
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const prefixLength = length === undefined ? bits : Number(length);
  if (prefixLength > bits) return undefined;
  return block(ip, prefixLength);
}

/** The block of `prefixLength` bits that `ip` is in. */
export function block(ip: Ip, prefixLength: number): Cidr {
  const size = 1n << BigInt(BITS[ip.version] - prefixLength);
  const first = (ip.value / size) * size;
  return { version: ip.version, prefixLength, first, last: first + size - 1n };
}

export function formatCidr(cidr: Cidr): string {
  return `${formatIp(cidr.version, cidr.first)}/${cidr.prefixLength}`;
}

export function contains(range: IpRange, value: bigint): boolean {
  return range.first <= value && value <= range.last;
}

export function overlap(a: IpRange, b: IpRange): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/**
 * Which addresses of a subnet a host may have: for IPv4 neither the network nor the broadcast address
 * (below /31), for IPv6 not the subnet-router anycast address.
 */
export function hostRange(cidr: Cidr): IpRange {
  if (cidr.first === cidr.last) return cidr;
  if (cidr.version === 6) return { first: cidr.first + 1n, last: cidr.last };
  if (cidr.prefixLength > 30) return cidr;
  return { first: cidr.first + 1n, last: cidr.last - 1n };
}

/** `range` without `value`: none, one or two ranges. */
export function without(range: IpRange, value: bigint | undefined): IpRange[] {
  if (value === undefined || !contains(range, value)) return [range];
  return [
    { first: range.first, last: value - 1n },
    { first: value + 1n, last: range.last },
  ].filter((part) => part.first <= part.last);
}

/** The modified EUI-64 address (RFC 4291, appendix A) that a host of this MAC makes for itself in a /64. */
export function eui64(cidr: Cidr, mac: string): bigint {
  const bytes = mac.split(':').map((part) => Number.parseInt(part, 16));
  const [first = 0, ...others] = bytes;
  const id = [first ^ 2, ...others.slice(0, 2), 0xff, 0xfe, ...others.slice(2)];
  return cidr.first + toNumber(id);
}

function toNumber(bytes: readonly number[]): bigint {
  return bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}
