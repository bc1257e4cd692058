import { OpenStackError, type Network, type Subnet } from '@gantry/openstack';
import type { Driver } from '../driver/context.ts';
import { KuryrError } from '../driver/errors.ts';
import { parseAddress } from '../ipam/cidr.ts';
import { createOnce } from '../ports/create-once.ts';
import { releasePort } from '../ports/release-port.ts';
import type { NetworkRecord, PoolRecord, PortRecord, SubnetRecord } from '../ports/records.ts';
import { reservePort } from '../ports/reserve-port.ts';
import { findNamed } from './find-named.ts';
import { makeSubnet } from './make-subnet.ts';
import type { IpamData, NetworkRequest, Range } from './network-request.ts';
import { networkRecord, subnetRecord } from './networks.ts';
import { parseNeutronOptions, type NeutronOptions } from './options.ts';
import { descriptionFor, existingNetworkTag, idTags, networkName } from './tags.ts';

/** CreateNetwork: makes the Neutron network and its subnets, or takes those that the user names. All or nothing. */
export async function createNetwork(
  driver: Driver,
  request: NetworkRequest,
  signal: AbortSignal,
): Promise<void> {
  if (driver.journal.networks.get(request.networkId)) return;
  const options = parseNeutronOptions(request.options);
  const ranges = request.data.map((data) => ({ data, pool: poolOf(driver, data) }));
  for (const { data } of ranges) {
    if (!data.pool.endsWith('/0')) continue;
    throw new KuryrError(
      'bad-request',
      `a Neutron network needs a range of addresses: use --ipam-driver kuryr`,
    );
  }
  if (ranges.length === 0) {
    throw new KuryrError(
      'bad-request',
      'a Neutron network needs a subnet: use --ipam-driver kuryr and --subnet',
    );
  }
  await (options.network
    ? adoptNetwork(driver, request, options, ranges, signal)
    : makeNetwork(driver, request, options, ranges, signal));
}

/** The newest, because one that was never made into a network may still lie there. */
function poolOf(driver: Driver, data: IpamData): PoolRecord | undefined {
  return driver.journal.pools
    .all()
    .toReversed()
    .find((pool) => pool.cidr === data.pool && pool.phase === 'held');
}

async function makeNetwork(
  driver: Driver,
  request: NetworkRequest,
  options: NeutronOptions,
  ranges: readonly Range[],
  signal: AbortSignal,
): Promise<void> {
  const { neutron, chores } = driver;
  const { networkId } = request;
  const name = networkName(networkId);
  const description = descriptionFor(networkId);
  const safety = chores.add({ kind: 'forget-network', networkId }, driver.now() + 60_000);
  try {
    const network = await createOnce({
      signal,
      create: () =>
        neutron.networks.create(
          { name, description, admin_state_up: true, ...(options.shared === true ? { shared: true } : {}) },
          signal,
        ),
      find: async () =>
        (await neutron.networks.list({ name }, signal)).find((each) => each.description === description),
    });
    const tagging = neutron.setTags('networks', network.id, idTags(networkId), signal);
    const making = ranges.map((range) => makeSubnet(driver, request, options, network, range, [], signal));
    // All of it is over before anything is undone.
    await Promise.allSettled([...making, tagging]);
    const subnets = await Promise.all(making);
    await tagging;
    driver.journal.together(() => {
      keep(driver, request, network, ranges, subnets, false);
      chores.drop(safety);
    });
  } catch (error) {
    // Deleted right here if Neutron does it, so that Docker can give the pools back next.
    await chores.attemptMatching(
      (task) => task.kind === 'forget-network' && task.networkId === networkId,
      signal,
    );
    throw error;
  }
}

async function adoptNetwork(
  driver: Driver,
  request: NetworkRequest,
  options: NeutronOptions,
  ranges: readonly Range[],
  signal: AbortSignal,
): Promise<void> {
  const { neutron, chores, journal } = driver;
  const { networkId } = request;
  const network = await findNamed(neutron.networks, options.network ?? {}, 'neutron.net', signal);
  if (options.shared !== undefined && options.shared !== network.shared) {
    throw new KuryrError(
      'conflict',
      `Neutron network ${network.id} is ${network.shared ? '' : 'not '}shared: leave neutron.net.shared out, or name another`,
    );
  }
  const existing = await neutron.subnets.list({ network_id: network.id }, signal);
  for (const range of ranges) refuseOtherGateway(existing, range);
  const poolIds = ranges.flatMap(({ pool }) => (pool ? [pool.id] : []));
  const undo = { kind: 'leave-network', networkId, neutronId: network.id, poolIds } as const;
  const safety = chores.add(undo, driver.now() + 60_000);
  try {
    await allOf(
      [...idTags(networkId), existingNetworkTag(networkId)].map((tag) =>
        tagIfRoom(driver, network.id, tag, signal),
      ),
    );
    const subnets = await allOf(
      ranges.map((range) => makeSubnet(driver, request, options, network, range, existing, signal)),
    );
    journal.together(() => keep(driver, request, network, ranges, subnets, true));
    const record = journal.networks.get(networkId);
    if (record) await keepAuxiliary(driver, record, ranges, signal);
    chores.drop(safety);
  } catch (error) {
    journal.together(() => forgetAdoption(driver, networkId, ranges));
    await chores.attemptMatching(
      (task) => task.kind === 'leave-network' && task.networkId === networkId,
      signal,
    );
    throw error;
  }
}

/** Back to where Docker's next calls, which take the pools back, expect us. */
function forgetAdoption({ journal }: Driver, networkId: string, ranges: readonly Range[]): void {
  journal.networks.remove(networkId);
  for (const { pool } of ranges) {
    const current = pool && journal.pools.get(pool.id);
    if (current) journal.pools.put({ ...current, phase: 'held', subnetId: undefined });
  }
}

/** Waits for all, so that nothing is still being made when the undoing begins; then throws the first failure. */
async function allOf<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(work);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

function refuseOtherGateway(existing: readonly Subnet[], { data, pool }: Range): void {
  const subnet = existing.find((each) => each.cidr === data.pool);
  const wanted = pool?.gateway?.asked === true ? pool.gateway.address : undefined;
  if (!subnet || wanted === undefined || subnet.gateway_ip === null || subnet.gateway_ip === wanted) return;
  throw new KuryrError(
    'conflict',
    `the gateway of Neutron subnet ${subnet.id} is ${subnet.gateway_ip}, not ${wanted}: give --gateway ${subnet.gateway_ip}`,
  );
}

/** Neutron allows 50 tags on a network; with three for each host that adopts it, the seventeenth gets none. */
async function tagIfRoom(driver: Driver, neutronId: string, tag: string, signal: AbortSignal): Promise<void> {
  try {
    await driver.neutron.addTag('networks', neutronId, tag, signal);
  } catch (error) {
    if (!(error instanceof OpenStackError) || error.status !== 400) throw error;
    driver.log.warn(
      { neutronId, tag },
      `Neutron refuses the tag, the journal alone knows the network: ${error.reason}`,
    );
  }
}

function keep(
  driver: Driver,
  request: NetworkRequest,
  network: Network,
  ranges: readonly Range[],
  subnets: readonly Subnet[],
  adopted: boolean,
): NetworkRecord {
  const { journal } = driver;
  const { networkId, internal } = request;
  const record = networkRecord(driver, networkId, network, subnets, { adopted, internal });
  journal.networks.put(record);
  for (const subnet of subnets) journal.subnets.put(subnetRecord(driver, subnet));
  for (const { data, pool } of ranges) {
    const subnet = subnets.find((each) => each.cidr === data.pool);
    if (pool && subnet) {
      const current = journal.pools.get(pool.id) ?? pool;
      journal.pools.put({ ...current, phase: 'used', subnetId: subnet.id });
    }
  }
  return record;
}

/** On somebody else's subnet only a port keeps an address from being given away. One that has a port is safe already. */
async function keepAuxiliary(
  driver: Driver,
  network: NetworkRecord,
  ranges: readonly Range[],
  signal: AbortSignal,
): Promise<void> {
  const { journal, log } = driver;
  const kept: PortRecord[] = [];
  try {
    for (const { data } of ranges) {
      const subnets = network.subnetIds.map((id) => journal.subnets.get(id));
      const subnet = subnets.find((each) => each?.cidr === data.pool);
      if (!subnet) continue;
      for (const text of data.auxiliary) {
        const address = parseAddress(text, 'Auxiliary address');
        const port = await reserveUnlessTaken(driver, subnet, address, signal);
        if (port) kept.push(port);
        else log.info({ networkId: network.id, address }, 'auxiliary address has a port already');
      }
    }
  } catch (error) {
    journal.together(() => {
      for (const port of kept) releasePort(driver, port);
    });
    driver.chores.hasten();
    throw error;
  }
}

async function reserveUnlessTaken(
  driver: Driver,
  subnet: SubnetRecord,
  address: string,
  signal: AbortSignal,
): Promise<PortRecord | undefined> {
  const fixed_ips = [`subnet_id=${subnet.id}`, `ip_address=${address}`];
  const holders = await driver.neutron.ports.list({ network_id: subnet.neutronId, fixed_ips }, signal);
  if (holders.some((port) => port.fixed_ips.some((ip) => ip.ip_address === address))) return undefined;
  const { port } = await reservePort(driver, { subnet, address, mac: undefined }, signal);
  const marked = { ...port, auxiliary: true };
  driver.journal.ports.put(marked);
  return marked;
}
