import { randomUUID } from 'node:crypto';
import { Kysely, type Transaction } from 'kysely';
import { keyPairQueries, quotaQueries, serviceQueries } from './administration-queries.ts';
import { clusterQueries } from './cluster-queries.ts';
import type { Database } from './codec.ts';
import { conditionQueries, eventQueries } from './history-queries.ts';
import { nodegroupQueries } from './nodegroup-queries.ts';
import { operationQueries } from './operation-queries.ts';
import type { QueryContext } from './query-context.ts';
import { createTables } from './schema.ts';
import { sqliteDialect } from './sqlite.ts';
import type { Store } from './store.ts';
import { templateQueries } from './template-queries.ts';

export interface StoreOptions {
  /** Path of an SQLite file, or `:memory:`. Made if it isn't there. */
  readonly file: string;
  readonly now?: () => Date;
  readonly uuid?: () => string;
}

/**
 * Opens Magnum's embedded database.
 *
 * @throws StoreFileError if the file is damaged, of another layout, or can't be opened
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const db = new Kysely<Database>({ dialect: sqliteDialect(options.file) });
  await createTables(db as unknown as Kysely<never>);
  return storeOn({ db, now: options.now ?? (() => new Date()), uuid: options.uuid ?? randomUUID });
}

function storeOn(context: QueryContext): Store {
  const { db } = context;
  const inTransaction = db.isTransaction;
  const store: Store = {
    clusters: clusterQueries(context),
    templates: templateQueries(context),
    nodegroups: nodegroupQueries(context),
    operations: operationQueries(context),
    events: eventQueries(context),
    conditions: conditionQueries(context),
    keypairs: keyPairQueries(context),
    services: serviceQueries(context),
    quotas: quotaQueries(context),
    transaction<T>(work: (inner: Store) => Promise<T>): Promise<T> {
      if (inTransaction) return work(store);
      return db
        .transaction()
        .execute((transaction: Transaction<Database>) => work(storeOn({ ...context, db: transaction })));
    },
    close: () => db.destroy(),
  };
  return store;
}
