import { NeutronError, invalid, invalidInput, pythonText } from '../errors.ts';
import { formatCidr, formatIp, parseCidr, parseIp } from '../model/addresses.ts';
import type { AllocationPool, Ipv6Mode, Route } from '../model/rows.ts';

/** Reads one attribute's value. Throws {@link Reason} with what is wrong with it, or a NeutronError as a whole. */
export type Parser<T> = (value: unknown) => T;

/** Why a value is refused; the API layer adds which attribute it was. */
export class Reason extends Error {
  override readonly name = 'Reason';
}

const refuse = (text: string): never => {
  throw new Reason(text);
};

export const anything: Parser<unknown> = (value) => value;

export function text(max: number): Parser<string> {
  return (value) => {
    if (typeof value !== 'string') return refuse(`'${pythonText(value)}' is not a valid string`);
    if (value.length > max) return refuse(`'${value}' exceeds maximum length of ${max}`);
    return value;
  };
}

export const name = text(255);

/** Security groups can't be called `default`: each project has one of that name already. */
export const securityGroupName: Parser<string> = (value) => {
  const given = name(value);
  if (given.toLowerCase() === 'default') {
    throw new NeutronError(
      409,
      'SecurityGroupDefaultAlreadyExists',
      'Default security group already exists.',
    );
  }
  return given;
};

/** Booleans, and the strings and numbers Neutron takes for them: Kuryr sends `"True"`. */
export const boolean: Parser<boolean> = (value) => {
  if (typeof value === 'boolean') return value;
  const word = pythonText(value).toLowerCase();
  if (word === 'true' || word === '1') return true;
  if (word === 'false' || word === '0') return false;
  throw invalidInput(`'${pythonText(value)}' cannot be converted to boolean`);
};

export const integer: Parser<number> = (value) => {
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  if (typeof value === 'string' && /^-?\d+$/.test(value.trim())) return Number(value);
  throw invalidInput(`'${pythonText(value)}' is not an integer`);
};

export function range(least: number, most?: number): Parser<number> {
  return (value) => {
    const number = integer(value);
    if (number < least) return refuse(`'${number}' is too small - must be at least '${least}'`);
    if (most !== undefined && number > most) {
      return refuse(`'${number}' is too large - must be no larger than '${most}'`);
    }
    return number;
  };
}

export function oneOf<T extends string | number>(...values: readonly T[]): Parser<T> {
  return (value) => {
    const found = values.find((candidate) => candidate === value);
    if (found !== undefined) return found;
    const shown = values.map((item) => (typeof item === 'string' ? `'${item}'` : String(item))).join(', ');
    return refuse(`${pythonText(value)} is not in [${shown}]`);
  };
}

export function orNull<T>(parser: Parser<T>): Parser<T | null> {
  return (value) => (value === null ? null : parser(value));
}

export const uuid: Parser<string> = (value) => {
  if (typeof value === 'string' && /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(value)) return value;
  return refuse(`'${pythonText(value)}' is not a valid UUID`);
};

export const ipVersion: Parser<4 | 6> = (value) => oneOf<4 | 6>(4, 6)(integer(value));

export const ipAddress: Parser<string> = (value) => {
  const ip = typeof value === 'string' ? parseIp(value.trim()) : undefined;
  if (!ip) return refuse(`'${pythonText(value)}' is not a valid IP address`);
  return formatIp(ip.version, ip.value);
};

export const cidr: Parser<string> = (value) => {
  const parsed = typeof value === 'string' ? parseCidr(value) : undefined;
  if (!parsed) return refuse(`'${pythonText(value)}' is not a valid IP subnet`);
  return formatCidr(parsed);
};

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

export const macAddress: Parser<string> = (value) => {
  const mac = typeof value === 'string' ? value.toLowerCase().replaceAll('-', ':') : '';
  if (!MAC.test(mac) || mac === '00:00:00:00:00:00') {
    return refuse(`'${pythonText(value)}' is not a valid MAC address`);
  }
  return mac;
};

export function listOf<T>(parser: Parser<T>): Parser<T[]> {
  return (value) => {
    if (!Array.isArray(value)) return refuse(`'${pythonText(value)}' is not a list`);
    return value.map(parser);
  };
}

/** A list without repeats, as Neutron wants it for ids and tags. */
export function uniqueList<T>(parser: Parser<T>): Parser<T[]> {
  return (value) => {
    const items = listOf(parser)(value);
    const repeated = items.filter((item, at) => items.indexOf(item) !== at);
    if (repeated.length > 0) refuse(`Duplicate items in the list: '${repeated.join(', ')}'`);
    return items;
  };
}

export const tags = uniqueList(text(255));

export const dictionary: Parser<Readonly<Record<string, unknown>>> = (value) => {
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    return refuse(`'${pythonText(value)}' is not a dictionary`);
  }
  return { ...value };
};

export const nameservers: Parser<string[]> = (value) => {
  if (value === null) return [];
  if (!Array.isArray(value)) return refuse(`Invalid data format for nameserver: '${pythonText(value)}'`);
  const hosts: string[] = [];
  for (const item of value) {
    const ip = typeof item === 'string' ? parseIp(item) : undefined;
    if (!ip) {
      const shown = pythonText(item);
      return refuse(`'${shown}' is not a valid nameserver. '${shown}' is not a valid IP address`);
    }
    const host = formatIp(ip.version, ip.value);
    if (hosts.includes(host)) refuse(`Duplicate nameserver '${host}'`);
    hosts.push(host);
  }
  return hosts;
};

export const routes: Parser<Route[]> = (value) => {
  if (value === null) return [];
  if (!Array.isArray(value)) return refuse(`Invalid data format for hostroute: '${pythonText(value)}'`);
  return value.map((item, at) => {
    const { destination, nexthop } = exactKeys(item, ['destination', 'nexthop']);
    const route = { destination: routeCidr(destination), nexthop: ipAddress(nexthop) };
    const repeated = value.findIndex((other) => JSON.stringify(other) === JSON.stringify(item)) !== at;
    if (repeated) refuse(`Duplicate hostroute '${pythonText(item)}'`);
    return route;
  });
};

function routeCidr(value: unknown): string {
  const parsed = typeof value === 'string' ? parseCidr(value) : undefined;
  if (!parsed) return refuse(`'${pythonText(value)}' is not a valid CIDR`);
  return formatCidr(parsed);
}

export const allocationPools: Parser<AllocationPool[]> = (value) => {
  if (!Array.isArray(value)) return refuse(`Invalid data format for IP pool: '${pythonText(value)}'`);
  return value.map((item) => {
    const { start, end } = exactKeys(item, ['start', 'end']);
    return { start: ipAddress(start), end: ipAddress(end) };
  });
};

function exactKeys<K extends string>(value: unknown, keys: readonly K[]): Record<K, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(
      `Invalid input. '${pythonText(value)}' must be a dictionary with keys: ${pythonText([...keys])}`,
    );
  }
  const given = Object.keys(value).toSorted();
  if (given.join() !== [...keys].toSorted().join()) {
    refuse(
      `Validation of dictionary's keys failed. Expected keys: ${pythonText([...keys])} Provided keys: ${pythonText(given)}`,
    );
  }
  return value as Record<K, unknown>;
}

/** A requested address: a subnet, an address, or both. */
export interface WantedIp {
  readonly subnet_id?: string;
  readonly ip_address?: string;
}

export const fixedIps: Parser<WantedIp[]> = (value) => {
  if (!Array.isArray(value)) return refuse(`Invalid data format for fixed IP: '${pythonText(value)}'`);
  const seen = new Set<string>();
  return value.map((item: unknown) => {
    if (typeof item !== 'object' || item === null) {
      return refuse(`Invalid data format for fixed IP: '${pythonText(item)}'`);
    }
    const given = item as Record<string, unknown>;
    const wanted: { subnet_id?: string; ip_address?: string } = {};
    if (given['ip_address'] !== undefined && given['ip_address'] !== null) {
      const ip = ipAddress(given['ip_address']);
      if (seen.has(ip)) refuse(`Duplicate IP address '${ip}'`);
      seen.add(ip);
      wanted.ip_address = ip;
    }
    if (given['subnet_id'] !== undefined) wanted.subnet_id = uuid(given['subnet_id']);
    return wanted;
  });
};

/** An address a port may use beside its own; the MAC is the port's unless given. */
export interface WantedPair {
  readonly ip_address: string;
  readonly mac_address?: string;
}

export const addressPairs: Parser<WantedPair[]> = (value) => {
  if (value === null) return [];
  if (!Array.isArray(value)) throw invalidInput('Allowed address pairs must be a list.');
  const seen = new Set<string>();
  return value.map((item: unknown) => {
    const given = (typeof item === 'object' && item !== null ? item : {}) as Record<string, unknown>;
    if (given['ip_address'] === undefined) {
      throw invalid('AllowedAddressPairsMissingIP', 'AllowedAddressPair must contain ip_address');
    }
    const extra = Object.keys(given).filter((key) => key !== 'ip_address' && key !== 'mac_address');
    if (extra.length > 0) throw invalidInput(`Unrecognized attribute(s) '${extra.join(', ')}'`);
    const ip = ipOrCidr(given['ip_address']);
    const pair: { ip_address: string; mac_address?: string } = { ip_address: ip };
    if (given['mac_address'] !== undefined && given['mac_address'] !== null) {
      pair.mac_address = macAddress(given['mac_address']);
    }
    const key = `${pair.mac_address ?? ''} ${ip}`;
    if (seen.has(key)) {
      throw invalid(
        'DuplicateAddressPairInRequest',
        `Request contains duplicate address pair: mac_address ${pair.mac_address ?? 'None'} ip_address ${ip}.`,
      );
    }
    seen.add(key);
    return pair;
  });
};

function ipOrCidr(value: unknown): string {
  const given = typeof value === 'string' ? value : '';
  const ip = parseIp(given);
  if (ip) return formatIp(ip.version, ip.value);
  const parsed = given.includes('/') ? parseCidr(given) : undefined;
  if (parsed) return formatCidr(parsed);
  return refuse(`'${pythonText(value)}' is neither a valid IP address, nor is it a valid IP subnet`);
}

export const ipv6Mode: Parser<Ipv6Mode> = oneOf('dhcpv6-stateful', 'dhcpv6-stateless', 'slaac');

/** A subnetpool's prefixes, each for itself. */
export const prefixes = uniqueList(cidr);

/** What a router's gateway should be; null takes it away. */
export interface GatewayInfo {
  readonly network_id: string | null;
  readonly enable_snat?: boolean;
  readonly external_fixed_ips?: readonly WantedIp[];
}

export const gatewayInfo: Parser<GatewayInfo | null> = (value) => {
  if (value === null) return null;
  const given = dictionary(value);
  const known = ['network_id', 'enable_snat', 'external_fixed_ips', 'qos_policy_id'];
  if (Object.keys(given).length === 0) return null;
  const extra = Object.keys(given).filter((key) => !known.includes(key));
  if (extra.length > 0) refuse(`Unexpected keys supplied: ${extra.join(', ')}`);
  if (!('network_id' in given)) {
    refuse(
      `Validation of dictionary's keys failed. Expected keys: ['network_id'] Provided keys: ${pythonText(Object.keys(given))}`,
    );
  }
  const info: { network_id: string | null; enable_snat?: boolean; external_fixed_ips?: WantedIp[] } = {
    network_id: orNull(uuid)(given['network_id']),
  };
  if (given['enable_snat'] !== undefined) info.enable_snat = boolean(given['enable_snat']);
  if (given['external_fixed_ips'] !== undefined && given['external_fixed_ips'] !== null) {
    info.external_fixed_ips = fixedIps(given['external_fixed_ips']);
  }
  return info;
};
