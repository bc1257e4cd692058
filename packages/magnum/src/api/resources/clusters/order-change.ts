import { clusterNotFound } from '../../../clusters/errors.ts';
import { refusal, type ChangeKind } from '../../../clusters/life-cycle.ts';
import type { Cluster, JsonObject, Verb } from '../../../store/rows.ts';
import type { Store } from '../../../store/store.ts';
import { operationCaller } from './operation-caller.ts';
import type { ApiRequest } from '../../wire/route.ts';
import type { ApiServices } from '../services.ts';

export interface ChangeOrder {
  readonly verb: Verb;
  readonly kind: ChangeKind;
  readonly parameters: JsonObject;
  /** Whether the conductor needs the caller's own token. */
  readonly token?: 'with its token';
  /** Further rows that are written with the order, or not at all. */
  also?(store: Store, cluster: Cluster): Promise<void>;
}

/**
 * Queues a change of a cluster, which from now on shows that it is being changed.
 *
 * @throws MagnumError 400 for a state in which that can't be done, 404 for a cluster that has gone meanwhile
 */
export async function orderChange(
  services: ApiServices,
  request: ApiRequest,
  { uuid, project_id }: Cluster,
  order: ChangeOrder,
): Promise<void> {
  const { verb, parameters } = order;
  const caller = operationCaller(services, request, project_id, order.token ?? 'without its token');
  await services.store.transaction(async (store) => {
    await store.lock(`cluster ${uuid}`);
    const cluster = await store.clusters.get(uuid);
    if (!cluster) throw clusterNotFound(uuid);
    const refused = refusal(order.kind, cluster.status);
    if (refused) throw refused;
    await order.also?.(store, cluster);
    if (cluster.status?.endsWith('_IN_PROGRESS') !== true) {
      await store.clusters.update(uuid, { status: 'UPDATE_IN_PROGRESS', status_reason: null });
    }
    await store.operations.enqueue({ cluster_uuid: uuid, verb, parameters, caller });
  });
  services.wake.notify(uuid);
}

/** A size that nobody has begun to bring about is replaced by a newer one; who asked for certain nodes to go is kept. */
export async function replaceQueuedSizes(store: Store, cluster: Cluster, group: string): Promise<void> {
  await store.operations.supersede(cluster.uuid, ({ verb, state, parameters }) => {
    const named = parameters['nodes_to_remove'];
    const isSize = (verb === 'resize' || verb === 'update') && parameters['nodegroup'] === group;
    return isSize && state === 'queued' && !(Array.isArray(named) && named.length > 0);
  });
}
