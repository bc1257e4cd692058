import type { Caller } from '../../cloud/service.ts';
import { privileged } from '../api/attributes.ts';
import type { SubnetPoolGiven } from '../api/resources.ts';
import { NeutronError, invalid, invalidInput, subnetPoolNotFound } from '../errors.ts';
import {
  addressBits,
  block,
  formatCidr,
  formatIp,
  overlap,
  parseCidr,
  type Cidr,
  type IpRange,
  type IpVersion,
} from './addresses.ts';
import { defined, newRow, revise, type Context } from './context.ts';
import { checkQuota } from './quotas.ts';
import type { SubnetPoolRow } from './rows.ts';

export function poolFor(context: Context, caller: Caller, id: string): SubnetPoolRow {
  const pool = context.tables.subnetPools.get(id);
  const visible = pool && (privileged(caller) || pool.project_id === caller.projectId || pool.shared);
  if (!visible) throw subnetPoolNotFound(id);
  return pool;
}

export function defaultPool(context: Context, version: IpVersion): SubnetPoolRow | undefined {
  return context.tables.subnetPools.all().find((pool) => pool.is_default && pool.ip_version === version);
}

export function createSubnetPool(context: Context, projectId: string, given: SubnetPoolGiven): SubnetPoolRow {
  checkQuota(context, projectId, 'subnetpool');
  const prefixes = readPrefixes(given.prefixes ?? []);
  const version = versionOf(prefixes);
  const lengths = checkLengths(version, given);
  if (given.is_default) checkNoDefault(context, version);
  return context.tables.subnetPools.put({
    ...newRow(context, projectId, given),
    name: given.name ?? '',
    prefixes: merge(prefixes).map(formatCidr),
    ip_version: version,
    ...lengths,
    shared: given.shared ?? false,
    is_default: given.is_default ?? false,
  });
}

export function updateSubnetPool(
  context: Context,
  pool: SubnetPoolRow,
  given: SubnetPoolGiven,
): SubnetPoolRow {
  const lengths = checkLengths(pool.ip_version, {
    default_prefixlen: given.default_prefixlen ?? pool.default_prefixlen,
    min_prefixlen: given.min_prefixlen ?? pool.min_prefixlen,
    max_prefixlen: given.max_prefixlen ?? pool.max_prefixlen,
  });
  if (given.is_default && !pool.is_default) checkNoDefault(context, pool.ip_version);
  let prefixes = pool.prefixes;
  if (given.prefixes) {
    const wanted = readPrefixes(given.prefixes);
    if (versionOf(wanted) !== pool.ip_version) {
      throw invalid('PrefixVersionMismatch', 'Cannot mix IPv4 and IPv6 prefixes in a subnet pool.');
    }
    const merged = merge(wanted);
    const covers = (old: Cidr): boolean =>
      merged.some((one) => one.first <= old.first && old.last <= one.last);
    if (!readPrefixes(pool.prefixes).every(covers)) {
      throw invalid(
        'IllegalSubnetPoolPrefixUpdate',
        'Illegal update to prefixes: Existing prefixes must be a subset of the new prefixes.',
      );
    }
    prefixes = merged.map(formatCidr);
  }
  const { tables } = context;
  return tables.subnetPools.put(
    revise<SubnetPoolRow>(context, pool, defined({ ...given, ...lengths, prefixes })),
  );
}

export function deleteSubnetPool({ tables }: Context, pool: SubnetPoolRow): void {
  if (tables.subnets.by('pool', pool.id).length > 0) {
    throw invalid(
      'SubnetPoolDeleteError',
      'Unable to delete subnet pool: Subnet pool has existing allocations.',
    );
  }
  tables.subnetPools.delete(pool.id);
}

/**
 * The block that a subnet from `pool` gets: the one asked for, or the first free one of `prefixLength`.
 *
 * @throws NeutronError 400 for a length out of bounds, 500 SubnetAllocationError (Neutron's own choice) if
 *   the pool has no such block left
 */
export function allocateBlock(
  context: Context,
  pool: SubnetPoolRow,
  wanted: Cidr | undefined,
  prefixLength = pool.default_prefixlen,
): Cidr {
  const length = wanted?.prefixLength ?? prefixLength;
  if (length > pool.max_prefixlen) {
    throw invalid(
      'MaxPrefixSubnetAllocationError',
      `Unable to allocate subnet with prefix length ${length}, maximum allowed prefix is ${pool.max_prefixlen}.`,
    );
  }
  if (length < pool.min_prefixlen) {
    throw invalid(
      'MinPrefixSubnetAllocationError',
      `Unable to allocate subnet with prefix length ${length}, minimum allowed prefix is ${pool.min_prefixlen}.`,
    );
  }
  const taken = context.tables.subnets.by('pool', pool.id).map((subnet) => toCidr(subnet.cidr));
  const prefixes = pool.prefixes.map(toCidr);
  if (wanted) {
    const inside = prefixes.some((one) => one.first <= wanted.first && wanted.last <= one.last);
    if (inside && !taken.some((used) => overlap(used, wanted))) return wanted;
    throw allocationError('Cannot allocate requested subnet from the available set of prefixes');
  }
  for (const prefix of prefixes.toSorted((a, b) => b.prefixLength - a.prefixLength)) {
    const found = firstGap(prefix, taken, length);
    if (found) return found;
  }
  throw allocationError(`Insufficient prefix space to allocate subnet size /${length}`);
}

function firstGap(prefix: Cidr, taken: readonly IpRange[], length: number): Cidr | undefined {
  if (length < prefix.prefixLength) return undefined;
  const size = 1n << BigInt(addressBits(prefix.version) - length);
  let at = prefix.first;
  while (at + size - 1n <= prefix.last) {
    const range = { first: at, last: at + size - 1n };
    const inWay = taken.find((used) => overlap(used, range));
    if (!inWay) return block({ version: prefix.version, value: at }, length);
    at = (inWay.last / size) * size + size;
  }
  return undefined;
}

/** Neutron maps this exception to no status of its own, so that its API answers 500; clients know it so. */
function allocationError(reason: string): NeutronError {
  return new NeutronError(500, 'SubnetAllocationError', `Failed to allocate subnet: ${reason}.`);
}

function toCidr(text: string): Cidr {
  const cidr = parseCidr(text);
  if (!cidr) throw new Error(`${text} is kept as a CIDR`);
  return cidr;
}

function readPrefixes(prefixes: readonly string[]): Cidr[] {
  if (prefixes.length === 0) throw invalid('EmptySubnetPoolPrefixList', 'Empty subnet pool prefix list.');
  return prefixes.map(toCidr);
}

function versionOf(prefixes: readonly Cidr[]): IpVersion {
  const version = prefixes[0]?.version ?? 4;
  if (prefixes.some((prefix) => prefix.version !== version)) {
    throw invalid('PrefixVersionMismatch', 'Cannot mix IPv4 and IPv6 prefixes in a subnet pool.');
  }
  return version;
}

/** The fewest blocks that hold the same addresses. */
function merge(prefixes: readonly Cidr[]): Cidr[] {
  const sorted = prefixes.toSorted((a, b) =>
    a.first === b.first ? a.prefixLength - b.prefixLength : a.first < b.first ? -1 : 1,
  );
  const merged: Cidr[] = [];
  for (const next of sorted) {
    const before = merged.at(-1);
    if (before && next.last <= before.last) continue;
    merged.push(next);
    joinTwins(merged);
  }
  return merged;
}

function joinTwins(blocks: Cidr[]): void {
  for (;;) {
    const [left, right] = blocks.slice(-2);
    if (!left || !right || left.prefixLength !== right.prefixLength || left.prefixLength === 0) return;
    const parent = block({ version: left.version, value: left.first }, left.prefixLength - 1);
    if (parent.first !== left.first || parent.last !== right.last) return;
    blocks.splice(-2, 2, parent);
  }
}

function checkNoDefault(context: Context, version: IpVersion): void {
  if (!defaultPool(context, version)) return;
  throw invalidInput(
    'A default subnetpool for this IP family has already been set. Only one default may exist per IP family',
  );
}

type Lengths = Pick<SubnetPoolRow, 'default_prefixlen' | 'min_prefixlen' | 'max_prefixlen'>;

function checkLengths(
  version: IpVersion,
  given: { default_prefixlen?: number; min_prefixlen?: number; max_prefixlen?: number },
): Lengths {
  const bits = addressBits(version);
  const min = given.min_prefixlen ?? (version === 4 ? 8 : 64);
  const max = given.max_prefixlen ?? bits;
  const fallback = given.default_prefixlen ?? min;
  if (min < 8 && version === 4) {
    throw invalid('UnsupportedMinSubnetPoolPrefix', `Prefix '${min}' not supported in IPv4 pool.`);
  }
  checkBound('min_prefixlen', min, 'max_prefixlen', max, min > max);
  checkBound('max_prefixlen', max, 'ip_version_max', bits, max > bits);
  checkBound('default_prefixlen', fallback, 'min_prefixlen', min, fallback < min);
  checkBound('default_prefixlen', fallback, 'max_prefixlen', max, fallback > max);
  return { default_prefixlen: fallback, min_prefixlen: min, max_prefixlen: max };
}

function checkBound(type: string, length: number, base: string, bound: number, isBroken: boolean): void {
  if (!isBroken) return;
  throw invalid(
    'IllegalSubnetPoolPrefixBounds',
    `Illegal prefix bounds: ${type}=${length}, ${base}=${bound}.`,
  );
}

/** How Neutron writes a range in its messages: `10.0.0.2-10.0.0.9`. */
export function rangeText(version: IpVersion, range: IpRange): string {
  return `${formatIp(version, range.first)}-${formatIp(version, range.last)}`;
}
