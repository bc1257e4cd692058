import { sql, type RawBuilder, type SqlBool } from 'kysely';
import { decode } from './codec.ts';
import type { QueryContext } from './query-context.ts';
import { MarkerNotFound, type Page, type Visibility } from './store.ts';
import { tables, type Rows } from './tables.ts';

type Condition = RawBuilder<SqlBool>;

const always: Condition = sql`1 = 1`;
const never: Condition = sql`1 = 0`;

/** Columns by which a table can be sorted. */
export function sortableColumns(table: keyof Rows): readonly string[] {
  return ['id', ...Object.keys(tables[table].columns)];
}

/** A project's or a user's rows. */
export function visibleTo(visible: Visibility): Condition {
  if (visible === 'all') return always;
  if ('projectId' in visible) return sql`project_id = ${visible.projectId}`;
  return sql`user_id = ${visible.userId}`;
}

/**
 * One page of a table.
 *
 * @param where which rows the caller may see
 * @param markerColumn where the marker is looked for
 * @throws MarkerNotFound if the marker isn't among those rows
 */
export async function selectPage<T extends keyof Rows>(
  context: QueryContext,
  table: T,
  where: Condition,
  page: Page,
  markerColumn: 'uuid' | 'id' = 'uuid',
): Promise<Rows[T][]> {
  if (!sortableColumns(table).includes(page.sortKey))
    throw new Error(`${table} has no column ${page.sortKey}`);
  const from = sql.table(table);
  let after = always;
  if (page.marker !== undefined) {
    const found = await sql<{ id: number; sort_key: unknown }>`
      select id, ${sql.ref(page.sortKey)} as sort_key from ${from}
      where ${where} and ${sql.ref(markerColumn)} = ${page.marker}`.execute(context.db);
    const [marker] = found.rows;
    if (!marker) throw new MarkerNotFound(page.marker);
    after = behind(page, marker.id, marker.sort_key);
  }
  const { rows } = await sql<object>`
    select * from ${from} where ${where} and ${after} order by ${order(page)} limit ${page.limit}`.execute(
    context.db,
  );
  return rows.map((row) => decode(table, row));
}

/** Rows without a value come first when ascending, as SQLite and MariaDB have it by themselves; ties go by `id`. */
function order(page: Page): RawBuilder<unknown> {
  const direction = sql.raw(page.sortDir);
  if (page.sortKey === 'id') return sql`id ${direction}`;
  const key = sql.ref(page.sortKey);
  return sql`case when ${key} is null then 0 else 1 end ${direction}, ${key} ${direction}, id ${direction}`;
}

function behind(page: Page, id: number, key: unknown): Condition {
  const ascending = page.sortDir === 'asc';
  const further = sql.raw(ascending ? '>' : '<');
  const byId: Condition = sql`id ${further} ${id}`;
  if (page.sortKey === 'id') return byId;
  const column = sql.ref(page.sortKey);
  if (key === null) {
    const valued: Condition = ascending ? sql`${column} is not null` : never;
    return sql`(${valued} or (${column} is null and ${byId}))`;
  }
  const unvalued: Condition = ascending ? never : sql`${column} is null`;
  return sql`(${column} ${further} ${key} or (${column} = ${key} and ${byId}) or ${unvalued})`;
}
