import { NeutronError, invalid, pythonText } from '../errors.ts';
import { parseCidr } from '../model/addresses.ts';
import type { Parser } from './parse.ts';

/** Names of IP protocols and their numbers, as security group rules may say them. */
export const IP_PROTOCOLS: Readonly<Record<string, number>> = {
  ah: 51,
  dccp: 33,
  egp: 8,
  esp: 50,
  gre: 47,
  icmp: 1,
  icmpv6: 58,
  igmp: 2,
  ipip: 4,
  'ipv6-encap': 41,
  'ipv6-frag': 44,
  'ipv6-icmp': 58,
  'ipv6-nonxt': 59,
  'ipv6-opts': 60,
  'ipv6-route': 43,
  ospf: 89,
  pgm: 113,
  rsvp: 46,
  sctp: 132,
  tcp: 6,
  udp: 17,
  udplite: 136,
  vrrp: 112,
};

export const protocol: Parser<string | null> = (value) => {
  if (value === null || value === 'any' || value === '') return null;
  const word = pythonText(value).toLowerCase();
  if (/^\d+$/.test(word) && Number(word) <= 255) return word === '0' ? null : word;
  if (typeof value === 'string' && word in IP_PROTOCOLS) return word;
  throw invalid(
    'SecurityGroupRuleInvalidProtocol',
    `Security group rule protocol ${pythonText(value)} not supported. Only protocol values ${pythonText([null, 'any', ...Object.keys(IP_PROTOCOLS)])} and integer representations [0 to 255] are supported.`,
  );
};

export const ethertype: Parser<'IPv4' | 'IPv6'> = (value) => {
  const word = pythonText(value).toLowerCase();
  if (word === 'ipv4') return 'IPv4';
  if (word === 'ipv6') return 'IPv6';
  throw invalid(
    'SecurityGroupRuleInvalidEtherType',
    `Security group rule for ethertype '${pythonText(value)}' not supported. Allowed values are ['IPv4', 'IPv6'].`,
  );
};

export const portNumber: Parser<number | null> = (value) => {
  if (value === null || value === '') return null;
  const number = typeof value === 'boolean' ? Number.NaN : Number(value);
  if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number;
  throw invalid('SecurityGroupInvalidPortValue', `Invalid value for port ${pythonText(value)}`);
};

/** Kept as given, host bits included; the rule's `normalized_cidr` is without them. */
export const remotePrefix: Parser<string | null> = (value) => {
  if (value === null || value === '') return null;
  const parsed = typeof value === 'string' ? parseCidr(value) : undefined;
  if (typeof value !== 'string' || !parsed) {
    throw new NeutronError(400, 'InvalidCIDR', `Invalid CIDR ${pythonText(value)} given as IP prefix.`);
  }
  return value.includes('/') ? value : `${value}/${parsed.prefixLength}`;
};
