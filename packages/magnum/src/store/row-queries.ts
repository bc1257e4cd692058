import { sql, type RawBuilder } from 'kysely';
import { decode, encode } from './codec.ts';
import type { QueryContext } from './query-context.ts';
import type { Rows } from './tables.ts';

/** Tables whose rows have a UUID. */
export type UuidTable = { [T in keyof Rows]: Rows[T] extends { uuid: string } ? T : never }[keyof Rows];

type Inserted<T extends keyof Rows> = Omit<Rows[T], 'id' | 'created_at' | 'updated_at'>;

/** Reads rows by one condition. */
export async function select<T extends keyof Rows>(
  context: QueryContext,
  table: T,
  rest: RawBuilder<unknown>,
): Promise<Rows[T][]> {
  const { rows } = await sql<object>`select * from ${sql.table(table)} ${rest}`.execute(context.db);
  return rows.map((row) => decode(table, row));
}

export async function byUuid<T extends UuidTable>(
  context: QueryContext,
  table: T,
  uuid: string,
): Promise<Rows[T] | undefined> {
  const [row] = await select(context, table, sql`where uuid = ${uuid}`);
  return row;
}

/** Inserts and reads back. */
export async function insert<T extends keyof Rows>(
  context: QueryContext,
  table: T,
  row: Inserted<T>,
): Promise<Rows[T]> {
  const full = { ...row, created_at: context.now(), updated_at: null } as unknown as Rows[T];
  const columns = encode(table, full);
  const names = sql.join(Object.keys(columns).map((name) => sql.ref(name)));
  const values = sql.join(Object.values(columns));
  const { insertId } = await sql`insert into ${sql.table(table)} (${names}) values (${values})`.execute(
    context.db,
  );
  return { ...full, id: Number(insertId) };
}

/** Sets columns of the rows that `where` chooses, and their `updated_at`. @returns how many there were */
export async function change<T extends keyof Rows>(
  context: QueryContext,
  table: T,
  columns: Partial<Rows[T]>,
  where: RawBuilder<unknown>,
): Promise<number> {
  const encoded = encode(table, { ...columns, updated_at: context.now() });
  const assignments = Object.entries(encoded).map(([name, value]) => sql`${sql.ref(name)} = ${value}`);
  const done = await sql`update ${sql.table(table)} set ${sql.join(assignments)} where ${where}`.execute(
    context.db,
  );
  return Number(done.numAffectedRows ?? 0n);
}

/** @returns how many rows there were */
export async function remove(
  context: QueryContext,
  table: keyof Rows,
  where: RawBuilder<unknown>,
): Promise<number> {
  const done = await sql`delete from ${sql.table(table)} where ${where}`.execute(context.db);
  return Number(done.numAffectedRows ?? 0n);
}
