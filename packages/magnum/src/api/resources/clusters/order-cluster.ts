import { badRequest, MagnumError, quotaExceeded } from '../../../clusters/errors.ts';
import { isUnfinished } from '../../../clusters/life-cycle.ts';
import type { Cluster, ClusterTemplate, OperationCaller } from '../../../store/rows.ts';
import type { Store } from '../../../store/store.ts';
import { newCluster, type ClusterRequest, type NewCluster } from './cluster-request.ts';
import { warnOfLabels } from './label-events.ts';
import { oneTemplate, visibleBeyond } from '../lookup.ts';
import { operationCaller } from './operation-caller.ts';
import { CLUSTER_RESOURCE } from '../administration/quota-routes.ts';
import type { ApiRequest } from '../../wire/route.ts';
import type { ApiServices } from '../services.ts';
import { ownerOf } from '../templates/template-routes.ts';

export interface OrderForm {
  /** What an unknown template is: a fault of the request, or something that isn't there. */
  readonly unknownTemplate: 400 | 404;
}

/**
 * Checks a cluster that is asked for, writes its rows, and queues its creation.
 *
 * @throws MagnumError 400, 403, 404 or 409, naming what is wrong
 */
export async function orderCluster(
  services: ApiServices,
  request: ApiRequest,
  asked: ClusterRequest,
  form: OrderForm,
): Promise<{ readonly uuid: string }> {
  const { store } = services;
  const owner = ownerOf(request.context);
  const template = await templateOf(services, request, asked.cluster_template_id, form);
  await checkQuota(services, store, owner.project_id);
  const rows = await newCluster(asked, template, owner, request, services);
  const caller = operationCaller(services, request, owner.project_id, 'with its token');
  await store.transaction((inner) => insert(services, inner, rows, caller));
  services.wake.notify(rows.cluster.uuid);
  return { uuid: rows.cluster.uuid };
}

/** Queues the deletion of a cluster in place of whatever is unfinished; asked again meanwhile, it is the same one. */
export async function orderDeletion(
  services: ApiServices,
  request: ApiRequest,
  { uuid, project_id }: Cluster,
): Promise<void> {
  const caller = operationCaller(services, request, project_id, 'without its token');
  await services.store.transaction(async (store) => {
    await store.lock(`cluster ${uuid}`);
    const operations = await store.operations.of(uuid);
    if (operations.some(({ verb, state }) => verb === 'delete' && isUnfinished(state))) return;
    await store.operations.supersede(uuid);
    await store.clusters.update(uuid, { status: 'DELETE_IN_PROGRESS', status_reason: null });
    await store.operations.enqueue({ cluster_uuid: uuid, verb: 'delete', parameters: {}, caller });
  });
  services.wake.notify(uuid);
}

async function insert(
  services: ApiServices,
  inner: Store,
  { cluster, nodegroups }: NewCluster,
  caller: OperationCaller,
): Promise<void> {
  await inner.lock(`project ${cluster.project_id}`);
  await inner.lock(`template ${cluster.cluster_template_id}`);
  // Again, because others may have come first since; and the template may be gone.
  await checkQuota(services, inner, cluster.project_id);
  const template = await inner.templates.get(cluster.cluster_template_id);
  if (!template) {
    throw badRequest(`ClusterTemplate ${cluster.cluster_template_id} was deleted meanwhile.`);
  }
  await inner.clusters.insert(cluster);
  for (const group of nodegroups) await inner.nodegroups.insert(group);
  const order = { cluster_uuid: cluster.uuid, verb: 'create', parameters: {}, caller } as const;
  const { uuid } = await inner.operations.enqueue(order);
  const about = { cluster_uuid: cluster.uuid, operation_uuid: uuid, coe: template.coe };
  await warnOfLabels(inner, about, cluster.labels);
}

async function checkQuota({ settings }: ApiServices, from: Store, projectId: string): Promise<void> {
  const quota = await from.quotas.get(projectId, CLUSTER_RESOURCE);
  const limit = quota?.hard_limit ?? settings.quotas.max_clusters_per_project;
  if ((await from.clusters.countOf(projectId)) >= limit) throw quotaExceeded(limit);
}

async function templateOf(
  { store, policies }: ApiServices,
  { context }: ApiRequest,
  ident: string,
  { unknownTemplate }: OrderForm,
): Promise<ClusterTemplate> {
  const wanted = /^\d{1,9}$/.test(ident) ? { id: Number(ident) } : ident;
  try {
    const visible = visibleBeyond(policies, 'clustertemplate:get_one_all_projects', context);
    return await oneTemplate(store, wanted, visible);
  } catch (error) {
    const missing = error instanceof MagnumError && error.status === 404;
    throw missing && unknownTemplate === 400 ? badRequest(error.message) : error;
  }
}
