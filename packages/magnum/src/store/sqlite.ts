import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { SqliteDialect, type Dialect, type SqliteDatabase, type SqliteStatement } from 'kysely';
import { StoreFileError } from './faults.ts';

/** The number of the file's layout. A file of another number is refused, never converted silently. */
const LAYOUT = 1;

/** Statements kept ready to run again. */
const MAX_STATEMENTS = 500;

/**
 * Kysely on node:sqlite.
 *
 * @param file path, or `:memory:`
 * @throws StoreFileError if the file is of another layout, damaged or can't be written
 */
export function sqliteDialect(file: string): Dialect {
  return new SqliteDialect({ database: new NodeSqlite(openFile(file)) });
}

function openFile(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 5000 });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    const check = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    if (check !== 'ok') throw new Error(`damaged: ${String(check)}`);
    const layout = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
    if (layout !== 0 && layout !== LAYOUT) {
      throw new Error(
        `has layout ${layout}, and this gantry reads layout ${LAYOUT}: use the gantry that made it, or another file`,
      );
    }
    database.exec(`PRAGMA user_version = ${LAYOUT}`);
    return database;
  } catch (error) {
    database?.close();
    throw new StoreFileError(`${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** What kysely's own SQLite driver asks of a database. */
class NodeSqlite implements SqliteDatabase {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, SqliteStatement>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  prepare(query: string): SqliteStatement {
    const ready = this.#statements.get(query);
    if (ready) return ready;
    // A transaction that first reads and then writes would fail if another process wrote in between.
    const text = query === 'begin' ? 'begin immediate' : query;
    const statement = new NodeStatement(this.#database.prepare(text));
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
    this.#statements.set(query, statement);
    return statement;
  }
}

class NodeStatement implements SqliteStatement {
  readonly reader: boolean;
  readonly #statement: StatementSync;

  constructor(statement: StatementSync) {
    this.#statement = statement;
    this.reader = statement.columns().length > 0;
  }

  all(parameters: readonly unknown[]): unknown[] {
    return this.#statement.all(...parameters.map(bind));
  }

  run(parameters: readonly unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint } {
    return this.#statement.run(...parameters.map(bind));
  }

  iterate(parameters: readonly unknown[]): IterableIterator<unknown> {
    return this.#statement.iterate(...parameters.map(bind));
  }
}

/** SQLite has no booleans. */
function bind(value: unknown): SQLInputValue {
  return typeof value === 'boolean' ? Number(value) : (value as SQLInputValue);
}
