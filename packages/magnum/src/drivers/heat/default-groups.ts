import type { NodeGroup } from '../../store/rows.ts';
import { DriverRefusal } from '../driver.ts';

/** The two groups that every cluster has, and that its own stack is made of. */
export function defaultGroups(groups: readonly NodeGroup[]): { masters: NodeGroup; workers: NodeGroup } {
  const masters = groups.find((group) => group.is_default && group.role === 'master');
  const workers = groups.find((group) => group.is_default && group.role !== 'master');
  if (!masters || !workers) throw new DriverRefusal('the cluster has lost its default node groups');
  return { masters, workers };
}
