import { labelDifferences } from '../clusters/labels.ts';
import { notFound } from '../clusters/errors.ts';
import type { Cluster, NodeGroup } from '../store/rows.ts';
import * as answers from './answer-schemas.ts';
import { asUuid } from './ident.ts';
import { LIST_PARAMETERS, pageOf, withMarker } from './list-query.ts';
import { linksTo } from './links.ts';
import { oneCluster, visibleOrAll } from './lookup.ts';
import { enforce } from './policies.ts';
import type { ApiReply, ApiRequest, Route } from './route.ts';
import type { ApiServices } from './services.ts';
import { timestamp } from './timestamp.ts';

const SINCE = { major: 1, minor: 9 } as const;

/** `/v1/clusters/{cluster}/nodegroups` */
export function nodegroupRoutes(services: ApiServices): Route[] {
  const { store, policies } = services;

  async function list({ context, params, query, base }: ApiRequest): Promise<ApiReply> {
    const cluster = await oneCluster(store, params['cluster'] ?? '', visibleOrAll(context));
    enforce(policies, 'nodegroup:get_all', context, cluster);
    const page = pageOf(query, { table: 'nodegroup' }, services.settings.api.max_limit);
    const { groups, more } = await withMarker(
      store.nodegroups.page(cluster.uuid, page, query['role']),
      (marker) => notFound(`Nodegroup ${marker} could not be found.`),
    );
    const nodegroups = groups.map(brief);
    const last = groups.at(-1)?.uuid;
    if (!more || last === undefined) return { status: 200, body: { nodegroups } };
    const rest = `sort_key=${page.sortKey}&sort_dir=${page.sortDir}&limit=${page.limit}&marker=${last}`;
    const next = `${base}/v1/clusters/${cluster.uuid}/nodegroups?${rest}`;
    return { status: 200, body: { nodegroups, next } };
  }

  async function show({ context, params, base }: ApiRequest): Promise<ApiReply> {
    const cluster = await oneCluster(store, params['cluster'] ?? '', visibleOrAll(context));
    enforce(policies, 'nodegroup:get', context, cluster);
    const ident = params['ident'] ?? '';
    const uuid = asUuid(ident);
    const group = (await store.nodegroups.of(cluster.uuid)).find((candidate) =>
      uuid === undefined
        ? candidate.name === ident || String(candidate.id) === ident
        : candidate.uuid === uuid,
    );
    if (!group) throw notFound(`Nodegroup ${ident} could not be found.`);
    return { status: 200, body: detail(group, cluster, base) };
  }

  const path = '/clusters/:cluster/nodegroups';
  return [
    {
      method: 'GET',
      path,
      since: SINCE,
      query: [...LIST_PARAMETERS, 'role'],
      policies: ['nodegroup:get_all'],
      summary: "List a cluster's node groups",
      responses: { 200: answers.listOf('nodegroups', answers.nodegroupInList) },
      handle: list,
    },
    {
      method: 'GET',
      path: `${path}/:ident`,
      since: SINCE,
      policies: ['nodegroup:get'],
      summary: 'Show a node group',
      responses: { 200: answers.nodegroup },
      handle: show,
    },
  ];
}

function brief(group: NodeGroup): object {
  return {
    uuid: group.uuid,
    name: group.name,
    flavor_id: group.flavor_id,
    image_id: group.image_id,
    node_count: group.node_count,
    role: group.role,
    min_node_count: group.min_node_count,
    max_node_count: group.max_node_count,
    is_default: group.is_default,
    stack_id: group.stack_id,
    status: group.status,
    merge_labels: false,
  };
}

function detail(group: NodeGroup, cluster: Cluster, base: string): object {
  const differences = labelDifferences(cluster.labels, group.labels);
  return {
    id: group.id,
    uuid: group.uuid,
    name: group.name,
    cluster_id: group.cluster_id,
    project_id: group.project_id,
    docker_volume_size: group.docker_volume_size,
    labels: group.labels,
    links: linksTo(base, `clusters/${cluster.uuid}/nodegroups/${group.uuid}`),
    flavor_id: group.flavor_id,
    image_id: group.image_id,
    node_addresses: group.node_addresses,
    node_count: group.node_count,
    role: group.role,
    min_node_count: group.min_node_count,
    max_node_count: group.max_node_count,
    is_default: group.is_default,
    stack_id: group.stack_id,
    status: group.status,
    status_reason: group.status_reason,
    version: group.version,
    merge_labels: false,
    labels_overridden: differences.overridden,
    labels_added: differences.added,
    labels_skipped: differences.skipped,
    node_labels: group.node_labels,
    node_taints: group.node_taints,
    created_at: timestamp(group.created_at),
    updated_at: timestamp(group.updated_at),
  };
}
