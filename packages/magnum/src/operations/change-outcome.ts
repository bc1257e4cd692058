import { isUnfinished } from '../clusters/life-cycle.ts';
import type { ClusterStatus, NodeGroup, Operation } from '../store/rows.ts';
import type { Store } from '../store/store.ts';

/** A cluster shows that it is being changed, and so does the node group. */
export async function showChanging(store: Store, clusterUuid: string, group?: NodeGroup): Promise<void> {
  const changing = { status: 'UPDATE_IN_PROGRESS', status_reason: null } as const;
  await store.clusters.update(clusterUuid, changing);
  // What is being built or rolled back says so itself.
  if (group && group.status?.endsWith('_IN_PROGRESS') !== true) {
    for (const { uuid } of await sharingStack(store, group)) await store.nodegroups.update(uuid, changing);
  }
}

/**
 * Writes down the good end of a change: of the node group, if it was about one, and of the cluster, which is as its
 * worst node group is, and not at its end while more is ordered. In the transaction that ends the operation.
 */
export async function recordSuccess(
  store: Store,
  operation: Operation,
  done: { readonly group: string | undefined; readonly status: ClusterStatus; readonly message: string },
): Promise<void> {
  const { cluster_uuid, uuid } = operation;
  const group = done.group === undefined ? undefined : await store.nodegroups.get(done.group);
  if (group) {
    const change = { status: done.status, status_reason: null };
    for (const one of await sharingStack(store, group)) await store.nodegroups.update(one.uuid, change);
  }
  const rolledBack = done.status === 'ROLLBACK_COMPLETE';
  await settle(store, operation, rolledBack ? 'ROLLBACK_COMPLETE' : 'UPDATE_COMPLETE');
  await store.events.add({
    cluster_uuid,
    operation_uuid: uuid,
    level: rolledBack ? 'warning' : 'info',
    reason: rolledBack ? 'RolledBack' : 'Changed',
    message: done.message,
  });
}

/** Writes down the bad end of a change. @param status what the node group is in, `CREATE_FAILED` for a new one */
export async function recordFailure(
  store: Store,
  operation: Operation,
  failed: { readonly group: string | undefined; readonly status: ClusterStatus; readonly reason: string },
): Promise<void> {
  const { cluster_uuid, uuid } = operation;
  const group = failed.group === undefined ? undefined : await store.nodegroups.get(failed.group);
  for (const one of group ? await sharingStack(store, group) : []) {
    const status = one.uuid === group?.uuid ? failed.status : 'UPDATE_COMPLETE';
    const status_reason = one.uuid === group?.uuid ? failed.reason : null;
    await store.nodegroups.update(one.uuid, { status, status_reason });
  }
  await settle(store, operation, 'UPDATE_COMPLETE', failed.reason);
  await store.events.add({
    cluster_uuid,
    operation_uuid: uuid,
    level: 'error',
    reason: 'ChangeFailed',
    message: group ? `${group.name}: ${failed.reason}` : failed.reason,
  });
}

/** The default groups are one stack, and so in one state. */
async function sharingStack(store: Store, group: NodeGroup): Promise<NodeGroup[]> {
  if (!group.is_default) return [group];
  return (await store.nodegroups.of(group.cluster_id)).filter(({ is_default }) => is_default);
}

async function settle(
  store: Store,
  operation: Operation,
  good: ClusterStatus,
  reason?: string,
): Promise<void> {
  const { cluster_uuid, uuid } = operation;
  const others = (await store.operations.of(cluster_uuid)).filter((other) => other.uuid !== uuid);
  if (others.some(({ state }) => isUnfinished(state))) return;
  const failed = (await store.nodegroups.of(cluster_uuid)).filter(
    ({ status }) => status?.endsWith('_FAILED') === true,
  );
  const lingering = failed.map(
    (group) => `${group.name} failed: ${group.status_reason ?? 'no reason known'}`,
  );
  const worst = reason ?? (lingering.length > 0 ? lingering.join('; ') : undefined);
  const status = worst === undefined ? good : 'UPDATE_FAILED';
  const changed = await store.clusters.update(cluster_uuid, { status, status_reason: worst ?? null }, [
    'UPDATE_IN_PROGRESS',
    'ROLLBACK_IN_PROGRESS',
  ]);
  if (!changed) return;
  await store.conditions.set({
    cluster_uuid,
    type: 'Ready',
    status: worst === undefined ? 'True' : 'False',
    reason: worst === undefined ? 'ChangeComplete' : 'ChangeFailed',
    message: worst ?? 'the cluster is complete',
  });
}
