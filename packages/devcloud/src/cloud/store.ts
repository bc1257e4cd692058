import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** A row is a plain JSON object with an `id`. It is never changed in place: put a new object instead. */
export interface Row {
  readonly id: string;
}

/** One collection of rows, all of them in memory, in the order in which they were first put. */
export interface Table<T extends Row> {
  get(id: string): T | undefined;
  /** All rows, oldest first. The array is a copy. */
  all(): T[];
  /** Rows whose indexed key (see {@link Store.table}) equals `value`, oldest first. */
  by(index: string, value: string): T[];
  put(row: T): T;
  /** Says whether there was such a row. */
  delete(id: string): boolean;
  readonly size: number;
}

/** A function that gives the key, or keys, under which an index finds a row. */
export type IndexKey<T> = (row: T) => string | readonly string[] | undefined;

/**
 * The state of the embedded cloud: in memory, and, where a file was given, written through to it.
 * Reads never touch the file. Every change is on disk (SQLite WAL) when the call returns, so that a
 * killed process loses nothing that it had answered.
 */
export interface Store {
  /** The same name gives the same table; its indexes are those of the first call. */
  table<T extends Row>(name: string, indexes?: Record<string, IndexKey<T>>): Table<T>;
  /**
   * Runs `work` at once; its changes reach the file together or, if it throws, neither the file nor
   * memory. `work` must not await. Transactions nest: the outermost decides.
   */
  transaction<R>(work: () => R): R;
  close(): void;
}

/** The layout of the state file. A file of another number is refused, never converted silently. */
const STATE_VERSION = 1;

export class StateFileError extends Error {
  override readonly name = 'StateFileError';
}

/** After how long work in the background that could not write its state down is begun again; milliseconds. */
export const WRITE_AGAIN_MS = 1000;

interface Undo {
  (): void;
}

class MemoryTable<T extends Row> implements Table<T> {
  readonly #rows = new Map<string, T>();
  readonly #indexes: { name: string; key: IndexKey<T>; entries: Map<string, Set<string>> }[];
  readonly #changed: (id: string, row: T | undefined, undo: Undo) => void;

  constructor(
    indexes: Record<string, IndexKey<T>>,
    changed: (id: string, row: T | undefined, undo: Undo) => void,
  ) {
    this.#indexes = Object.entries(indexes).map(([name, key]) => ({ name, key, entries: new Map() }));
    this.#changed = changed;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(id: string): T | undefined {
    return this.#rows.get(id);
  }

  all(): T[] {
    return [...this.#rows.values()];
  }

  by(index: string, value: string): T[] {
    const found = this.#indexes.find((candidate) => candidate.name === index);
    if (!found) throw new Error(`no index ${index}`);
    const rows: T[] = [];
    for (const id of found.entries.get(value) ?? []) {
      const row = this.#rows.get(id);
      if (row) rows.push(row);
    }
    return rows;
  }

  put(row: T): T {
    const before = this.#rows.get(row.id);
    this.#set(row);
    this.#changed(row.id, row, () => (before ? this.#set(before) : this.#unset(row.id)));
    return row;
  }

  delete(id: string): boolean {
    const before = this.#rows.get(id);
    if (!before) return false;
    this.#unset(id);
    this.#changed(id, undefined, () => this.#set(before));
    return true;
  }

  /** Takes a row from the file, without writing it back. */
  load(row: T): void {
    this.#set(row);
  }

  #set(row: T): void {
    const before = this.#rows.get(row.id);
    this.#rows.set(row.id, row);
    for (const { key, entries } of this.#indexes) {
      const now = keysOf(key, row);
      for (const value of before ? keysOf(key, before) : []) {
        if (!now.includes(value)) entries.get(value)?.delete(row.id);
      }
      for (const value of now) {
        const ids = entries.get(value);
        if (ids) ids.add(row.id);
        else entries.set(value, new Set([row.id]));
      }
    }
  }

  #unset(id: string): void {
    const before = this.#rows.get(id);
    if (!before) return;
    this.#rows.delete(id);
    for (const { key, entries } of this.#indexes) {
      for (const value of keysOf(key, before)) {
        const ids = entries.get(value);
        ids?.delete(id);
        if (ids?.size === 0) entries.delete(value);
      }
    }
  }
}

function keysOf<T>(key: IndexKey<T>, row: T): readonly string[] {
  const value = key(row);
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

/**
 * Opens the store.
 *
 * @param file path of the SQLite file, made if it is not there; without it everything is in memory only
 * @throws StateFileError if the file is of another version, damaged, locked by another process, or can't be written
 */
export function openStore(file?: string): Store {
  const database = file === undefined ? undefined : openFile(file);
  const write = database?.prepare(
    'INSERT INTO rows (tab, id, body) VALUES (?, ?, ?) ON CONFLICT (tab, id) DO UPDATE SET body = excluded.body',
  );
  const erase = database?.prepare('DELETE FROM rows WHERE tab = ? AND id = ?');
  const tables = new Map<string, MemoryTable<Row>>();
  let undos: Undo[] | undefined;

  function persist(statement: StatementSync | undefined, ...values: string[]): void {
    try {
      statement?.run(...values);
    } catch (error) {
      throw new StateFileError(`${file}: ${explain(error)}`, { cause: error });
    }
  }

  function run(statement: 'BEGIN IMMEDIATE' | 'COMMIT'): void {
    try {
      database?.exec(statement);
    } catch (error) {
      throw new StateFileError(`${file}: ${explain(error)}`, { cause: error });
    }
  }

  function transaction<R>(work: () => R): R {
    if (undos) return work();
    const mine: Undo[] = [];
    undos = mine;
    try {
      run('BEGIN IMMEDIATE');
      const result = work();
      run('COMMIT');
      return result;
    } catch (error) {
      if (database?.isTransaction) database.exec('ROLLBACK');
      undos = undefined;
      for (const undo of mine.toReversed()) undo();
      throw error;
    } finally {
      undos = undefined;
    }
  }

  return {
    table<T extends Row>(name: string, indexes: Record<string, IndexKey<T>> = {}): Table<T> {
      const known = tables.get(name);
      if (known) return known as unknown as MemoryTable<T>;
      const table = new MemoryTable<T>(indexes, (id, row, undo) => {
        try {
          if (row) persist(write, name, id, JSON.stringify(row));
          else persist(erase, name, id);
        } catch (error) {
          undo();
          throw error;
        }
        undos?.push(undo);
      });
      const stored = database?.prepare('SELECT body FROM rows WHERE tab = ? ORDER BY seq').all(name) ?? [];
      for (const { body } of stored) table.load(parseRow(file, name, body) as T);
      tables.set(name, table as unknown as MemoryTable<Row>);
      return table;
    },
    transaction,
    close(): void {
      if (database?.isOpen) database.close();
    },
  };
}

function parseRow(file: string | undefined, table: string, body: unknown): unknown {
  try {
    return JSON.parse(String(body));
  } catch (error) {
    throw new StateFileError(`${file}: a row of ${table} is not JSON: the file is damaged`, { cause: error });
  }
}

function openFile(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 1000 });
    const check = database.prepare('PRAGMA quick_check(1)').get();
    if (check?.['quick_check'] !== 'ok') throw new Error(`malformed: ${String(check?.['quick_check'])}`);
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
    if (version !== 0 && version !== STATE_VERSION) {
      throw new Error(
        `has layout ${version}, and this gantry reads layout ${STATE_VERSION}: use the gantry that made it, or another --data folder`,
      );
    }
    database.exec(
      `PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
       CREATE TABLE IF NOT EXISTS rows
         (seq INTEGER PRIMARY KEY, tab TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (tab, id));
       PRAGMA user_version = ${STATE_VERSION}`,
    );
    return database;
  } catch (error) {
    database?.close();
    throw new StateFileError(`${file}: ${explain(error)}`, { cause: error });
  }
}

function explain(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (/database is locked|database table is locked/.test(text)) return 'another gantry is using it';
  if (/not a database|malformed/.test(text)) {
    return `damaged (${text.replaceAll(/\s+/g, ' ')}): put back a copy, or start with another --data folder; nothing was changed`;
  }
  if (/disk is full|disk I\/O/.test(text)) return `can't be written (${text}): free some space on its disk`;
  return text;
}
