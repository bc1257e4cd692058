import type { Driver } from '../drivers/driver.ts';
import type { NodeGroup } from '../store/rows.ts';
import { refusal, type ChangeKind } from '../clusters/life-cycle.ts';
import { loadCluster, type LoadedCluster } from './driver-context.ts';
import { OperationFailure } from './failures.ts';
import type { StepContext } from './verb.ts';

/** What a change is about. */
export interface ChangeTarget extends LoadedCluster {
  readonly driver: Driver;
  readonly group: NodeGroup;
}

/**
 * The cluster and node group that an operation changes.
 *
 * @throws OperationFailure if either, or the driver, is gone
 */
export async function changeTarget(context: StepContext): Promise<ChangeTarget> {
  const loaded = await changedCluster(context);
  const { nodegroup } = context.operation.parameters;
  const group = loaded.nodegroups.find(({ uuid }) => uuid === nodegroup);
  if (group) return { ...loaded, group };
  throw new OperationFailure(
    'the node group is not there any more',
    'List the node groups of the cluster, and order it for one of them.',
  );
}

/** The same where it is about the whole cluster. */
export async function changedCluster(
  context: StepContext,
): Promise<LoadedCluster & { readonly driver: Driver }> {
  const loaded = await loadCluster(context, context.operation.cluster_uuid);
  if (!loaded) throw new OperationFailure('the cluster is not there any more', 'Create it again.');
  const { driver } = loaded;
  if (driver) return { ...loaded, driver };
  throw new OperationFailure(
    'the driver of the cluster is not enabled',
    'Have the operator enable it, then order it again.',
  );
}

/** What was ordered while something else was under way may have become impossible by that. @throws OperationFailure */
export async function stillPossible(context: StepContext, kind: ChangeKind): Promise<void> {
  const { cluster } = await changedCluster(context);
  const refused = refusal(kind, cluster.status);
  if (refused)
    throw new OperationFailure(refused.message.replace(/\.$/, ''), 'Look at why it is in this state.');
}
