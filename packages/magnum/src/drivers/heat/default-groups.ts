import type { ClusterTemplate, NodeGroup } from '../../store/rows.ts';
import { DriverRefusal, type DriverContext } from '../driver.ts';

/** The two groups that every cluster has, and that its own stack is made of. */
export function defaultGroups(groups: readonly NodeGroup[]): { masters: NodeGroup; workers: NodeGroup } {
  const masters = groups.find((group) => group.is_default && group.role === 'master');
  const workers = groups.find((group) => group.is_default && group.role !== 'master');
  if (!masters || !workers) throw new DriverRefusal('the cluster has lost its default node groups');
  return { masters, workers };
}

/** Of the masters, where they have none of their own, that of the cluster or of the workers; null for none at all. */
export function masterFlavorOf({ cluster, nodegroups }: DriverContext): string | null {
  const { masters, workers } = defaultGroups(nodegroups);
  return masters.flavor_id ?? cluster.master_flavor_id ?? workers.flavor_id ?? cluster.flavor_id;
}

/** Of the cluster, which can't be added to without. */
export function templateOf({ template }: DriverContext): ClusterTemplate {
  if (!template) throw new DriverRefusal('the template of the cluster is not there any more');
  return template;
}
