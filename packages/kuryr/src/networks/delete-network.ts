import { isConflict, orUndefined } from '@gantry/openstack';
import { bridgeOf } from '../binding/links.ts';
import type { Driver } from '../driver/context.ts';
import { KuryrError } from '../driver/errors.ts';
import { gone } from '../ports/port-duties.ts';
import { releasePort } from '../ports/release-port.ts';
import type { Chore, NetworkRecord, Task } from '../ports/records.ts';
import { findNetwork } from './networks.ts';
import {
  descriptionFor,
  EXISTING_POOL,
  existingNetworkTag,
  hasIdTag,
  idTags,
  networkName,
  subnetName,
} from './tags.ts';

type NetworkTask<K extends Task['kind']> = Extract<Task, { kind: K }>;

/** How long Docker is kept waiting; it forgets the network whatever is answered. */
const WAIT_MS = 15_000;

/** DeleteNetwork: removes what was made for a network, ports first. What Neutron refuses now is done when it lets us. */
export async function deleteNetwork(driver: Driver, networkId: string, signal: AbortSignal): Promise<void> {
  const { journal, chores } = driver;
  const network = await findNetwork(driver, networkId, signal);
  if (!network) return;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)]);
  const poolIds = await poolsOf(driver, network, signal);
  let portChores: Chore[] = [];
  let removal: Chore | undefined;
  const others = journal.networks.find(
    (each) => each.neutronId === network.neutronId && each.id !== networkId,
  );
  journal.together(() => {
    portChores = journal.ports
      .all()
      .filter((port) => port.neutronId === network.neutronId && !others)
      .flatMap((port) => releasePort(driver, port));
    journal.networks.remove(networkId);
    for (const id of others ? [] : network.subnetIds) journal.subnets.remove(id);
    for (const id of poolIds) journal.pools.remove(id);
    const kind = network.adopted ? 'leave-network' : 'remove-network';
    removal = chores.add({ kind, networkId, neutronId: network.neutronId, poolIds });
  });
  await chores.attempt(portChores, limit);
  // What earlier containers still owe.
  await chores.attemptMatching(({ kind }) => kind === 'delete-port' || kind === 'remove-group', limit);
  if (removal) await chores.attempt([removal], limit);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Subnetpools whose only purpose was this network. */
async function poolsOf(driver: Driver, network: NetworkRecord, signal: AbortSignal): Promise<string[]> {
  const known = driver.journal.pools.all().filter((pool) => network.subnetIds.includes(pool.subnetId ?? ''));
  if (known.length > 0) return known.map((pool) => pool.id);
  const subnets = await driver.neutron.subnets.list({ network_id: network.neutronId }, signal);
  return [...new Set(subnets.flatMap((subnet) => subnet.tags.filter((tag) => UUID.test(tag))))];
}

/** Deletes a network of ours. Fails while others use it, to be tried again: their ports, or other Docker networks. */
export async function removeNetwork(
  driver: Driver,
  task: NetworkTask<'remove-network'>,
  signal: AbortSignal,
): Promise<void> {
  const { neutron } = driver;
  const network = await orUndefined(neutron.networks.get(task.neutronId, signal));
  if (network) {
    const ours = idTags(task.networkId);
    if (hasIdTag(network.tags.filter((tag) => !ours.includes(tag)))) {
      throw new KuryrError('conflict', `Neutron network ${network.id} serves other Docker networks as well`);
    }
    // Takes its subnets along, and the ports of DHCP servers.
    await gone(neutron.networks.delete(network.id, signal));
  }
  await driver.links.removeBridge(bridgeOf(task.neutronId));
  await retirePools(driver, task.poolIds, signal);
}

/**
 * Undoes the adoption of a network. Subnets and subnetpools may serve Docker networks of other hosts too, so they are
 * left to the last one out.
 */
export async function leaveNetwork(
  driver: Driver,
  task: NetworkTask<'leave-network'>,
  signal: AbortSignal,
): Promise<void> {
  const { neutron } = driver;
  // It was written down in case the adoption should fail, but that succeeded.
  if (driver.journal.networks.get(task.networkId)) return;
  const ours = [...idTags(task.networkId), existingNetworkTag(task.networkId)];
  await Promise.all(ours.map((tag) => gone(neutron.removeTag('networks', task.neutronId, tag, signal))));
  const network = await orUndefined(neutron.networks.get(task.neutronId, signal));
  if (!network) return retirePools(driver, task.poolIds, signal);
  if (hasIdTag(network.tags)) return;
  const pools = new Set(task.poolIds);
  for (const subnet of await neutron.subnets.list({ network_id: network.id }, signal)) {
    const tags = subnet.tags.filter((tag) => UUID.test(tag));
    await Promise.all(tags.map((tag) => gone(neutron.removeTag('subnets', subnet.id, tag, signal))));
    for (const tag of tags) pools.add(tag);
    if (subnet.name === subnetName(subnet.cidr)) await deleteSubnet(driver, subnet.id, signal);
  }
  await retirePools(driver, [...pools], signal);
}

async function deleteSubnet(driver: Driver, subnetId: string, signal: AbortSignal): Promise<void> {
  try {
    await gone(driver.neutron.subnets.delete(subnetId, signal));
  } catch (error) {
    const ours = driver.chores.owes(({ kind }) => kind === 'delete-port' || kind === 'restore-port');
    if (!isConflict(error) || ours) throw error;
    driver.log.info({ subnetId }, 'others have ports on this subnet; it stays');
  }
}

/** A network of an unfinished CreateNetwork. */
export async function forgetNetwork(
  driver: Driver,
  { networkId }: NetworkTask<'forget-network'>,
  signal: AbortSignal,
): Promise<void> {
  if (driver.journal.networks.get(networkId)) return;
  const { neutron } = driver;
  for (const network of await neutron.networks.list({ name: networkName(networkId) }, signal)) {
    if (network.description !== descriptionFor(networkId)) continue;
    await gone(neutron.networks.delete(network.id, signal));
  }
}

async function retirePools(driver: Driver, poolIds: readonly string[], signal: AbortSignal): Promise<void> {
  const owed: Chore[] = [];
  for (const poolId of poolIds) {
    const pool = await orUndefined(driver.neutron.subnetPools.get(poolId, signal));
    if (!pool) continue;
    const made =
      pool.name.startsWith(`${driver.config.subnetPoolPrefix}-`) && !pool.tags.includes(EXISTING_POOL);
    owed.push(driver.chores.add({ kind: 'retire-pool', poolId, made }));
  }
  await driver.chores.attempt(owed, signal);
}
