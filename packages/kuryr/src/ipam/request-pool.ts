import { setTimeout as delay } from 'node:timers/promises';
import type { SubnetPool } from '@gantry/openstack';
import type { Driver } from '../driver/context.ts';
import { KuryrError } from '../driver/errors.ts';
import { findNamed } from '../networks/find-named.ts';
import { parseNeutronOptions, type NeutronOptions } from '../networks/options.ts';
import { EXISTING_POOL, poolName } from '../networks/tags.ts';
import { createOnce } from '../ports/create-once.ts';
import type { PoolRecord } from '../ports/records.ts';
import { firstFree, parseCidr, type Cidr } from './cidr.ts';

export interface PoolRequest {
  /** `--subnet`; empty: whatever the default subnetpool has. */
  readonly pool: string;
  /** `--ip-range`, or empty. */
  readonly subPool: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly v6: boolean;
}

/**
 * RequestPool: gives Docker a range of addresses, and the id of a subnetpool as its handle.
 *
 * The handle is all that Docker says when it wants an address later, so each Docker network on this host gets a
 * subnetpool of its own: `kuryrPool-<cidr>`. One that is there already (another host made it for a network that both
 * adopt) is used as long as nothing here has it and no subnet is cut from it; with `neutron.subnet.*`, only one tagged
 * with that subnet.
 */
export async function requestPool(
  driver: Driver,
  request: PoolRequest,
  signal: AbortSignal,
): Promise<PoolRecord> {
  const options = parseNeutronOptions(request.options);
  if (request.pool === '') return requestDefaultPool(driver, request, signal);
  const whole = parseCidr(request.pool, 'Subnet');
  const range = request.subPool === '' ? undefined : rangeWithin(whole, request.subPool);
  const becomesSubnet = driver.config.ipRangeIs === 'subnet';
  const cidr = range && becomesSubnet ? range : whole;
  return driver.inTurn(`cidr ${cidr.text}`, async () => {
    await othersDone(driver, cidr.text, signal);
    const subnetOption = await subnetMeant(driver, options, cidr, signal);
    const named = cidr.version === 4 ? options.poolV4 : options.poolV6;
    const wanted = { cidr, options, subnetOption, range: becomesSubnet ? undefined : range?.text };
    if (!named) return helperPool(driver, wanted, undefined, signal);
    const option = cidr.version === 4 ? 'neutron.pool' : 'neutron.pool.v6';
    const source = await findNamed(driver.neutron.subnetPools, named, option, signal);
    return poolOfUser(driver, wanted, source, signal);
  });
}

interface WantedPool {
  readonly cidr: Cidr;
  readonly options: NeutronOptions;
  readonly subnetOption: string | undefined;
  readonly range: string | undefined;
}

async function poolOfUser(
  driver: Driver,
  wanted: WantedPool,
  source: SubnetPool,
  signal: AbortSignal,
): Promise<PoolRecord> {
  const { shared } = wanted.options;
  if (shared !== undefined && shared !== source.shared) {
    throw new KuryrError(
      'conflict',
      `subnetpool ${source.id} is ${source.shared ? '' : 'not '}shared: leave neutron.net.shared out, or name another`,
    );
  }
  if (source.prefixes[0] !== wanted.cidr.text || driver.journal.pools.get(source.id)) {
    return helperPool(driver, wanted, source.id, signal);
  }
  const record = keep(driver, wanted, source.id, source.id, false);
  try {
    await driver.neutron.addTag('subnetpools', source.id, EXISTING_POOL, signal);
  } catch (error) {
    letGo(driver, record);
    throw error;
  }
  return record;
}

/** A subnetpool made, or taken over, for this one Docker network. */
async function helperPool(
  driver: Driver,
  wanted: WantedPool,
  source: string | undefined,
  signal: AbortSignal,
): Promise<PoolRecord> {
  const { neutron, journal, chores, config } = driver;
  const { cidr, subnetOption } = wanted;
  const name = poolName(config.subnetPoolPrefix, cidr.text);
  const tags = subnetOption === undefined ? {} : { tags: subnetOption };
  for (const pool of await neutron.subnetPools.list({ name, ...tags }, signal)) {
    if (journal.pools.get(pool.id) || pool.prefixes[0] !== cidr.text) continue;
    if (chores.owes((task) => task.kind === 'retire-pool' && task.poolId === pool.id)) continue;
    const cut = await neutron.subnets.list({ subnetpool_id: pool.id }, signal);
    if (cut.length > 0 && subnetOption === undefined) continue;
    return keep(driver, wanted, pool.id, source ?? pool.id, true);
  }
  const description = `Kuryr on ${driver.hostName}, ${driver.newId()}`;
  const safety = chores.add({ kind: 'forget-pool', name, description }, driver.now() + 60_000);
  try {
    const made = await createOnce({
      signal,
      create: () =>
        neutron.subnetPools.create(
          {
            name,
            description,
            prefixes: [cidr.text],
            default_prefixlen: cidr.prefix,
            ...(wanted.options.shared === true ? { shared: true } : {}),
          },
          signal,
        ),
      find: async () =>
        (await neutron.subnetPools.list({ name }, signal)).find((pool) => pool.description === description),
    });
    if (subnetOption !== undefined) await neutron.addTag('subnetpools', made.id, subnetOption, signal);
    let record: PoolRecord | undefined;
    journal.together(() => {
      record = keep(driver, wanted, made.id, source ?? made.id, true);
      chores.drop(safety);
    });
    if (!record) throw new Error('the journal did not run');
    return record;
  } catch (error) {
    chores.hasten(safety);
    throw error;
  }
}

function keep(driver: Driver, wanted: WantedPool, id: string, source: string, made: boolean): PoolRecord {
  const record: PoolRecord = {
    id,
    cidr: wanted.cidr.text,
    phase: 'held',
    made,
    source,
    range: wanted.range,
    subnetOption: wanted.subnetOption,
    auxiliary: [],
    since: driver.now(),
  };
  driver.journal.pools.put(record);
  return record;
}

function letGo(driver: Driver, { id, made }: PoolRecord): void {
  driver.journal.together(() => {
    driver.journal.pools.remove(id);
    driver.chores.add({ kind: 'retire-pool', poolId: id, made });
  });
  driver.chores.hasten();
}

/** No `--subnet`: the next free piece of the default subnetpool, of the size that this pool gives by default. */
async function requestDefaultPool(
  driver: Driver,
  request: PoolRequest,
  signal: AbortSignal,
): Promise<PoolRecord> {
  const { neutron, journal, config } = driver;
  const name = request.v6 ? config.defaultPoolV6 : config.defaultPoolV4;
  return driver.inTurn(`default pool ${name}`, async () => {
    const [pool] = await neutron.subnetPools.list({ name }, signal);
    if (!pool) {
      throw new KuryrError(
        'bad-request',
        `no --subnet is given and Neutron has no subnetpool '${name}' to take one from: give --subnet, or make it with ` +
          `'openstack subnet pool create --pool-prefix 10.10.0.0/16 --default-prefix-length 24 ${name}'`,
      );
    }
    const cut = await neutron.subnets.list({ subnetpool_id: pool.id }, signal);
    const taken = [
      ...cut.map((subnet) => subnet.cidr),
      ...journal.pools.all().map((record) => record.cidr),
    ].map((cidr) => parseCidr(cidr, 'Subnet'));
    const parents = pool.prefixes.map((prefix) => parseCidr(prefix, 'Prefix'));
    const cidr = firstFree(parents, Number(pool.default_prefixlen), taken);
    if (!cidr) throw new KuryrError('conflict', `subnetpool '${name}' has no free range left: give --subnet`);
    const options = parseNeutronOptions(request.options);
    const wanted: WantedPool = { cidr, options, subnetOption: undefined, range: undefined };
    const whole = pool.prefixes[0] === cidr.text && !journal.pools.get(pool.id);
    return whole
      ? keep(driver, wanted, pool.id, pool.id, false)
      : helperPool(driver, wanted, pool.id, signal);
  });
}

function rangeWithin(whole: Cidr, subPool: string): Cidr {
  const range = parseCidr(subPool, 'IP range');
  if (range.version === whole.version && range.first >= whole.first && range.last <= whole.last) return range;
  throw new KuryrError('bad-request', `IP range ${subPool} is not within subnet ${whole.text}`);
}

/** The Neutron subnet that `neutron.subnet.*` names: which of several with the same range is meant. */
async function subnetMeant(
  driver: Driver,
  options: NeutronOptions,
  cidr: Cidr,
  signal: AbortSignal,
): Promise<string | undefined> {
  const named = cidr.version === 4 ? options.subnetV4 : options.subnetV6;
  if (!named) return undefined;
  const option = cidr.version === 4 ? 'neutron.subnet' : 'neutron.subnet.v6';
  const subnet = await findNamed(driver.neutron.subnets, named, option, signal);
  if (subnet.cidr !== cidr.text) {
    throw new KuryrError(
      'bad-request',
      `subnet ${subnet.id} is ${subnet.cidr}, not ${cidr.text}: give --subnet ${subnet.cidr}`,
    );
  }
  return subnet.id;
}

/** How long the creation of one network may keep another one of the same range waiting. */
const PATIENCE_MS = 10_000;

/**
 * CreateNetwork does not say for which pool it is, only for which range. So one network of a range is created after the
 * other.
 */
async function othersDone(driver: Driver, cidr: string, signal: AbortSignal): Promise<void> {
  const started = driver.now();
  const busy = (): PoolRecord | undefined =>
    driver.journal.pools.find(
      (pool) => pool.cidr === cidr && pool.phase === 'held' && pool.since > driver.now() - 30_000,
    );
  while (busy()) {
    if (driver.now() - started > PATIENCE_MS) {
      throw new KuryrError(
        'conflict',
        `another network with ${cidr} is being created at this moment; try again`,
      );
    }
    await delay(50, undefined, { signal });
  }
}
