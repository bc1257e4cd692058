import { sql } from 'kysely';
import type { QueryContext } from './query-context.ts';
import { insert, select, upsert } from './row-queries.ts';
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
      const { kind } = context;
      await upsert(
        context,
        'gantry_condition',
        { ...condition, since: context.now() },
        ['cluster_uuid', 'type'],
        // MariaDB assigns one after the other, so the status must still be the old one where it is compared.
        sql`since = case when gantry_condition.status = ${kind.inserted('status')}
              then gantry_condition.since else ${kind.inserted('since')} end,
            status = ${kind.inserted('status')}, reason = ${kind.inserted('reason')},
            message = ${kind.inserted('message')}, updated_at = ${kind.inserted('created_at')}`,
      );
    },
  };
}
