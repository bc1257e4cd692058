import { sql } from 'kysely';
import { writeTime } from './codec.ts';
import type { QueryContext } from './query-context.ts';
import { byUuid, change, insert, select } from './row-queries.ts';
import type { Operation } from './rows.ts';
import type { OperationQueries } from './store.ts';

const unfinished = sql.raw(`('queued', 'running')`);

export function operationQueries(context: QueryContext): OperationQueries {
  async function withoutToken(uuid: string): Promise<Partial<Operation>> {
    const operation = await byUuid(context, 'gantry_operation', uuid);
    return operation ? { caller: { ...operation.caller, sealed_token: null } } : {};
  }

  return {
    get: (uuid) => byUuid(context, 'gantry_operation', uuid),
    of: (clusterUuid) =>
      select(context, 'gantry_operation', sql`where cluster_uuid = ${clusterUuid} order by id`),
    enqueue: (operation) =>
      insert(context, 'gantry_operation', {
        ...operation,
        uuid: context.uuid(),
        step: null,
        state: 'queued',
        attempts: 0,
        claimed_by: null,
        claimed_until: null,
        last_error: null,
        progress: 0,
        results: {},
      }),
    async claim(owner, until) {
      for (;;) {
        const now = writeTime(context.now());
        const [ready] = await select(
          context,
          'gantry_operation',
          sql`where state in ${unfinished} and (claimed_until is null or claimed_until <= ${now})
                and not exists (
                  select 1 from gantry_operation as earlier
                  where earlier.cluster_uuid = gantry_operation.cluster_uuid and earlier.id < gantry_operation.id
                    and (earlier.state in ${unfinished}
                      or (earlier.state = 'superseded' and earlier.claimed_by is not null
                        and earlier.claimed_until > ${now})))
              order by id limit 1`,
        );
        if (!ready) return undefined;
        const claim = { claimed_by: owner, claimed_until: until, state: 'running' } as const;
        const seenUntil = ready.claimed_until === null ? null : writeTime(ready.claimed_until);
        const taken = await change(
          context,
          'gantry_operation',
          claim,
          sql`uuid = ${ready.uuid} and state = ${ready.state}
              and coalesce(claimed_by, '') = ${ready.claimed_by ?? ''}
              and ${seenUntil === null ? sql`claimed_until is null` : sql`claimed_until = ${seenUntil}`}`,
        );
        if (taken > 0) return { ...ready, ...claim };
      }
    },
    advance: async (uuid, owner, progress) =>
      (await change(context, 'gantry_operation', progress, held(uuid, owner))) > 0,
    async finish(uuid, owner, state, lastError) {
      const end = {
        ...(await withoutToken(uuid)),
        state,
        claimed_by: null,
        claimed_until: null,
        ...(state === 'done' ? { progress: 100, last_error: null } : {}),
        ...(lastError === undefined ? {} : { last_error: lastError }),
      };
      return (await change(context, 'gantry_operation', end, held(uuid, owner))) > 0;
    },
    async release(uuid, owner, notBefore) {
      const free = { claimed_by: null, claimed_until: notBefore ?? null };
      await change(context, 'gantry_operation', free, sql`uuid = ${uuid} and claimed_by = ${owner}`);
    },
    async releaseAll() {
      const free = { claimed_by: null, claimed_until: null };
      await change(context, 'gantry_operation', free, sql`claimed_by is not null`);
    },
    async supersede(clusterUuid, among = () => true) {
      const unfinishedOnes = await select(
        context,
        'gantry_operation',
        sql`where cluster_uuid = ${clusterUuid} and state in ${unfinished} order by id`,
      );
      const ended = unfinishedOnes.filter(among);
      for (const { uuid } of ended) {
        const end = { ...(await withoutToken(uuid)), state: 'superseded' } as const;
        await change(context, 'gantry_operation', end, sql`uuid = ${uuid} and state in ${unfinished}`);
      }
      return ended;
    },
    async nextWake() {
      const [next] = await select(
        context,
        'gantry_operation',
        sql`where claimed_until > ${writeTime(context.now())}
              and (state in ${unfinished} or (state = 'superseded' and claimed_by is not null))
            order by claimed_until limit 1`,
      );
      return next?.claimed_until ?? undefined;
    },
  };
}

/** Chooses the operation while `owner` holds it. */
function held(uuid: string, owner: string) {
  return sql`uuid = ${uuid} and claimed_by = ${owner} and state = 'running'`;
}
