import { sql, type RawBuilder, type SqlBool } from 'kysely';
import { decode, type Undecoded } from './codec.ts';
import type { QueryContext } from './query-context.ts';
import { columnsOf, completeRow } from './row-queries.ts';
import { read } from './run-statement.ts';
import { MarkerNotFound, type Page, type Visibility } from './store.ts';
import { tables, type Rows } from './tables.ts';

type Condition = RawBuilder<SqlBool>;

const always: Condition = sql`1 = 1`;

/** Columns by which a table can be sorted. */
export function sortableColumns(table: keyof Rows): readonly string[] {
  return ['id', ...Object.keys(tables[table].columns)];
}

/** A project's or a user's rows. @param table its name, in a statement with several */
export function visibleTo(visible: Visibility, table?: string): Condition {
  const column = (name: string) => sql.ref(table === undefined ? name : `${table}.${name}`);
  if (visible === 'all') return always;
  if ('projectId' in visible) return sql`${column('project_id')} = ${visible.projectId}`;
  return sql`${column('user_id')} = ${visible.userId}`;
}

/** One page of a table. @throws MarkerNotFound as {@link readPage} */
export async function selectPage<T extends keyof Rows>(
  context: QueryContext,
  table: T,
  where: Condition,
  page: Page,
  markerColumn?: 'uuid' | 'id',
): Promise<Rows[T][]> {
  const rows = await readPage(context, table, where, page, { markerColumn });
  return rows.map((row) => decode(table, row));
}

interface PageParts {
  /** Where the marker is looked for; by default `uuid`. */
  readonly markerColumn?: 'uuid' | 'id' | undefined;
  /** Of the table, which is called `listed`; by default all. */
  readonly columns?: RawBuilder<unknown>;
  /** What is joined to it, and how its rows are brought together again. */
  readonly joined?: RawBuilder<unknown>;
  readonly grouped?: RawBuilder<unknown>;
}

/**
 * One page of a table, as the database has it.
 *
 * @param where which rows the caller may see
 * @throws MarkerNotFound if the marker isn't among those rows
 */
export async function readPage<T extends keyof Rows>(
  context: QueryContext,
  table: T,
  where: Condition,
  page: Page,
  { markerColumn = 'uuid', columns = columnsOf(context, table, 'listed'), joined, grouped }: PageParts = {},
): Promise<Undecoded<Rows[T]>[]> {
  if (!sortableColumns(table).includes(page.sortKey))
    throw new Error(`${table} has no column ${page.sortKey}`);
  // No order can be had from a column that this database doesn't have.
  const by = context.missing.get(table)?.has(page.sortKey) === true ? { ...page, sortKey: 'id' } : page;
  const rows = await read(
    context,
    pageQuery({ columns, table, where, page: by, markerColumn, joined, grouped }),
  );
  if (rows.length === 0 && page.marker !== undefined) {
    const [marker] = await read(
      context,
      sql`select listed.id from ${sql.table(table)} as listed
        where ${where} and ${sql.ref(`listed.${markerColumn}`)} = ${page.marker}`,
    );
    if (!marker) throw new MarkerNotFound(page.marker);
  }
  return rows.map((row) => completeRow(context, table, row));
}

interface PageQuery extends PageParts {
  readonly table: keyof Rows;
  readonly where: Condition;
  readonly page: Page;
}

/** One statement, marker or not: a list has few of them to spend. */
function pageQuery({
  table,
  where,
  page,
  markerColumn = 'uuid',
  columns,
  joined = sql``,
  grouped = sql``,
}: PageQuery): RawBuilder<object> {
  const listed = sql`${sql.table(table)} as listed`;
  const end = sql`${grouped} order by ${order(page)} limit ${page.limit}`;
  if (page.marker === undefined) return sql`select ${columns} from ${listed} ${joined} where ${where} ${end}`;
  const marker = sql`select listed.id as marker_id, ${keyOf(page)} as marker_key
    from ${listed} where ${where} and ${sql.ref(`listed.${markerColumn}`)} = ${page.marker}`;
  return sql`select ${columns} from ${listed} ${joined}, (${marker}) as marker where ${where} and ${behind(page)} ${end}`;
}

function keyOf(page: Page): RawBuilder<unknown> {
  return sql.ref(`listed.${page.sortKey}`);
}

/** Rows without a value come first when ascending, as SQLite and MariaDB have it by themselves; ties go by `id`. */
function order(page: Page): RawBuilder<unknown> {
  const direction = sql.raw(page.sortDir);
  if (page.sortKey === 'id') return sql`listed.id ${direction}`;
  const key = keyOf(page);
  return sql`case when ${key} is null then 0 else 1 end ${direction}, ${key} ${direction}, listed.id ${direction}`;
}

/** Whether a row comes after the marker in that order. */
function behind(page: Page): Condition {
  const ascending = page.sortDir === 'asc';
  const further = sql.raw(ascending ? '>' : '<');
  const later: Condition = sql`listed.id ${further} marker_id`;
  if (page.sortKey === 'id') return later;
  const key = keyOf(page);
  const sameKey: Condition = sql`((${key} = marker_key or (${key} is null and marker_key is null)) and ${later})`;
  const otherKind: Condition = ascending
    ? sql`(marker_key is null and ${key} is not null)`
    : sql`(marker_key is not null and ${key} is null)`;
  return sql`(${key} ${further} marker_key or ${sameKey} or ${otherKind})`;
}
