import { randomUUID } from 'node:crypto';
import { Kysely, type Transaction } from 'kysely';
import { keyPairQueries, quotaQueries, serviceQueries } from './administration-queries.ts';
import { attempt } from './attempts.ts';
import { clusterQueries } from './cluster-queries.ts';
import type { Database } from './codec.ts';
import { mariadbTraits, postgresTraits, sqliteTraits, type DatabaseKind } from './database-kind.ts';
import { parseDatabaseUrl, type DatabaseAddress } from './database-url.ts';
import { conditionQueries, eventQueries } from './history-queries.ts';
import { lock } from './lock.ts';
import { nodegroupQueries } from './nodegroup-queries.ts';
import { operationQueries } from './operation-queries.ts';
import type { QueryContext } from './query-context.ts';
import { prepareSchema } from './schema.ts';
import { mariadbDialect, postgresDialect, type PoolSize } from './server-dialects.ts';
import { sqliteDialect } from './sqlite.ts';
import type { Store } from './store.ts';
import { templateQueries } from './template-queries.ts';

export interface StoreOptions {
  /** As in `[database] connection`: `mysql+pymysql://…`, `postgresql://…`, or `sqlite:///…`, which makes the file. */
  readonly url: string;
  readonly pool?: PoolSize;
  readonly now?: () => Date;
  readonly uuid?: () => string;
  /** Hears of each statement. */
  readonly onStatement?: (text: string, parameters: readonly unknown[]) => void;
  /** Hears what was added to the database: tables, indexes. */
  readonly onAdded?: (what: string) => void;
}

const USUAL_POOL: PoolSize = { kept: 5, most: 55 };

/**
 * Opens Magnum's database, and makes there what is missing.
 *
 * @throws DatabaseUrlError if the address is none
 * @throws StoreFileError if the database is damaged, of another layout, or we may not make our tables in it
 * @throws StoreUnreachable if there is none at the moment
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const kind = databaseKind(parseDatabaseUrl(options.url), options.pool ?? USUAL_POOL);
  const db = new Kysely<Database>({
    dialect: kind.dialect,
    ...(options.onStatement && { log: ({ query }) => options.onStatement?.(query.sql, query.parameters) }),
  });
  try {
    const { missing, added } = await attempt(() => prepareSchema(db, kind), true);
    for (const what of added) options.onAdded?.(what);
    const now = options.now ?? (() => new Date());
    return storeOn({ db, kind, missing, reused: new Map(), now, uuid: options.uuid ?? randomUUID });
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

function databaseKind(address: DatabaseAddress, pool: PoolSize): DatabaseKind {
  switch (address.kind) {
    case 'sqlite':
      return { ...sqliteTraits, dialect: sqliteDialect(address.file) };
    case 'mariadb':
      return { ...mariadbTraits, dialect: mariadbDialect(address, pool) };
    case 'postgres':
      return { ...postgresTraits, dialect: postgresDialect(address, pool) };
  }
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
      const once = () =>
        db
          .transaction()
          .execute((transaction: Transaction<Database>) => work(storeOn({ ...context, db: transaction })));
      return attempt(once, false);
    },
    lock: (name) => lock(context, name),
    close: () => db.destroy(),
  };
  return store;
}
