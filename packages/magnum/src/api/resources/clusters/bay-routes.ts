import { clusterNotFound } from '../../../clusters/errors.ts';
import type { Cluster } from '../../../store/rows.ts';
import type { ClusterWithGroups } from '../../../store/store.ts';
import * as answers from '../../wire/answer-schemas.ts';
import { bayBrief, bayDetail } from './bay-view.ts';
import { generatedName } from '../../../clusters/generated-name.ts';
import { orderWorkers, rollbackIn } from './cluster-change-routes.ts';
import { clusterPatch, readClusterOperations } from './cluster-patch.ts';
import { clusterFields } from './cluster-request.ts';
import { LIST_PARAMETERS, listBody, pageOf, withMarker } from '../../wire/list-query.ts';
import { oneCluster, visibleTo } from '../lookup.ts';
import { atLeast } from '../../wire/microversion.ts';
import { orderCluster, orderDeletion } from './order-cluster.ts';
import { enforce, targetOf } from '../../policy/policies.ts';
import type { ApiReply, ApiRequest, Route } from '../../wire/route.ts';
import type { ApiServices } from '../services.ts';
import { bodySchema, ignored, integer, mandatoryText, readObject } from '../../wire/wire-fields.ts';

/** From here on what takes long is promised; before, it was answered with the whole bay. */
const ASYNCHRONOUS_SINCE = { major: 1, minor: 2 } as const;

const {
  cluster_template_id: _template,
  create_timeout,
  keypair: _keypair,
  merge_labels: _merge,
  health_status: _health,
  health_status_reason: _reason,
  cluster_id: _cluster,
  project_id: _project,
  user_id: _user,
  faults: _faults,
  labels_overridden: _overridden,
  labels_added: _added,
  labels_skipped: _skipped,
  ...shared
} = clusterFields;

const bayFields = {
  ...shared,
  baymodel_id: mandatoryText({ min: 1, max: 255 }),
  bay_create_timeout: create_timeout,
  bay_faults: ignored(),
  node_count: integer({ min: 1 }),
} as const;

/** `/v1/bays`: what clusters were called before, with the fields and the promises of that time. */
export function bayRoutes(services: ApiServices): Route[] {
  const { store, policies } = services;

  function listing(rule: 'get_all' | 'detail', collection: string) {
    return async (request: ApiRequest): Promise<ApiReply> => {
      const { context, base } = request;
      enforce(policies, `bay:${rule}`, context, targetOf(context));
      const page = pageOf(request.query, { table: 'cluster' }, services.settings.api.max_limit);
      const found = await withMarker(store.clusters.list(visibleTo(context), page), clusterNotFound);
      const shown = await store.clusters.withGroups(found);
      const views = shown.map((bay) =>
        rule === 'detail' ? bayDetail(bay, request, false) : bayBrief(bay, request),
      );
      return { status: 200, body: listBody(base, collection, 'bays', views, page, found.at(-1)?.uuid) };
    };
  }

  async function bayFor(rule: 'get' | 'update' | 'delete', request: ApiRequest): Promise<Cluster> {
    const { context, params } = request;
    const bay = await oneCluster(store, params['ident'] ?? '', visibleTo(context));
    enforce(policies, `bay:${rule}`, context, bay);
    return bay;
  }

  async function shownAs(cluster: Cluster): Promise<ClusterWithGroups> {
    const [shown] = await store.clusters.withGroups([cluster]);
    return shown ?? { cluster, nodegroups: [], template: undefined };
  }

  /** @param ordered counts of node groups, by their uuids, that no conductor may have taken up yet */
  async function whole(
    uuid: string,
    request: ApiRequest,
    ordered: ReadonlyMap<string, number> = new Map(),
  ): Promise<object> {
    const bay = await store.clusters.get(uuid);
    if (!bay) throw clusterNotFound(uuid);
    const shown = await shownAs(bay);
    const nodegroups = shown.nodegroups.map((group) => ({
      ...group,
      node_count: ordered.get(group.uuid) ?? group.node_count,
    }));
    return bayDetail({ ...shown, nodegroups }, request, false);
  }

  async function create(request: ApiRequest): Promise<ApiReply> {
    const { context, base } = request;
    enforce(policies, 'bay:create', context, targetOf(context));
    const { baymodel_id, bay_create_timeout, bay_faults, ...asked } = readObject(
      'bay',
      request.body(),
      bayFields,
    );
    const cluster = {
      ...asked,
      name: asked.name ?? generatedName('bay', services.random),
      cluster_template_id: baymodel_id,
      create_timeout: bay_create_timeout,
      faults: bay_faults,
      // Clusters take their template's word for it; bays have one of their own.
      floating_ip_enabled: asked.floating_ip_enabled ?? true,
      keypair: undefined,
      merge_labels: undefined,
      health_status: undefined,
      health_status_reason: undefined,
      cluster_id: undefined,
      project_id: undefined,
      user_id: undefined,
      labels_overridden: undefined,
      labels_added: undefined,
      labels_skipped: undefined,
    };
    const { uuid } = await orderCluster(services, request, cluster, { unknownTemplate: 400 });
    if (atLeast(request.version, ASYNCHRONOUS_SINCE)) return { status: 202, body: { uuid } };
    const headers = { location: `${base}/v1/bays/${uuid}` };
    return { status: 201, body: await whole(uuid, request), headers };
  }

  async function show(request: ApiRequest): Promise<ApiReply> {
    const bay = await bayFor('get', request);
    return { status: 200, body: bayDetail(await shownAs(bay), request, true) };
  }

  async function update(request: ApiRequest): Promise<ApiReply> {
    const rollback = rollbackIn(request);
    const operations = readClusterOperations(request.body());
    const bay = await bayFor('update', request);
    const shown = await shownAs(bay);
    const { group, nodeCount } = clusterPatch(operations, shown, 'bay');
    if (nodeCount !== undefined) {
      integer({ min: 1 }).read('node_count', nodeCount);
      await orderWorkers(services, request, shown, { group, count: nodeCount, rollback });
    }
    if (atLeast(request.version, ASYNCHRONOUS_SINCE)) return { status: 202, body: { uuid: bay.uuid } };
    const ordered = new Map(nodeCount === undefined ? [] : [[group.uuid, nodeCount]]);
    return { status: 200, body: await whole(bay.uuid, request, ordered) };
  }

  async function remove(request: ApiRequest): Promise<ApiReply> {
    await orderDeletion(services, request, await bayFor('delete', request));
    return { status: 204 };
  }

  const path = '/bays';
  const one = `${path}/:ident`;
  return [
    {
      method: 'GET',
      path,
      query: LIST_PARAMETERS,
      policies: ['bay:get_all'],
      summary: 'List bays',
      responses: { 200: answers.listOf('bays', answers.bayInList) },
      handle: listing('get_all', 'bays'),
    },
    {
      method: 'GET',
      path: `${path}/detail`,
      query: LIST_PARAMETERS,
      policies: ['bay:detail'],
      summary: 'List bays, in full',
      responses: { 200: answers.listOf('bays', answers.bay) },
      handle: listing('detail', 'bays/detail'),
    },
    {
      method: 'POST',
      path,
      policies: ['bay:create'],
      summary: 'Build a bay',
      request: bodySchema(bayFields),
      responses: { 201: answers.bay, 202: answers.accepted },
      handle: create,
    },
    {
      method: 'GET',
      path: one,
      policies: ['bay:get'],
      summary: 'Show a bay',
      responses: { 200: answers.bay },
      handle: show,
    },
    {
      method: 'PATCH',
      path: one,
      query: ['rollback'],
      policies: ['bay:update'],
      summary: 'Change how many workers a bay has',
      request: answers.patch,
      responses: { 200: answers.bay, 202: answers.accepted },
      handle: update,
    },
    {
      method: 'DELETE',
      path: one,
      policies: ['bay:delete'],
      summary: 'Remove a bay with all that was made for it',
      responses: { 204: null },
      handle: remove,
    },
  ];
}
