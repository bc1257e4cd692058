import { notFound } from '../../../clusters/errors.ts';
import * as answers from '../../wire/answer-schemas.ts';
import { LIST_PARAMETERS, listBody, pageOf, withMarker } from '../../wire/list-query.ts';
import { oneCluster, visibleAcross } from '../lookup.ts';
import { nodegroupBrief, nodegroupDetail } from './nodegroup-view.ts';
import { oneNodegroup } from './one-nodegroup.ts';
import { enforce } from '../../policy/policies.ts';
import type { ApiReply, ApiRequest, Route } from '../../wire/route.ts';
import type { ApiServices } from '../services.ts';

const SINCE = { major: 1, minor: 9 } as const;

/** `/v1/clusters/{cluster}/nodegroups` */
export function nodegroupRoutes(services: ApiServices): Route[] {
  const { store, policies } = services;

  async function list({ context, params, query, base }: ApiRequest): Promise<ApiReply> {
    const visible = visibleAcross(policies, 'nodegroup:get_all_all_projects', context);
    const cluster = await oneCluster(store, params['cluster'] ?? '', visible);
    enforce(policies, 'nodegroup:get_all', context, cluster);
    const page = pageOf(query, { table: 'nodegroup' }, services.settings.api.max_limit);
    const { role } = query;
    const groups = await withMarker(store.nodegroups.page(cluster.uuid, page, role), (marker) =>
      notFound(`Nodegroup ${marker} could not be found.`),
    );
    const collection = `clusters/${cluster.uuid}/nodegroups`;
    const views = groups.map(nodegroupBrief);
    const body = listBody(base, collection, 'nodegroups', views, page, groups.at(-1)?.uuid, { role });
    return { status: 200, body };
  }

  async function show({ context, params, base }: ApiRequest): Promise<ApiReply> {
    const visible = visibleAcross(policies, 'nodegroup:get_one_all_projects', context);
    const cluster = await oneCluster(store, params['cluster'] ?? '', visible);
    enforce(policies, 'nodegroup:get', context, cluster);
    const ident = params['ident'] ?? '';
    const group = oneNodegroup(await store.nodegroups.of(cluster.uuid), ident);
    return { status: 200, body: nodegroupDetail(group, cluster, base) };
  }

  const path = '/clusters/:cluster/nodegroups';
  return [
    {
      method: 'GET',
      path,
      since: SINCE,
      query: [...LIST_PARAMETERS, 'role'],
      policies: ['nodegroup:get_all', 'nodegroup:get_all_all_projects'],
      summary: "List a cluster's node groups",
      responses: { 200: answers.listOf('nodegroups', answers.nodegroupInList) },
      handle: list,
    },
    {
      method: 'GET',
      path: `${path}/:ident`,
      since: SINCE,
      policies: ['nodegroup:get', 'nodegroup:get_one_all_projects'],
      summary: 'Show a node group',
      responses: { 200: answers.nodegroup },
      handle: show,
    },
  ];
}
