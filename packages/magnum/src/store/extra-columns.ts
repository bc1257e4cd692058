import { sql, type RawBuilder } from 'kysely';
import type { Bound } from './codec.ts';
import type { QueryContext } from './query-context.ts';
import { read, write } from './run-statement.ts';

/**
 * Columns that this database's version of Magnum's tables doesn't have: the original added some in later
 * releases and dropped others, and its tables are not ours to change. Their values are kept in `gantry_extra`,
 * one row for each row that has such values, and read in the same statement.
 */

/** Values that say nothing, so that nothing needs to be kept. */
const EMPTY: ReadonlySet<Bound> = new Set([null, '{}', '[]', 'null']);

/** All columns of a table, missing ones included; the first of those brings all that is kept. */
export function withExtras(table: string, missing: ReadonlySet<string>): RawBuilder<unknown> {
  const [first = '', ...others] = missing;
  const kept = sql`(select x.columns from gantry_extra as x where x.row_uuid = ${sql.ref(`${table}.uuid`)})`;
  const nulls = others.map((column) => sql`, null as ${sql.ref(column)}`);
  return sql`${sql.table(table)}.*, ${kept} as ${sql.ref(first)} ${sql.join(nulls, sql``)}`;
}

/** Puts the kept values of a row in their place. */
export function placeExtras(row: object, missing: ReadonlySet<string>): void {
  const columns = row as Record<string, unknown>;
  const [first = ''] = missing;
  const text = columns[first];
  // Where nothing is kept, the statement gave null for each of them.
  if (typeof text !== 'string') return;
  const kept: Record<string, unknown> = JSON.parse(text);
  for (const name of missing) columns[name] = kept[name] ?? null;
}

/** Writes down values of rows in missing columns; other such values of theirs stay. */
export async function keepExtras(
  context: QueryContext,
  uuids: readonly string[],
  values: Readonly<Record<string, Bound>>,
): Promise<void> {
  const says = Object.values(values).some((value) => !EMPTY.has(value));
  for (const uuid of uuids) {
    const [row] = await read(
      context,
      sql<{ columns: string }>`select columns from gantry_extra where row_uuid = ${uuid}`,
    );
    const before: Record<string, Bound> | undefined = row && JSON.parse(row.columns);
    if (!before && !says) continue;
    const columns = JSON.stringify({ ...before, ...values });
    await write(
      context,
      before
        ? sql`update gantry_extra set columns = ${columns} where row_uuid = ${uuid}`
        : sql`insert into gantry_extra (row_uuid, columns) values (${uuid}, ${columns})`,
    );
  }
}

export async function removeExtras(context: QueryContext, uuids: readonly string[]): Promise<void> {
  if (uuids.length > 0) {
    await write(context, sql`delete from gantry_extra where row_uuid in (${sql.join(uuids)})`);
  }
}
