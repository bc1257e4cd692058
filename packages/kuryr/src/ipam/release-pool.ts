import { OpenStackError, orUndefined } from '@gantry/openstack';
import type { Driver } from '../driver/context.ts';
import { KuryrError } from '../driver/errors.ts';
import { EXISTING_POOL } from '../networks/tags.ts';
import { gone } from '../ports/port-duties.ts';
import type { Task } from '../ports/records.ts';

/**
 * ReleasePool: Docker gives a range back, before it deletes the network of it. So the subnetpool of a network goes along
 * with that network; only one that got no network goes now.
 */
export async function releasePool(driver: Driver, poolId: string, signal: AbortSignal): Promise<void> {
  const { journal, chores } = driver;
  const record = journal.pools.get(poolId);
  if (record?.phase === 'used') {
    journal.pools.put({ ...record, phase: 'released' });
    return;
  }
  if (record?.phase === 'released') return;
  const made = record ? record.made : await madeByKuryr(driver, poolId, signal);
  if (made === undefined) return;
  const owed = { kind: 'retire-pool', poolId, made } as const;
  journal.together(() => {
    journal.pools.remove(poolId);
    chores.add(owed);
  });
  await chores.attemptMatching((task) => task.kind === 'retire-pool' && task.poolId === poolId, signal);
}

/** Of a pool that is not in the journal; undefined if there is nothing to do about it now. */
async function madeByKuryr(
  driver: Driver,
  poolId: string,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const pool = await orUndefined(driver.neutron.subnetPools.get(poolId, signal));
  if (!pool) return undefined;
  const cut = await driver.neutron.subnets.list({ subnetpool_id: poolId }, signal);
  // Its network is still there, and takes it along.
  if (cut.length > 0) return undefined;
  return pool.name.startsWith(`${driver.config.subnetPoolPrefix}-`) && !pool.tags.includes(EXISTING_POOL);
}

/** Deletes a subnetpool that was made for a network, or takes our tag off the user's; leaves it while others use it. */
export async function retirePool(
  driver: Driver,
  { poolId, made }: Extract<Task, { kind: 'retire-pool' }>,
  signal: AbortSignal,
): Promise<void> {
  const { neutron, journal, log } = driver;
  if (journal.pools.get(poolId)) return;
  const others = await neutron.subnets.list({ tags: poolId }, signal);
  if (others.length > 0) {
    waitForNetworks(driver, poolId);
    log.info(
      { poolId, subnets: others.map((subnet) => subnet.id) },
      'other networks use this subnetpool; it stays',
    );
    return;
  }
  if (!made) return gone(neutron.removeTag('subnetpools', poolId, EXISTING_POOL, signal));
  try {
    await gone(neutron.subnetPools.delete(poolId, signal));
  } catch (error) {
    // Neutron says 400 (SubnetPoolDeleteError) while subnets are cut from it.
    if (!(error instanceof OpenStackError) || ![400, 409].includes(error.status)) throw error;
    waitForNetworks(driver, poolId);
    log.info({ poolId }, `subnetpool stays: ${error.reason}`);
  }
}

/** @throws KuryrError if the subnets of it may belong to a network that is about to go */
function waitForNetworks({ chores }: Driver, poolId: string): void {
  const going = ['forget-network', 'leave-network', 'remove-network'];
  if (chores.owes(({ kind }) => going.includes(kind))) {
    throw new KuryrError('conflict', `subnetpool ${poolId} still has subnets`);
  }
}

export async function forgetPool(
  driver: Driver,
  { name, description }: Extract<Task, { kind: 'forget-pool' }>,
  signal: AbortSignal,
): Promise<void> {
  for (const pool of await driver.neutron.subnetPools.list({ name }, signal)) {
    if (pool.description !== description || driver.journal.pools.get(pool.id)) continue;
    await gone(driver.neutron.subnetPools.delete(pool.id, signal));
  }
}
