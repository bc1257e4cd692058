import type { Generated } from 'kysely';
import { UnstorableValue } from './faults.ts';
import { tables, type ColumnKind, type Rows } from './tables.ts';

/** A row as the database gives and takes it. */
export type Raw<T> = {
  [K in keyof T]: K extends 'id' ? Generated<number> : RawValue<T[K]>;
};

/** Booleans come back as 0 and 1 from some databases; {@link decode} knows. Times and JSON are text. */
type RawValue<V> = V extends Date ? string : V extends string | number | boolean | null ? V : string;

export type Database = { [T in keyof Rows]: Raw<Rows[T]> };

/**
 * A row as the database returns it: JSON and times are text, booleans may be 0 and 1. For lists, which only pass it
 * on: to parse each field and write it again took most of their time.
 */
export type Undecoded<T> = { readonly [K in keyof T]: UndecodedValue<T[K]> };

// In brackets, so that `null` is not looked at by itself.
type UndecodedValue<V> = [V] extends [Date | null]
  ? string | null
  : [V] extends [boolean]
    ? boolean | 0 | 1
    : [V] extends [string | number | null]
      ? V
      : string | null;

/** Any value that a driver binds or returns. */
export type Bound = string | number | boolean | null;

/** Most characters of a text. */
const lengths: Partial<Record<ColumnKind, number>> = { s20: 20, s36: 36, s255: 255, s512: 512 };

const MAX_INTEGER = 2 ** 31 - 1;

/**
 * Makes columns of the database out of columns of a row. Undefined ones are left out.
 *
 * @throws UnstorableValue on every database alike, though SQLite would take anything
 */
export function encode<T extends keyof Rows>(
  table: T,
  row: Partial<Rows[T]>,
): Partial<Record<keyof Rows[T], never>> {
  const kinds = tables[table].columns as Readonly<Record<string, ColumnKind>>;
  const encoded: Record<string, Bound> = {};
  for (const [column, value] of Object.entries(row)) {
    if (value === undefined) continue;
    encoded[column] = encodeValue(column, kinds[column], value);
  }
  // Kysely's types of insert and update differ for each table; the columns were checked by T above.
  return encoded as Partial<Record<keyof Rows[T], never>>;
}

function encodeValue(column: string, kind: ColumnKind | undefined, value: unknown): Bound {
  if (value instanceof Date) return writeTime(value, kind === 'second');
  if (kind === 'object' || kind === 'list') return JSON.stringify(value);
  if (typeof value === 'string') {
    const most = kind && lengths[kind];
    if (most !== undefined && value.length > most && Array.from(value).length > most) {
      throw new UnstorableValue(column, `it is longer than ${most} characters`);
    }
    if (value.includes('\0')) throw new UnstorableValue(column, 'it has a NUL character');
  }
  if (kind === 'int' && typeof value === 'number' && !(Math.abs(value) <= MAX_INTEGER)) {
    throw new UnstorableValue(column, 'the number is too large');
  }
  return value as Bound;
}

/** Columns that are something else here than what the database returns, by table. */
const parsed: Readonly<Record<string, readonly (readonly [column: string, kind: ColumnKind])[]>> =
  Object.fromEntries(
    Object.entries(tables).map(([table, { columns }]) => [
      table,
      Object.entries<ColumnKind>(columns).filter(([, kind]) =>
        ['object', 'list', 'bool', 'time', 'second'].includes(kind),
      ),
    ]),
  );

/**
 * Parses what the database returned. Columns without a value that hold JSON are empty.
 *
 * @param raw becomes the row: to make another of it, column by column, took most of the time of a long list
 */
export function decode<T extends keyof Rows>(table: T, raw: object): Rows[T] {
  const row = raw as Record<string, unknown>;
  for (const [column, kind] of parsed[table] ?? []) row[column] = decodeValue(kind, row[column]);
  return row as unknown as Rows[T];
}

function decodeValue(kind: ColumnKind | undefined, value: unknown): unknown {
  switch (kind) {
    case 'object':
      return readObject(value);
    case 'list':
      return readList(value);
    case 'bool':
      return value === true || value === 1;
    case 'time':
    case 'second':
      return typeof value === 'string' ? readTime(value) : null;
    default:
      return value;
  }
}

export function readObject(text: unknown): Readonly<Record<string, never>> {
  return typeof text === 'string' ? (JSON.parse(text) ?? {}) : {};
}

export function readList(text: unknown): readonly never[] {
  return typeof text === 'string' ? (JSON.parse(text) ?? []) : [];
}

/**
 * `2026-11-21 20:52:59.709000`: UTC, as SQLAlchemy writes it on SQLite and as the other databases accept it.
 *
 * @param whole leave out the fraction of the second
 */
export function writeTime(time: Date, whole = false): string {
  const text = time.toISOString().replace('T', ' ');
  return whole ? `${text.slice(0, 19)}.000000` : `${text.slice(0, -1)}000`;
}

function readTime(text: string): Date {
  return new Date(`${text.replace(' ', 'T')}Z`);
}
