import { sql } from 'kysely';
import type { QueryContext } from './query-context.ts';
import { upsert } from './row-queries.ts';

/**
 * Waits until no other transaction has this lock, and keeps it to the end of this one. It is a row that
 * everybody writes: that works with Galera too, whose nodes don't see each other's locks, but let only one of
 * two writers commit; the other does its transaction again.
 */
export async function lock(context: QueryContext, name: string): Promise<void> {
  if (!context.db.isTransaction)
    throw new Error('a lock lasts as long as its transaction, and there is none');
  await upsert(context, 'gantry_lock', { name, turns: 1 }, ['name'], sql`turns = gantry_lock.turns + 1`);
}
