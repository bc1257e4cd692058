import { clusterNotFound } from '../../../clusters/errors.ts';
import type { Page, Visibility } from '../../../store/store.ts';
import * as answers from '../../wire/answer-schemas.ts';
import { clusterFields } from './cluster-request.ts';
import { clusterBriefJson, clusterDetailJson } from './cluster-view.ts';
import { LIST_PARAMETERS, listJson, pageOf, withMarker } from '../../wire/list-query.ts';
import { oneCluster, shownCluster, visibleAcross } from '../lookup.ts';
import { atLeast } from '../../wire/microversion.ts';
import { orderCluster, orderDeletion } from './order-cluster.ts';
import { enforce, targetOf } from '../../policy/policies.ts';
import type { ApiReply, ApiRequest, Route } from '../../wire/route.ts';
import type { ApiServices } from '../services.ts';
import { bodySchema, readObject } from '../../wire/wire-fields.ts';

/** Before, an unknown template of a new cluster was a fault of the request. */
const TEMPLATE_404_SINCE = { major: 1, minor: 10 } as const;

interface Listed {
  /** As JSON. */
  readonly items: readonly string[];
  /** UUID of the last. */
  readonly last: string | undefined;
}

/** `/v1/clusters` */
export function clusterRoutes(services: ApiServices): Route[] {
  const { store, policies } = services;

  function listing(rule: 'get_all' | 'detail', collection: string) {
    return async (request: ApiRequest): Promise<ApiReply> => {
      const { context, base } = request;
      enforce(policies, `cluster:${rule}`, context, targetOf(context));
      const visible = visibleAcross(policies, `cluster:${rule}_all_projects`, context);
      const page = pageOf(request.query, { table: 'cluster' }, services.settings.api.max_limit);
      const read = rule === 'detail' ? inFull : inBrief;
      const { items, last } = await withMarker(read(request, visible, page), clusterNotFound);
      return { status: 200, json: listJson(base, collection, 'clusters', items, page, last) };
    };
  }

  async function inBrief(request: ApiRequest, visible: Visibility, page: Page): Promise<Listed> {
    const found = await store.clusters.overview(visible, page);
    return { items: found.map((cluster) => clusterBriefJson(cluster, request)), last: found.at(-1)?.uuid };
  }

  async function inFull(request: ApiRequest, visible: Visibility, page: Page): Promise<Listed> {
    const found = await store.clusters.list(visible, page);
    const shown = await store.clusters.withGroups(found);
    return {
      items: shown.map((cluster) => clusterDetailJson(cluster, request, false)),
      last: found.at(-1)?.uuid,
    };
  }

  async function create(request: ApiRequest): Promise<ApiReply> {
    const { context } = request;
    enforce(policies, 'cluster:create', context, targetOf(context));
    const asked = readObject('cluster', request.body(), clusterFields);
    const { uuid } = await orderCluster(services, request, asked, {
      unknownTemplate: atLeast(request.version, TEMPLATE_404_SINCE) ? 404 : 400,
    });
    return { status: 202, body: { uuid } };
  }

  async function show(request: ApiRequest): Promise<ApiReply> {
    const { context, params } = request;
    const visible = visibleAcross(policies, 'cluster:get_one_all_projects', context);
    const shown = await shownCluster(store, params['ident'] ?? '', visible);
    enforce(policies, 'cluster:get', context, shown.cluster);
    return { status: 200, json: clusterDetailJson(shown, request, true) };
  }

  async function remove(request: ApiRequest): Promise<ApiReply> {
    const { context, params } = request;
    const visible = visibleAcross(policies, 'cluster:delete_all_projects', context);
    const cluster = await oneCluster(store, params['ident'] ?? '', visible);
    enforce(policies, 'cluster:delete', context, cluster);
    await orderDeletion(services, request, cluster);
    return { status: 204 };
  }

  const path = '/clusters';
  const one = `${path}/:ident`;
  return [
    {
      method: 'GET',
      path,
      query: LIST_PARAMETERS,
      policies: ['cluster:get_all', 'cluster:get_all_all_projects'],
      summary: 'List clusters',
      responses: { 200: answers.listOf('clusters', answers.clusterInList) },
      handle: listing('get_all', 'clusters'),
    },
    {
      method: 'GET',
      path: `${path}/detail`,
      query: LIST_PARAMETERS,
      policies: ['cluster:detail', 'cluster:detail_all_projects'],
      summary: 'List clusters, in full',
      responses: { 200: answers.listOf('clusters', answers.cluster) },
      handle: listing('detail', 'clusters/detail'),
    },
    {
      method: 'POST',
      path,
      policies: ['cluster:create', 'clustertemplate:get_one_all_projects'],
      summary: 'Build a cluster',
      request: bodySchema(clusterFields),
      responses: { 202: answers.accepted },
      handle: create,
    },
    {
      method: 'GET',
      path: one,
      policies: ['cluster:get', 'cluster:get_one_all_projects'],
      summary: 'Show a cluster',
      responses: { 200: answers.cluster },
      handle: show,
    },
    {
      method: 'DELETE',
      path: one,
      policies: ['cluster:delete', 'cluster:delete_all_projects'],
      summary: 'Remove a cluster with all that was made for it',
      responses: { 204: null },
      handle: remove,
    },
  ];
}
