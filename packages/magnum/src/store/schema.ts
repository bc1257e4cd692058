import { sql, type ColumnDataType, type Kysely } from 'kysely';
import { tables, type ColumnKind } from './tables.ts';

const types: Readonly<Record<ColumnKind, ColumnDataType>> = {
  s20: 'varchar(20)',
  s36: 'varchar(36)',
  s255: 'varchar(255)',
  s512: 'varchar(512)',
  text: 'text',
  int: 'integer',
  bool: 'boolean',
  object: 'text',
  list: 'text',
  time: 'datetime(6)',
};

/** Makes the tables of an embedded database, where they aren't there yet. */
export async function createTables(db: Kysely<never>): Promise<void> {
  for (const [name, shape] of Object.entries(tables)) {
    let table = db.schema
      .createTable(name)
      .ifNotExists()
      .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement());
    for (const [column, kind] of Object.entries(shape.columns)) table = table.addColumn(column, types[kind]);
    for (const columns of shape.unique ?? []) {
      table = table.addUniqueConstraint(`uniq_${name}_${columns.join('_')}`, columns as never);
    }
    await table.execute();
    for (const columns of shape.indexes ?? []) {
      const index = `ix_${name}_${columns.join('_')}`;
      await sql`create index if not exists ${sql.id(index)} on ${sql.table(name)} (${sql.join(
        columns.map((column) => sql.ref(column)),
      )})`.execute(db);
    }
  }
}
