import { sql, type Kysely } from 'kysely';
import type { Database } from './codec.ts';
import type { DatabaseKind } from './database-kind.ts';
import { StoreFileError } from './faults.ts';
import type { MissingColumns } from './query-context.ts';
import { isOurs, tables, type Rows, type TableShape } from './tables.ts';

/** The version of its tables at which the original can take over a database that we made. Source: its Alembic revisions. */
const REVISION = 'c0f832afc4fd';

/** The tables of the original that Gantry doesn't use, so that a database of ours is whole for it. */
const FEDERATION = `create table if not exists federation (created_at datetime, updated_at datetime,
  id integer not null auto_increment primary key, project_id varchar(255), uuid varchar(36), name varchar(255),
  hostcluster_id varchar(255), member_ids text, status varchar(20), status_reason text, properties text,
  constraint uniq_federation0uuid unique (uuid))`;

type Shape = TableShape<{ readonly id: number }>;
type Found = ReadonlyMap<string, ReadonlySet<string>>;

export interface Prepared {
  readonly missing: MissingColumns;
  /** What was added to the database, in words. */
  readonly added: readonly string[];
}

/**
 * Makes what isn't there yet: our own tables beside Magnum's, indexes on its names, and in an empty database
 * Magnum's tables as well. Whatever is there stays as it is. Any number of processes may do it at a time.
 *
 * @throws StoreFileError if the database is of another kind, or we may not make tables there
 */
export async function prepareSchema(db: Kysely<Database>, kind: DatabaseKind): Promise<Prepared> {
  const found = await columnsIn(db, kind);
  const added: string[] = [];
  let same = true;
  const add = async (what: string, ...statements: string[]): Promise<void> => {
    same = false;
    try {
      for (const statement of statements) await sql.raw(statement).execute(db);
      added.push(what);
    } catch (error) {
      if (!isThereAlready(error)) throw error;
    }
  };
  try {
    // The original's has this one first, ours last or never: nothing else tells a database that is just being made.
    const fresh = !found.has('alembic_version');
    for (const [table, shape] of Object.entries(tables) as [keyof Rows, Shape][]) {
      if (found.has(table)) {
        if (isOurs(table)) await completeTable(kind, table, shape, found, add);
      } else if (isOurs(table) || fresh) {
        await add(`table ${table}`, creation(kind, table, shape));
      } else {
        throw new StoreFileError(
          `the database has tables of Magnum, but not ${table}: bring it up to date with the original's "magnum-db-manage upgrade"`,
        );
      }
    }
    if (fresh && kind.name === 'mariadb') {
      const version =
        'create table if not exists alembic_version (version_num varchar(32) not null primary key)';
      const stamp = `insert ignore into alembic_version (version_num) values ('${REVISION}')`;
      await add('tables of the original', FEDERATION, version, stamp);
    }
    await addIndexes(db, kind, add);
  } catch (error) {
    throw isRefusal(error) ? refusal(error) : error;
  }
  return { missing: missingIn(same ? found : await columnsIn(db, kind)), added };
}

async function columnsIn(db: Kysely<Database>, kind: DatabaseKind): Promise<Found> {
  const { rows } = await kind.columnsQuery.execute(db);
  const found = new Map<string, Set<string>>();
  for (const { table_name, column_name } of rows) {
    const columns = found.get(table_name) ?? new Set();
    found.set(table_name, columns.add(column_name));
  }
  return found;
}

function creation(kind: DatabaseKind, table: string, shape: Shape): string {
  const later: readonly string[] = kind.own ? [] : (shape.later ?? []);
  const columns = Object.entries<keyof DatabaseKind['types']>(shape.columns)
    .filter(([column]) => !later.includes(column))
    .map(([column, type]) => `${quoted(kind, column)} ${kind.types[type]}`);
  const unique = (shape.unique ?? []).map(
    (names) =>
      `constraint uniq_${table}_${names.join('_')} unique (${names.map((name) => quoted(kind, name)).join(', ')})`,
  );
  const options = isOurs(table) ? kind.tableOptions : '';
  return `create table if not exists ${table} (id ${kind.id}, ${[...columns, ...unique].join(', ')}) ${options}`;
}

/** Adds what a later Gantry has in its tables. */
async function completeTable(
  kind: DatabaseKind,
  table: string,
  shape: Shape,
  found: Found,
  add: (what: string, ...statements: string[]) => Promise<void>,
): Promise<void> {
  for (const [column, type] of Object.entries<keyof DatabaseKind['types']>(shape.columns)) {
    if (found.get(table)?.has(column)) continue;
    const statement = `alter table ${table} add column ${quoted(kind, column)} ${kind.types[type]}`;
    await add(`column ${table}.${column}`, statement);
  }
}

async function addIndexes(
  db: Kysely<Database>,
  kind: DatabaseKind,
  add: (what: string, ...statements: string[]) => Promise<void>,
): Promise<void> {
  const { rows } = await kind.indexesQuery.execute(db);
  const there = new Set(rows.map(({ index_name }) => index_name));
  for (const [table, shape] of Object.entries(tables) as [keyof Rows, Shape][]) {
    for (const columns of shape.indexes ?? []) {
      const index = `ix_${table}_${columns.join('_')}`;
      if (there.has(index)) continue;
      const list = columns.map((column) => quoted(kind, column)).join(', ');
      await add(`index ${index}`, `create index ${index} on ${table} (${list})`);
    }
  }
}

function missingIn(found: Found): MissingColumns {
  const missing = new Map<keyof Rows, ReadonlySet<string>>();
  for (const [table, shape] of Object.entries(tables) as [keyof Rows, Shape][]) {
    const absent = Object.keys(shape.columns).filter((column) => !found.get(table)?.has(column));
    if (absent.length > 0) missing.set(table, new Set(absent));
  }
  return missing;
}

function quoted(kind: DatabaseKind, name: string): string {
  return kind.name === 'mariadb' ? `\`${name}\`` : `"${name}"`;
}

/** Another process was quicker: MariaDB's, PostgreSQL's (whose catalog may say it first) and SQLite's words for it. */
function isThereAlready(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errno } = error as { code?: unknown; errno?: unknown };
  return (
    [1050, 1060, 1061].includes(Number(errno)) ||
    ['42P07', '42701', '23505'].includes(String(code)) ||
    /already exists|duplicate column name/.test(error.message)
  );
}

/** MariaDB's and PostgreSQL's "you may not". */
function isRefusal(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const { code, errno } = error as { code?: unknown; errno?: unknown };
  return code === '42501' || [1044, 1142, 1227].includes(Number(errno));
}

function refusal(error: Error): StoreFileError {
  return new StoreFileError(
    `Gantry keeps its own tables beside Magnum's, and this user may not make them (${error.message}): grant it CREATE, ALTER and INDEX, or run "gantry magnum-db" once with a user who may`,
    { cause: error },
  );
}
