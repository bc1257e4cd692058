import { sql } from 'kysely';
import type { QueryContext } from './query-context.ts';
import { change, insert, select } from './row-queries.ts';
import type { ConditionQueries, EventQueries } from './store.ts';

export function eventQueries(context: QueryContext): EventQueries {
  return {
    add: (event) => insert(context, 'gantry_event', event),
    of: (clusterUuid, afterId = 0) =>
      select(
        context,
        'gantry_event',
        sql`where cluster_uuid = ${clusterUuid} and id > ${afterId} order by id`,
      ),
  };
}

export function conditionQueries(context: QueryContext): ConditionQueries {
  return {
    of: (clusterUuid) =>
      select(context, 'gantry_condition', sql`where cluster_uuid = ${clusterUuid} order by id`),
    async set(condition) {
      const mine = sql`cluster_uuid = ${condition.cluster_uuid} and type = ${condition.type}`;
      const [before] = await select(context, 'gantry_condition', sql`where ${mine}`);
      if (!before) {
        await insert(context, 'gantry_condition', { ...condition, since: context.now() });
        return;
      }
      const since = before.status === condition.status ? before.since : context.now();
      await change(context, 'gantry_condition', { ...condition, since }, mine);
    },
  };
}
