import { sql } from 'kysely';
import { readList, readObject } from './codec.ts';
import { listingOf, ownedBy, ownerOf, readPage, shapeOf, type Listing } from './paging.ts';
import type { QueryContext } from './query-context.ts';
import { columnsOf, decodeRow } from './row-queries.ts';
import { readReused } from './reused-statement.ts';
import type { Cluster, NodeGroup } from './rows.ts';
import type { ClusterOverview, ClusterShown, Page, Visibility } from './store.ts';

/** What the API is asked for most, in one statement each. */

const OVERVIEW = [
  'uuid',
  'name',
  'cluster_template_id',
  'keypair',
  'docker_volume_size',
  'labels',
  'master_flavor_id',
  'flavor_id',
  'create_timeout',
  'stack_id',
  'status',
  'health_status',
] as const satisfies readonly (keyof Cluster)[];

/** One page of clusters, and how many nodes they have. @throws MarkerNotFound */
export async function overview(
  context: QueryContext,
  visible: Visibility,
  page: Page,
): Promise<ClusterOverview[]> {
  const isMaster = context.kind.same('g.role', 'master');
  const listing: Listing<'cluster'> = {
    ...listingOf('cluster', visible),
    shape: `overview ${shapeOf(visible)}`,
    columns: sql`${columnsOf(context, 'cluster', 'listed', OVERVIEW)}, sum(g.node_count) as nodes,
      sum(case when ${isMaster} then g.node_count else 0 end) as masters`,
    joined: sql`left join nodegroup as g on g.cluster_id = listed.uuid`,
    grouped: sql`group by listed.id`,
  };
  const rows = await readPage(context, listing, page);
  return rows.map((row) => {
    // Sums come as text where they may be larger than numbers; a cluster without groups has none.
    const { nodes, masters } = row as unknown as Record<'nodes' | 'masters', string | number | null>;
    const master_count = Number(masters);
    return Object.assign(row, { master_count, node_count: Number(nodes) - master_count });
  });
}

/** A cluster with its groups side by side: its columns are in every row, for each has one group at most. */
interface ShownRow {
  readonly template_uuid: string | null;
  readonly template_labels: string | null;
  /** Null, like all others of the group, if the cluster has none. */
  readonly group_id: number | null;
  readonly group_name: string;
  readonly group_role: string;
  readonly node_count: number;
  readonly node_addresses: string | null;
  readonly group_status: NodeGroup['status'];
  readonly group_reason: string | null;
}

export async function shown(
  context: QueryContext,
  uuid: string,
  visible: Visibility,
): Promise<ClusterShown | undefined> {
  const values = { uuid, owner: ownerOf(visible) };
  const rows = await readReused(
    context,
    `shown ${shapeOf(visible)}`,
    values,
    (
      place,
    ) => sql<ShownRow>`select ${columnsOf(context, 'cluster')}, t.uuid as template_uuid, t.labels as template_labels,
        g.id as group_id, g.name as group_name, g.role as group_role, g.node_count, g.node_addresses,
        g.status as group_status, g.status_reason as group_reason
      from cluster left join cluster_template as t on t.uuid = cluster.cluster_template_id
        left join nodegroup as g on g.cluster_id = cluster.uuid
      where cluster.uuid = ${place('uuid')} and ${ownedBy(visible, place('owner'), 'cluster')}`,
  );
  const [first] = rows;
  if (!first) return undefined;
  // Sorted here: the server would make a table on its disk for it.
  const groups = rows.flatMap((row) => (row.group_id === null ? [] : [{ ...row, group_id: row.group_id }]));
  groups.sort((a, b) => a.group_id - b.group_id);
  return {
    nodegroups: groups.map((row) => ({
      name: row.group_name,
      role: row.group_role,
      node_count: row.node_count,
      node_addresses: readList(row.node_addresses),
      status: row.group_status,
      status_reason: row.group_reason,
    })),
    template: first.template_uuid === null ? undefined : { labels: readObject(first.template_labels) },
    cluster: decodeRow(context, 'cluster', first),
  };
}
