import { sql, type RawBuilder, type SqlBool } from 'kysely';
import { decode, type Undecoded } from './codec.ts';
import type { QueryContext } from './query-context.ts';
import { columnsOf, completeRow } from './row-queries.ts';
import { readReused, type PlaceOf } from './reused-statement.ts';
import { MarkerNotFound, type Page, type Visibility } from './store.ts';
import { tables, type Rows } from './tables.ts';

type Condition = RawBuilder<SqlBool>;

const always: Condition = sql`1 = 1`;

/** Columns by which a table can be sorted. */
export function sortableColumns(table: keyof Rows): readonly string[] {
  return ['id', ...Object.keys(tables[table].columns)];
}

/** A project's or a user's rows. */
export function visibleTo(visible: Visibility): Condition {
  return ownedBy(visible, sql`${ownerOf(visible)}`);
}

/**
 * The same, whoever it is.
 *
 * @param visible only its kind is looked at
 * @param owner the place of {@link ownerOf}
 * @param table its name, in a statement with several
 */
export function ownedBy(visible: Visibility, owner: RawBuilder<unknown>, table?: string): Condition {
  const column = (name: string) => sql.ref(table === undefined ? name : `${table}.${name}`);
  if (visible === 'all') return always;
  return sql`${column('projectId' in visible ? 'project_id' : 'user_id')} = ${owner}`;
}

/** Null if all may be seen. */
export function ownerOf(visible: Visibility): string | null {
  if (visible === 'all') return null;
  return 'projectId' in visible ? visible.projectId : visible.userId;
}

/** What the text of {@link ownedBy} depends on. */
export function shapeOf(visible: Visibility): string {
  if (visible === 'all') return 'all';
  return 'projectId' in visible ? 'project' : 'user';
}

/** What is listed of a table. */
export interface Listing<T extends keyof Rows> {
  readonly table: T;
  /** Which rows; the table is called `listed`. */
  readonly where: (place: PlaceOf) => Condition;
  /** Those of `where`. */
  readonly values: Readonly<Record<string, unknown>>;
  /** What the text of `where` depends on. */
  readonly shape: string;
  /** Where the marker is looked for; by default `uuid`. */
  readonly markerColumn?: 'uuid' | 'id';
  /** By default all. */
  readonly columns?: RawBuilder<unknown>;
  /** What is joined to it, and how its rows are brought together again. */
  readonly joined?: RawBuilder<unknown>;
  readonly grouped?: RawBuilder<unknown>;
}

/** All of a table that may be seen. */
export function listingOf<T extends keyof Rows>(table: T, visible: Visibility): Listing<T> {
  return {
    table,
    where: (place) => ownedBy(visible, place('owner'), 'listed'),
    values: { owner: ownerOf(visible) },
    shape: shapeOf(visible),
  };
}

/** One page of a table. @throws MarkerNotFound as {@link readPage} */
export async function selectPage<T extends keyof Rows>(
  context: QueryContext,
  listing: Listing<T>,
  page: Page,
): Promise<Rows[T][]> {
  const rows = await readPage(context, listing, page);
  return rows.map((row) => decode(listing.table, row));
}

/**
 * One page of a table, as the database has it.
 *
 * @throws MarkerNotFound if the marker isn't among the rows that are listed
 */
export async function readPage<T extends keyof Rows>(
  context: QueryContext,
  listing: Listing<T>,
  page: Page,
): Promise<Undecoded<Rows[T]>[]> {
  const { table, where, values, shape, markerColumn = 'uuid' } = listing;
  if (!sortableColumns(table).includes(page.sortKey))
    throw new Error(`${table} has no column ${page.sortKey}`);
  // No order can be had from a column that this database doesn't have.
  const by = context.missing.get(table)?.has(page.sortKey) === true ? { ...page, sortKey: 'id' } : page;
  const { limit, marker } = page;
  const whole = `${table} ${shape} ${by.sortKey} ${by.sortDir} ${marker === undefined ? 'first' : 'next'}`;
  const rows = await readReused(context, whole, { ...values, limit, marker }, (place) =>
    pageQuery(context, listing, by, place),
  );
  if (rows.length === 0 && marker !== undefined) {
    const [found] = await readReused(
      context,
      `${table} ${shape} marker`,
      { ...values, marker },
      (place) => sql`select listed.id from ${sql.table(table)} as listed
        where ${where(place)} and ${sql.ref(`listed.${markerColumn}`)} = ${place('marker')}`,
    );
    if (!found) throw new MarkerNotFound(marker);
  }
  return rows.map((row) => completeRow(context, table, row));
}

/** One statement, marker or not: a list has few of them to spend. */
function pageQuery<T extends keyof Rows>(
  context: QueryContext,
  listing: Listing<T>,
  page: Page,
  place: PlaceOf,
): RawBuilder<object> {
  const { table, markerColumn = 'uuid', joined = sql``, grouped = sql`` } = listing;
  const { columns = columnsOf(context, table, 'listed') } = listing;
  const where = listing.where(place);
  const listed = sql`${sql.table(table)} as listed`;
  const end = sql`${grouped} order by ${order(page)} limit ${place('limit')}`;
  if (page.marker === undefined) return sql`select ${columns} from ${listed} ${joined} where ${where} ${end}`;
  const marker = sql`select listed.id as marker_id, ${keyOf(page)} as marker_key
    from ${listed} where ${where} and ${sql.ref(`listed.${markerColumn}`)} = ${place('marker')}`;
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
