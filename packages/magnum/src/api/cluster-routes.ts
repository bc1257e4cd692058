import { badRequest, clusterNotFound, MagnumError, quotaExceeded } from '../clusters/errors.ts';
import type { Cluster, ClusterTemplate, OperationCaller } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import * as answers from './answer-schemas.ts';
import { clusterFields, newCluster, type NewCluster } from './cluster-request.ts';
import { clusterBrief, clusterDetail } from './cluster-view.ts';
import { LIST_PARAMETERS, listBody, pageOf, withMarker } from './list-query.ts';
import { oneCluster, oneTemplate, visibleOrAll } from './lookup.ts';
import { atLeast } from './microversion.ts';
import { enforce } from './policies.ts';
import { CLUSTER_RESOURCE } from './quota-routes.ts';
import type { ApiReply, ApiRequest, Route } from './route.ts';
import type { ApiServices } from './services.ts';
import { ownerOf, targetOf } from './template-routes.ts';
import { bodySchema, readObject } from './wire-fields.ts';

/** Before, an unknown template of a new cluster was a fault of the request. */
const TEMPLATE_404_SINCE = { major: 1, minor: 10 } as const;

/** `/v1/clusters` */
export function clusterRoutes(services: ApiServices): Route[] {
  const { store, policies } = services;

  function listing(rule: 'get_all' | 'detail', collection: string) {
    return async (request: ApiRequest): Promise<ApiReply> => {
      const { context, base } = request;
      enforce(policies, `cluster:${rule}`, context, targetOf(context));
      const page = pageOf(request.query, { table: 'cluster' }, services.settings.api.max_limit);
      const found = await withMarker(store.clusters.list(visibleOrAll(context), page), clusterNotFound);
      const shown = await store.clusters.withGroups(found);
      const views = shown.map((cluster) =>
        rule === 'detail' ? clusterDetail(cluster, request, false) : clusterBrief(cluster, request),
      );
      const body = listBody(base, collection, 'clusters', views, page, found.at(-1)?.uuid);
      return { status: 200, body };
    };
  }

  async function create(request: ApiRequest): Promise<ApiReply> {
    const { context } = request;
    enforce(policies, 'cluster:create', context, targetOf(context));
    const owner = ownerOf(context);
    const asked = readObject('cluster', request.body(), clusterFields);
    const template = await templateOf(asked.cluster_template_id, request);
    await checkQuota(store, owner.project_id);
    const rows = await newCluster(asked, template, owner, request, services);
    const caller = callerOf(request, owner.project_id);
    await store.transaction((inner) => insert(inner, rows, caller));
    services.wake.notify(rows.cluster.uuid);
    return { status: 202, body: { uuid: rows.cluster.uuid } };
  }

  async function insert(
    inner: Store,
    { cluster, nodegroups }: NewCluster,
    caller: OperationCaller,
  ): Promise<void> {
    await inner.lock(`project ${cluster.project_id}`);
    await inner.lock(`template ${cluster.cluster_template_id}`);
    // Again, because others may have come first since; and the template may be gone.
    await checkQuota(inner, cluster.project_id);
    if (!(await inner.templates.get(cluster.cluster_template_id))) {
      throw badRequest(`ClusterTemplate ${cluster.cluster_template_id} was deleted meanwhile.`);
    }
    await inner.clusters.insert(cluster);
    for (const group of nodegroups) await inner.nodegroups.insert(group);
    await inner.operations.enqueue({ cluster_uuid: cluster.uuid, verb: 'create', parameters: {}, caller });
  }

  async function checkQuota(from: Store, projectId: string): Promise<void> {
    const quota = await from.quotas.get(projectId, CLUSTER_RESOURCE);
    const limit = quota?.hard_limit ?? services.settings.quotas.max_clusters_per_project;
    if ((await from.clusters.countOf(projectId)) >= limit) throw quotaExceeded(limit);
  }

  async function templateOf(ident: string, { context, version }: ApiRequest): Promise<ClusterTemplate> {
    const wanted = /^\d{1,9}$/.test(ident) ? { id: Number(ident) } : ident;
    try {
      return await oneTemplate(store, wanted, visibleOrAll(context));
    } catch (error) {
      const old =
        error instanceof MagnumError && error.status === 404 && !atLeast(version, TEMPLATE_404_SINCE);
      throw old ? badRequest(error.message) : error;
    }
  }

  function callerOf({ context, requestId }: ApiRequest, projectId: string): OperationCaller {
    return {
      user_id: context.userId,
      project_id: projectId,
      user_domain_id: context.userDomainId,
      project_domain_id: context.projectDomainId ?? null,
      roles: context.roles,
      trust_id: context.trustId ?? null,
      sealed_token: services.sealer.seal(context.token),
      token_expires_at: new Date(context.tokenExpiresAt).toISOString(),
      request_id: requestId,
    };
  }

  async function show(request: ApiRequest): Promise<ApiReply> {
    const { context, params } = request;
    const cluster = await oneCluster(store, params['ident'] ?? '', visibleOrAll(context));
    enforce(policies, 'cluster:get', context, cluster);
    const [shown] = await store.clusters.withGroups([cluster]);
    return { status: 200, body: shown && clusterDetail(shown, request, true) };
  }

  async function remove(request: ApiRequest): Promise<ApiReply> {
    const { context, params } = request;
    const cluster = await oneCluster(store, params['ident'] ?? '', visibleOrAll(context));
    enforce(policies, 'cluster:delete', context, cluster);
    const caller = callerOf(request, context.projectId ?? cluster.project_id);
    await store.transaction(async (inner) => {
      await inner.lock(`cluster ${cluster.uuid}`);
      await replaceByDelete(inner, cluster, caller);
    });
    services.wake.notify(cluster.uuid);
    return { status: 204 };
  }

  const path = '/clusters';
  const one = `${path}/:ident`;
  return [
    {
      method: 'GET',
      path,
      query: LIST_PARAMETERS,
      policies: ['cluster:get_all'],
      summary: 'List clusters',
      responses: { 200: answers.listOf('clusters', answers.clusterInList) },
      handle: listing('get_all', 'clusters'),
    },
    {
      method: 'GET',
      path: `${path}/detail`,
      query: LIST_PARAMETERS,
      policies: ['cluster:detail'],
      summary: 'List clusters, in full',
      responses: { 200: answers.listOf('clusters', answers.cluster) },
      handle: listing('detail', 'clusters/detail'),
    },
    {
      method: 'POST',
      path,
      policies: ['cluster:create'],
      summary: 'Build a cluster',
      request: bodySchema(clusterFields),
      responses: { 202: answers.accepted },
      handle: create,
    },
    {
      method: 'GET',
      path: one,
      policies: ['cluster:get'],
      summary: 'Show a cluster',
      responses: { 200: answers.cluster },
      handle: show,
    },
    {
      method: 'DELETE',
      path: one,
      policies: ['cluster:delete'],
      summary: 'Remove a cluster with all that was made for it',
      responses: { 204: null },
      handle: remove,
    },
  ];
}

/** A delete takes the place of whatever is unfinished; asked again while it is under way, it is the same delete. */
async function replaceByDelete(store: Store, cluster: Cluster, caller: OperationCaller): Promise<void> {
  const operations = await store.operations.of(cluster.uuid);
  const underWay = operations.some(
    ({ verb, state }) => verb === 'delete' && (state === 'queued' || state === 'running'),
  );
  if (underWay) return;
  await store.operations.supersede(cluster.uuid);
  await store.clusters.update(cluster.uuid, { status: 'DELETE_IN_PROGRESS', status_reason: null });
  await store.operations.enqueue({ cluster_uuid: cluster.uuid, verb: 'delete', parameters: {}, caller });
}
