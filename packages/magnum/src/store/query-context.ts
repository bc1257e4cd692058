import type { CompiledQuery, Kysely } from 'kysely';
import type { Database } from './codec.ts';
import type { DatabaseKind } from './database-kind.ts';
import type { Rows } from './tables.ts';

/** What every query needs. `db` is a connection or a transaction. */
export interface QueryContext {
  readonly db: Kysely<Database>;
  readonly kind: DatabaseKind;
  /** Columns that this database's version of Magnum's tables doesn't have. */
  readonly missing: MissingColumns;
  /** Statements, compiled, by what their text depends on. */
  readonly reused: Map<string, CompiledQuery>;
  now(): Date;
  /** A random UUID, with dashes. */
  uuid(): string;
}

/** By table; tables that have all their columns aren't in it. */
export type MissingColumns = ReadonlyMap<keyof Rows, ReadonlySet<string>>;
