import { orUndefined, type Subnet } from '@gantry/openstack';
import type { Driver } from '../driver/context.ts';
import { subnetRecord } from '../networks/networks.ts';
import { EXISTING_POOL } from '../networks/tags.ts';
import type { PoolRecord } from '../ports/records.ts';

/**
 * A pool that Docker holds: from the journal, or, for a network that the original made or whose journal was lost, by
 * Neutron's subnetpool and the subnet that is cut from it or tagged with it. Undefined if Neutron knows no such pool.
 */
export async function findPool(
  driver: Driver,
  poolId: string,
  signal: AbortSignal,
): Promise<PoolRecord | undefined> {
  const known = driver.journal.pools.get(poolId);
  if (known) return known;
  const [pool, cut] = await Promise.all([
    orUndefined(driver.neutron.subnetPools.get(poolId, signal)),
    driver.neutron.subnets.list({ subnetpool_id: poolId }, signal),
  ]);
  if (!pool) return undefined;
  const [prefix = ''] = pool.prefixes;
  let subnet: Subnet | undefined =
    cut.find((each) => each.cidr === prefix) ?? (cut.length === 1 ? cut[0] : undefined);
  if (!subnet) {
    const same = await driver.neutron.subnets.list({ cidr: prefix }, signal);
    subnet = same.find((each) => each.tags.includes(poolId)) ?? (same.length === 1 ? same[0] : undefined);
  }
  const record: PoolRecord = {
    id: poolId,
    cidr: subnet?.cidr ?? prefix,
    phase: subnet ? 'used' : 'held',
    made: pool.name.startsWith(`${driver.config.subnetPoolPrefix}-`) && !pool.tags.includes(EXISTING_POOL),
    source: subnet?.subnetpool_id ?? poolId,
    auxiliary: [],
    subnetId: subnet?.id,
    since: driver.now(),
  };
  const found = subnet;
  driver.journal.together(() => {
    driver.journal.pools.put(record);
    if (found) driver.journal.subnets.put(subnetRecord(driver, found));
  });
  return record;
}
