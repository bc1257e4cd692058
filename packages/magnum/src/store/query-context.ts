import type { Kysely } from 'kysely';
import type { Database } from './codec.ts';

/** What every query needs. `db` is a connection or a transaction. */
export interface QueryContext {
  readonly db: Kysely<Database>;
  now(): Date;
  /** A random UUID, with dashes. */
  uuid(): string;
}
