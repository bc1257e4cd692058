import { sql, type RawBuilder } from 'kysely';
import type { Bound } from './codec.ts';
import type { QueryContext } from './query-context.ts';
import { read, write } from './run-statement.ts';

/**
 * Columns that this database's version of Magnum's tables doesn't have: the original added some in later
 * releases and dropped others, and its tables are not ours to change. Their values are kept in `gantry_extra`,
 * one row for each row that has such values, and read in the same statement.
 */
const EXTRA = 'gantry_extra_columns';

/** Values that say nothing, so that nothing needs to be kept. */
const EMPTY: ReadonlySet<Bound> = new Set([null, '{}', '[]', 'null']);

/** All columns of a table, with the kept values. */
export function withExtras(table: string): RawBuilder<unknown> {
  return sql`${sql.table(table)}.*, (select x.columns from gantry_extra as x
    where x.row_uuid = ${sql.ref(`${table}.uuid`)}) as ${sql.ref(EXTRA)}`;
}

/** Puts the kept values of a row in their place. */
export function extrasOf(row: object, missing: ReadonlySet<string>): object {
  const { [EXTRA]: text, ...columns } = row as Record<string, unknown>;
  const kept: Record<string, unknown> = typeof text === 'string' ? JSON.parse(text) : {};
  for (const name of missing) columns[name] = kept[name] ?? null;
  return columns;
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
