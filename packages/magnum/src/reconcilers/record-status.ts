import type { ClusterAttributes, Observation } from '../drivers/driver.ts';
import type { LoadedCluster } from '../operations/driver-context.ts';
import type { Cluster, ClusterStatus } from '../store/rows.ts';
import type { Change, Store } from '../store/store.ts';

/**
 * Writes down what was seen of a cluster's stack, if that ends what the cluster is in. Whoever comes second,
 * of several conductors, changes nothing and tells nobody.
 *
 * @returns whether the cluster's status changed
 */
export function recordObservation(store: Store, loaded: LoadedCluster, seen: Observation): Promise<boolean> {
  const { cluster } = loaded;
  const status = statusFor(cluster.status, seen);
  if (status === undefined) return Promise.resolve(false);
  const reason =
    seen.kind === 'missing' ? `Stack with id ${cluster.stack_id} not found in Heat.` : seen.reason;
  const attributes = seen.kind === 'present' ? seen.attributes : undefined;
  return record(store, cluster, { status, reason: reason ?? null, attributes });
}

/** Ends a cluster that wasn't complete in time. @param pending what it was still waiting for, in words */
export function recordDeadline(
  store: Store,
  cluster: Cluster,
  minutes: number,
  pending: string | undefined,
): Promise<boolean> {
  const what = pending === undefined ? '' : `: ${pending}`;
  const reason = `Not complete after ${minutes} minutes (create_timeout)${what}`;
  return record(store, cluster, { status: 'CREATE_FAILED', reason, attributes: undefined });
}

/** The status that ends the present one; undefined while that goes on. */
function statusFor(now: ClusterStatus | null, seen: Observation): ClusterStatus | undefined {
  if (now === null) return undefined;
  const action = now.slice(0, now.indexOf('_'));
  if (seen.kind === 'missing') {
    return action === 'CREATE' ? 'CREATE_FAILED' : 'UPDATE_FAILED';
  }
  if (seen.status.endsWith('_IN_PROGRESS')) return undefined;
  // A stack that is still as it was before what we wait for has begun says nothing about it.
  return seen.status.startsWith(`${action}_`) || seen.status.startsWith('ROLLBACK_')
    ? seen.status
    : undefined;
}

interface Ending {
  readonly status: ClusterStatus;
  readonly reason: string | null;
  readonly attributes: ClusterAttributes | undefined;
}

function record(store: Store, cluster: Cluster, { status, reason, attributes }: Ending): Promise<boolean> {
  const { uuid } = cluster;
  return store.transaction(async (inner) => {
    const change = { status, status_reason: reason, ...columnsOf(attributes) };
    const present = [cluster.status].filter((status) => status !== null);
    if (!(await inner.clusters.update(uuid, change, present))) return false;
    // Groups that were added have stacks of their own.
    for (const group of (await inner.nodegroups.of(uuid)).filter(({ is_default }) => is_default)) {
      const node_addresses = attributes?.nodeAddresses.get(group.name);
      const change = { status, status_reason: reason, ...(node_addresses && { node_addresses }) };
      await inner.nodegroups.update(group.uuid, change);
    }
    const failed = status.endsWith('_FAILED');
    const message = reason ?? 'the cluster is complete';
    await inner.conditions.set({
      cluster_uuid: uuid,
      type: 'Ready',
      status: failed ? 'False' : 'True',
      reason: failed ? 'StackFailed' : 'StackComplete',
      message,
    });
    await inner.events.add({
      cluster_uuid: uuid,
      operation_uuid: null,
      level: failed ? 'error' : 'info',
      reason: failed ? 'StackFailed' : 'StackComplete',
      message,
    });
    return true;
  });
}

/** What is known of a cluster, as columns of its row. */
export function columnsOf(attributes: ClusterAttributes | undefined): Change<Cluster> {
  if (!attributes) return {};
  const { apiAddress, discoveryUrl, coeVersion, containerVersion } = attributes;
  return {
    ...(apiAddress === undefined ? {} : { api_address: apiAddress }),
    ...(discoveryUrl === undefined ? {} : { discovery_url: discoveryUrl }),
    ...(coeVersion === undefined ? {} : { coe_version: coeVersion }),
    ...(containerVersion === undefined ? {} : { container_version: containerVersion }),
  };
}
