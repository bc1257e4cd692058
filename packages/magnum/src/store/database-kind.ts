import { sql, type Dialect, type RawBuilder, type SqlBool } from 'kysely';
import type { ColumnKind } from './tables.ts';

/** What differs between the databases. Everything else is one text for all. */
export interface DatabaseKind {
  readonly name: 'sqlite' | 'mariadb' | 'postgres';
  readonly dialect: Dialect;
  /** The type of a column of ours. */
  readonly types: Readonly<Record<ColumnKind, string>>;
  /** The definition of column `id`. */
  readonly id: string;
  /** Behind the definition of a table of ours. */
  readonly tableOptions: string;
  /** Whether an insert must be asked for the new `id`. */
  readonly returnsId: boolean;
  /** Whether a column is exactly this text: by code points, whatever the column's collation. */
  same(column: string, text: string | RawBuilder<never>): RawBuilder<SqlBool>;
  /** The end of an insert that changes the row instead, if one with these unique columns is there. */
  onConflict(unique: readonly string[], assignments: RawBuilder<unknown>): RawBuilder<unknown>;
  /** In those assignments: the value that would have been inserted. */
  inserted(column: string): RawBuilder<unknown>;
  /** Rows `table_name`, `column_name` of all tables there are. */
  readonly columnsQuery: RawBuilder<{ readonly table_name: string; readonly column_name: string }>;
  /** Rows `index_name` of all indexes there are. */
  readonly indexesQuery: RawBuilder<{ readonly index_name: string }>;
  /** Whether a file of this kind belongs to us alone, so that its tables have every column. */
  readonly own: boolean;
}

const common = {
  s20: 'varchar(20)',
  s36: 'varchar(36)',
  s255: 'varchar(255)',
  s512: 'varchar(512)',
  text: 'text',
  int: 'integer',
} as const;

type Traits = Omit<DatabaseKind, 'dialect'>;

const standard = {
  same: (column: string, value: string | RawBuilder<never>) => sql<SqlBool>`${sql.ref(column)} = ${value}`,
  onConflict: (unique: readonly string[], assignments: RawBuilder<unknown>) =>
    sql`on conflict (${sql.join(unique.map((column) => sql.ref(column)))}) do update set ${assignments}`,
  inserted: (column: string) => sql`excluded.${sql.ref(column)}`,
};

export const sqliteTraits: Traits = {
  ...standard,
  name: 'sqlite',
  types: {
    ...common,
    bool: 'boolean',
    object: 'text',
    list: 'text',
    time: 'datetime(6)',
    second: 'datetime',
  },
  id: 'integer primary key autoincrement',
  tableOptions: '',
  returnsId: false,
  columnsQuery: sql`select t.name as table_name, c.name as column_name
    from sqlite_master as t join pragma_table_info(t.name) as c where t.type = 'table'`,
  indexesQuery: sql`select name as index_name from sqlite_master where type = 'index'`,
  own: true,
};

export const mariadbTraits: Traits = {
  name: 'mariadb',
  types: {
    ...common,
    bool: 'tinyint(1)',
    object: 'mediumtext',
    list: 'mediumtext',
    time: 'datetime(6)',
    second: 'datetime',
  },
  id: 'integer not null auto_increment primary key',
  tableOptions: 'engine=InnoDB default character set utf8mb4 collate utf8mb4_bin',
  returnsId: false,
  // Collations of MariaDB take "Demo" for "demo", and "demo " too. The first half finds them by the index.
  same: (column, value) =>
    sql<SqlBool>`(${sql.ref(column)} = ${value} and cast(${sql.ref(column)} as binary) = ${value})`,
  onConflict: (_unique, assignments) => sql`on duplicate key update ${assignments}`,
  inserted: (column) => sql`values(${sql.ref(column)})`,
  columnsQuery: sql`select table_name as table_name, column_name as column_name
    from information_schema.columns where table_schema = database()`,
  indexesQuery: sql`select distinct index_name as index_name
    from information_schema.statistics where table_schema = database()`,
  own: false,
};

export const postgresTraits: Traits = {
  ...standard,
  name: 'postgres',
  types: {
    ...common,
    bool: 'boolean',
    object: 'text',
    list: 'text',
    time: 'timestamp(6)',
    second: 'timestamp(6)',
  },
  id: 'serial primary key',
  tableOptions: '',
  returnsId: true,
  columnsQuery: sql`select table_name, column_name from information_schema.columns where table_schema = current_schema()`,
  indexesQuery: sql`select indexname as index_name from pg_indexes where schemaname = current_schema()`,
  own: false,
};
