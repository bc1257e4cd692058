import type { Generated } from 'kysely';
import { tables, type ColumnKind, type Rows } from './tables.ts';

/** A row as the database gives and takes it. */
export type Raw<T> = {
  [K in keyof T]: K extends 'id' ? Generated<number> : RawValue<T[K]>;
};

/** Booleans come back as 0 and 1 from some databases; {@link decode} knows. Times and JSON are text. */
type RawValue<V> = V extends Date ? string : V extends string | number | boolean | null ? V : string;

export type Database = { [T in keyof Rows]: Raw<Rows[T]> };

/** Any value that a driver binds or returns. */
export type Bound = string | number | boolean | null;

/** Makes columns of the database out of columns of a row. Undefined ones are left out. */
export function encode<T extends keyof Rows>(
  table: T,
  row: Partial<Rows[T]>,
): Partial<Record<keyof Rows[T], never>> {
  const kinds = tables[table].columns as Readonly<Record<string, ColumnKind>>;
  const encoded: Record<string, Bound> = {};
  for (const [column, value] of Object.entries(row)) {
    if (value === undefined) continue;
    const kind = kinds[column];
    if (value instanceof Date) encoded[column] = writeTime(value);
    else if (kind === 'object' || kind === 'list') encoded[column] = JSON.stringify(value);
    else encoded[column] = value as Bound;
  }
  // Kysely's types of insert and update differ for each table; the columns were checked by T above.
  return encoded as Partial<Record<keyof Rows[T], never>>;
}

/** Parses what the database returned. Columns without a value that hold JSON are empty. */
export function decode<T extends keyof Rows>(table: T, raw: object): Rows[T] {
  const kinds = tables[table].columns as Readonly<Record<string, ColumnKind>>;
  const row: Record<string, unknown> = {};
  for (const [column, value] of Object.entries(raw)) row[column] = decodeValue(kinds[column], value);
  return row as unknown as Rows[T];
}

function decodeValue(kind: ColumnKind | undefined, value: unknown): unknown {
  switch (kind) {
    case 'object':
      return typeof value === 'string' ? (JSON.parse(value) ?? {}) : {};
    case 'list':
      return typeof value === 'string' ? (JSON.parse(value) ?? []) : [];
    case 'bool':
      return value === true || value === 1;
    case 'time':
      return typeof value === 'string' ? readTime(value) : null;
    default:
      return value;
  }
}

/** `2026-11-21 20:52:59.709000`: UTC, as SQLAlchemy writes it on SQLite and as the other databases accept it. */
export function writeTime(time: Date): string {
  return `${time.toISOString().slice(0, -1).replace('T', ' ')}000`;
}

function readTime(text: string): Date {
  return new Date(`${text.replace(' ', 'T')}Z`);
}
