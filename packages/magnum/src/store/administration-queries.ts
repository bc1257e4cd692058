import { sql } from 'kysely';
import { listingOf, selectPage } from './paging.ts';
import type { QueryContext } from './query-context.ts';
import { byUuid, change, insert, remove, select, upsert } from './row-queries.ts';
import type { KeyPairQueries, QuotaQueries, ServiceQueries } from './store.ts';

export function keyPairQueries(context: QueryContext): KeyPairQueries {
  return {
    get: (uuid) => byUuid(context, 'x509keypair', uuid),
    insert: (row) => insert(context, 'x509keypair', row),
    destroy: async (uuid) => (await remove(context, 'x509keypair', sql`uuid = ${uuid}`)) > 0,
  };
}

export function serviceQueries(context: QueryContext): ServiceQueries {
  return {
    list: () => select(context, 'magnum_service', sql`order by id`),
    async heartbeat(host, binary) {
      const last_seen_up = context.now();
      const row = { host, binary, disabled: false, disabled_reason: null, last_seen_up, forced_down: false };
      const { kind } = context;
      await upsert(
        context,
        'magnum_service',
        { ...row, report_count: 1 },
        ['host', 'binary'],
        sql`last_seen_up = ${kind.inserted('last_seen_up')}, updated_at = ${kind.inserted('created_at')},
            report_count = magnum_service.report_count + 1`,
      );
    },
  };
}

export function quotaQueries(context: QueryContext): QuotaQueries {
  return {
    async get(projectId, resource) {
      const [row] = await select(context, 'quotas', sql`where ${one(projectId, resource)}`);
      return row;
    },
    list: (visible, page) =>
      selectPage(context, { ...listingOf('quotas', visible), markerColumn: 'id' }, page),
    insert: (row) => insert(context, 'quotas', row),
    update: async (projectId, resource, hardLimit) =>
      (await change(context, 'quotas', { hard_limit: hardLimit }, one(projectId, resource))) > 0,
    destroy: async (projectId, resource) => (await remove(context, 'quotas', one(projectId, resource))) > 0,
  };
}

function one(projectId: string, resource: string) {
  return sql`project_id = ${projectId} and resource = ${resource}`;
}
