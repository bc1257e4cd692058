import { sql, type SqlBool } from 'kysely';
import { selectPage, visibleTo, type Listing } from './paging.ts';
import type { QueryContext } from './query-context.ts';
import { byUuid, change, insert, remove, select } from './row-queries.ts';
import type { PlaceOf } from './reused-statement.ts';
import { read } from './run-statement.ts';
import type { NodeGroupQueries } from './store.ts';

export function nodegroupQueries(context: QueryContext): NodeGroupQueries {
  return {
    of: (clusterUuid) => select(context, 'nodegroup', sql`where cluster_id = ${clusterUuid} order by id`),
    get: (uuid) => byUuid(context, 'nodegroup', uuid),
    async page(clusterUuid, page, role) {
      const ofCluster = (place: PlaceOf) => sql<SqlBool>`listed.cluster_id = ${place('cluster')}`;
      const listing: Listing<'nodegroup'> = {
        table: 'nodegroup',
        shape: role === undefined ? 'of cluster' : 'of cluster, of role',
        where: (place) =>
          role === undefined
            ? ofCluster(place)
            : sql<SqlBool>`${ofCluster(place)} and listed.role = ${place('role')}`,
        values: { cluster: clusterUuid, role },
      };
      return selectPage(context, listing, page);
    },
    insert: (row) => insert(context, 'nodegroup', row),
    update: async (uuid, columns) => (await change(context, 'nodegroup', columns, sql`uuid = ${uuid}`)) > 0,
    async updateAll(clusterUuid, columns) {
      await change(context, 'nodegroup', columns, sql`cluster_id = ${clusterUuid}`);
    },
    destroy: async (uuid) => (await remove(context, 'nodegroup', sql`uuid = ${uuid}`)) > 0,
    async totals(visible) {
      const seen =
        visible === 'all'
          ? sql`1 = 1`
          : sql`cluster_id in (select uuid from cluster where ${visibleTo(visible)})`;
      const [sums] = await read(
        context,
        sql<{ clusters: number | string; nodes: number | string | null }>`
          select (select count(*) from cluster where ${visibleTo(visible)}) as clusters,
                 (select sum(node_count) from nodegroup where ${seen}) as nodes`,
      );
      return { clusters: Number(sums?.clusters ?? 0), nodes: Number(sums?.nodes ?? 0) };
    },
  };
}
