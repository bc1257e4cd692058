import { readFileSync } from 'node:fs';
import { MysqlDialect, PostgresDialect, type Dialect, type PostgresPool } from 'kysely';
import type { ServerAddress, Tls } from './database-url.ts';
import { StoreFileError } from './faults.ts';
import { MAX_PREPARED, prepareReads } from './prepared-statements.ts';

/** How many connections a process has to its database. */
export interface PoolSize {
  /** Kept open while idle. `[database] max_pool_size` */
  readonly kept: number;
  /** At most, at a time. With `[database] max_overflow` */
  readonly most: number;
}

/** Milliseconds; well below what servers and firewalls allow, so that no dead connection is picked up. */
const IDLE_MS = 60_000;

/** The type `timestamp without time zone`. Source: PostgreSQL's pg_type.dat. */
const TIMESTAMP = 1114;

/** The drivers are loaded when they are needed: an embedded cloud never does. @throws StoreFileError for TLS files */
export function mariadbDialect(address: ServerAddress, size: PoolSize): Dialect {
  const ssl = address.tls && { ...pemFiles(address.tls), verifyIdentity: address.tls.verifyHost };
  return new MysqlDialect({
    async pool() {
      const {
        default: { createPool },
      } = await import('mysql2');
      const pool = createPool({
        ...(address.socket === undefined
          ? { host: address.host, port: address.port }
          : { socketPath: address.socket }),
        ...login(address),
        ...(ssl && { ssl }),
        charset: 'utf8mb4_general_ci',
        connectTimeout: address.connectTimeout,
        connectionLimit: size.most,
        maxIdle: size.kept,
        idleTimeout: IDLE_MS,
        enableKeepAlive: true,
        dateStrings: true,
        maxPreparedStatements: MAX_PREPARED,
      });
      // Strict, so that nothing is cut off silently; without NO_BACKSLASH_ESCAPES, as the driver quotes with them.
      // Read committed: InnoDB's other level locks gaps between rows, which only makes deadlocks here.
      pool.on('connection', (connection) => {
        connection.query(`set session sql_mode = 'TRADITIONAL', time_zone = '+00:00'`);
        connection.query('set session transaction isolation level read committed');
        prepareReads(connection);
      });
      return pool;
    },
  });
}

/** @throws StoreFileError for TLS files */
export function postgresDialect(address: ServerAddress, size: PoolSize): Dialect {
  const { tls } = address;
  const ssl = tls && {
    ...pemFiles(tls),
    ...(tls.verifyHost ? {} : { checkServerIdentity: () => undefined }),
  };
  return new PostgresDialect({
    async pool() {
      const { default: pg } = await import('pg');
      const pool = new pg.Pool({
        host: address.socket ?? address.host,
        port: address.port,
        ...login(address),
        ...(ssl && { ssl }),
        connectionTimeoutMillis: address.connectTimeout,
        idleTimeoutMillis: IDLE_MS,
        max: size.most,
        keepAlive: true,
        application_name: 'gantry',
        types: {
          // As text: it has no zone, and the driver would take it for the machine's own.
          getTypeParser: (oid: number, format: 'text' | 'binary' = 'text') =>
            oid === TIMESTAMP ? String : pg.types.getTypeParser(oid, format),
        },
      });
      // A connection that breaks while idle is replaced; without a listener it would end the process.
      pool.on('error', () => undefined);
      // Kysely describes the little of the driver that it uses.
      return pool as unknown as PostgresPool;
    },
  });
}

function login({ user, password, database }: ServerAddress) {
  return { database, ...(user !== undefined && { user }), ...(password !== undefined && { password }) };
}

function pemFiles(tls: Tls) {
  const file = (path: string | undefined, option: string) => {
    try {
      return path === undefined ? undefined : readFileSync(path);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new StoreFileError(`${option} of the database's address can't be read: ${why}`, { cause: error });
    }
  };
  const [ca, cert, key] = [file(tls.ca, 'CA file'), file(tls.cert, 'certificate'), file(tls.key, 'key')];
  return {
    rejectUnauthorized: tls.verify,
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
  };
}
