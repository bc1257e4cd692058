import { sql } from 'kysely';
import { listingOf, selectPage, visibleTo } from './paging.ts';
import type { QueryContext } from './query-context.ts';
import { byUuid, change, insert, remove, select } from './row-queries.ts';
import { read } from './run-statement.ts';
import type { NodeGroup } from './rows.ts';
import { overview, shown } from './cluster-reads.ts';
import type { ClusterQueries } from './store.ts';

export function clusterQueries(context: QueryContext): ClusterQueries {
  return {
    get: (uuid) => byUuid(context, 'cluster', uuid),
    find(ident, visible) {
      const by = 'uuid' in ident ? sql`uuid = ${ident.uuid}` : context.kind.same('name', ident.name);
      return select(context, 'cluster', sql`where ${by} and ${visibleTo(visible)} order by id limit 2`);
    },
    list: (visible, page) => selectPage(context, listingOf('cluster', visible), page),
    overview: (visible, page) => overview(context, visible, page),
    shown: (uuid, visible) => shown(context, uuid, visible),
    async withGroups(clusters) {
      if (clusters.length === 0) return [];
      const uuids = clusters.map(({ uuid }) => uuid);
      const templateIds = [...new Set(clusters.map((cluster) => cluster.cluster_template_id))];
      const groups = await select(
        context,
        'nodegroup',
        sql`where cluster_id in (${sql.join(uuids)}) order by id`,
      );
      const templates = await select(
        context,
        'cluster_template',
        sql`where uuid in (${sql.join(templateIds)})`,
      );
      const groupsOf = new Map<string, NodeGroup[]>(uuids.map((uuid) => [uuid, []]));
      for (const group of groups) groupsOf.get(group.cluster_id)?.push(group);
      const templateOf = new Map(templates.map((template) => [template.uuid, template]));
      return clusters.map((cluster) => ({
        cluster,
        nodegroups: groupsOf.get(cluster.uuid) ?? [],
        template: templateOf.get(cluster.cluster_template_id),
      }));
    },
    async inStatus(statuses) {
      if (statuses.length === 0) return [];
      return select(context, 'cluster', sql`where status in (${sql.join(statuses)}) order by id`);
    },
    async countOf(projectId) {
      const [counted] = await read(
        context,
        sql<{ n: number | string }>`select count(*) as n from cluster where project_id = ${projectId}`,
      );
      return Number(counted?.n ?? 0);
    },
    insert: (row) => insert(context, 'cluster', row),
    async update(uuid, columns, when) {
      const among = when === undefined ? sql`1 = 1` : sql`status in (${sql.join(when)})`;
      if (when?.length === 0) return false;
      return (await change(context, 'cluster', columns, sql`uuid = ${uuid} and ${among}`)) > 0;
    },
    async destroy(uuid) {
      await remove(context, 'nodegroup', sql`cluster_id = ${uuid}`);
      await remove(context, 'gantry_condition', sql`cluster_uuid = ${uuid}`);
      return (await remove(context, 'cluster', sql`uuid = ${uuid}`)) > 0;
    },
  };
}
