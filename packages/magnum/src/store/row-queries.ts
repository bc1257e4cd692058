import { sql, type RawBuilder } from 'kysely';
import { decode, encode, type Bound, type Undecoded } from './codec.ts';
import { keepExtras, placeExtras, removeExtras, withExtras } from './extra-columns.ts';
import type { QueryContext } from './query-context.ts';
import { read, write } from './run-statement.ts';
import type { Rows } from './tables.ts';

/** Tables whose rows have a UUID. */
export type UuidTable = { [T in keyof Rows]: Rows[T] extends { uuid: string } ? T : never }[keyof Rows];

type Inserted<T extends keyof Rows> = Omit<Rows[T], 'id' | 'created_at' | 'updated_at'>;

/** Reads rows by one condition. The table is named by its own name in it, unless `alias` says otherwise. */
export async function select<T extends keyof Rows>(
  context: QueryContext,
  table: T,
  rest: RawBuilder<unknown>,
): Promise<Rows[T][]> {
  const rows = await read(
    context,
    sql<object>`select ${columnsOf(context, table)} from ${sql.table(table)} ${rest}`,
  );
  return rows.map((row) => decodeRow(context, table, row));
}

/**
 * What to select of a table, so that {@link completeRow} finds everything.
 *
 * @param name of the table in the statement
 * @param only these columns are needed; there may be more
 */
export function columnsOf<T extends keyof Rows>(
  context: QueryContext,
  table: T,
  name: string = table,
  only?: readonly (keyof Rows[T] & string)[],
): RawBuilder<unknown> {
  const missing = context.missing.get(table);
  if (missing) return withExtras(name, missing);
  return only ? sql.join(only.map((column) => sql.ref(`${name}.${column}`))) : sql`${sql.table(name)}.*`;
}

/** Puts in its place what this database has no columns for. */
export function completeRow<T extends keyof Rows>(
  context: QueryContext,
  table: T,
  row: object,
): Undecoded<Rows[T]> {
  const missing = context.missing.get(table);
  if (missing) placeExtras(row, missing);
  return row as Undecoded<Rows[T]>;
}

export function decodeRow<T extends keyof Rows>(context: QueryContext, table: T, row: object): Rows[T] {
  return decode(table, completeRow(context, table, row));
}

export async function byUuid<T extends UuidTable>(
  context: QueryContext,
  table: T,
  uuid: string,
): Promise<Rows[T] | undefined> {
  const [row] = await select(context, table, sql`where uuid = ${uuid}`);
  return row;
}

/** @returns the row as reading it back would give it */
export async function insert<T extends keyof Rows>(
  context: QueryContext,
  table: T,
  row: Inserted<T>,
): Promise<Rows[T]> {
  const full = { ...row, created_at: context.now(), updated_at: null } as unknown as Rows[T];
  const columns = encode(table, full) as Record<string, Bound>;
  const missing = context.missing.get(table);
  const { id } = await write(context, insertion(context, table, present(columns, missing), sql``));
  if (missing) await keepExtras(context, [String(columns['uuid'])], pick(columns, missing));
  return { ...decode(table, columns), id };
}

/** Inserts, or, if a row with the same `unique` columns is there, changes it. */
export async function upsert<T extends keyof Rows>(
  context: QueryContext,
  table: T,
  row: Inserted<T>,
  unique: readonly (keyof Rows[T] & string)[],
  assignments: RawBuilder<unknown>,
): Promise<void> {
  const full = { ...row, created_at: context.now(), updated_at: null } as unknown as Rows[T];
  const columns = encode(table, full) as Record<string, Bound>;
  await write(context, insertion(context, table, columns, context.kind.onConflict(unique, assignments)));
}

function insertion(
  { kind }: QueryContext,
  table: keyof Rows,
  columns: Record<string, Bound>,
  conflict: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const names = sql.join(Object.keys(columns).map((name) => sql.ref(name)));
  const values = sql.join(Object.values(columns));
  const returning = kind.returnsId ? sql`returning id` : sql``;
  return sql`insert into ${sql.table(table)} (${names}) values (${values}) ${conflict} ${returning}`;
}

/** Sets columns of the rows that `where` chooses, and their `updated_at`. @returns how many there were */
export async function change<T extends keyof Rows>(
  context: QueryContext,
  table: T,
  columns: Partial<Rows[T]>,
  where: RawBuilder<unknown>,
): Promise<number> {
  const encoded = encode(table, { ...columns, updated_at: context.now() }) as Record<string, Bound>;
  const missing = context.missing.get(table);
  const extras = missing && pick(encoded, missing);
  // Read before: afterwards the condition may choose others.
  const uuids = extras && Object.keys(extras).length > 0 ? await uuidsOf(context, table, where) : [];
  const assignments = Object.entries(present(encoded, missing)).map(
    ([name, value]) => sql`${sql.ref(name)} = ${value}`,
  );
  const { rows } = await write(
    context,
    sql`update ${sql.table(table)} set ${sql.join(assignments)} where ${where}`,
  );
  if (extras && rows > 0) await keepExtras(context, uuids, extras);
  return rows;
}

/** @returns how many rows there were */
export async function remove(
  context: QueryContext,
  table: keyof Rows,
  where: RawBuilder<unknown>,
): Promise<number> {
  if (context.missing.has(table)) await removeExtras(context, await uuidsOf(context, table, where));
  return (await write(context, sql`delete from ${sql.table(table)} where ${where}`)).rows;
}

async function uuidsOf(
  context: QueryContext,
  table: keyof Rows,
  where: RawBuilder<unknown>,
): Promise<string[]> {
  const rows = await read(
    context,
    sql<{ uuid: string }>`select uuid from ${sql.table(table)} where ${where}`,
  );
  return rows.map(({ uuid }) => uuid);
}

function present(
  columns: Record<string, Bound>,
  missing: ReadonlySet<string> | undefined,
): Record<string, Bound> {
  if (!missing) return columns;
  return Object.fromEntries(Object.entries(columns).filter(([name]) => !missing.has(name)));
}

function pick(columns: Record<string, Bound>, names: ReadonlySet<string>): Record<string, Bound> {
  return Object.fromEntries(Object.entries(columns).filter(([name]) => names.has(name)));
}
