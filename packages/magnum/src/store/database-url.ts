/** Where the database is, as `[database] connection` says it. */
export type DatabaseAddress = SqliteAddress | ServerAddress;

export interface SqliteAddress {
  readonly kind: 'sqlite';
  /** Path of the file, or `:memory:`. */
  readonly file: string;
}

export interface ServerAddress {
  readonly kind: 'mariadb' | 'postgres';
  readonly host: string;
  readonly port: number;
  /** Path of a Unix socket; then host and port don't count. */
  readonly socket: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string;
  readonly tls: Tls | undefined;
  /** Milliseconds. */
  readonly connectTimeout: number;
}

/** Files are paths of PEM files. */
export interface Tls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Whether the server's certificate must be signed by a known CA. */
  readonly verify: boolean;
  /** Whether it must name the server's host. */
  readonly verifyHost: boolean;
}

/** The message never shows the password. */
export class DatabaseUrlError extends Error {
  override readonly name = 'DatabaseUrlError';
}

const EXAMPLES =
  'expected mysql+pymysql://USER:PASSWORD@HOST/DATABASE, postgresql://USER:PASSWORD@HOST/DATABASE or sqlite:///PATH';

const DEFAULT_CONNECT_SECONDS = 10;

/** What MySQL's drivers for Python are told that makes no difference here: text is always UTF-8, whole. */
const NO_MATTER = new Set(['charset', 'use_unicode', 'plugin', 'autocommit', 'binary_prefix']);

type Query = ReadonlyMap<string, string>;

/**
 * Reads an address as SQLAlchemy writes it: `dialect+driver://user:password@host:port/database?options`, with
 * user, password and options percent-encoded. Options are those of PyMySQL and of libpq.
 *
 * @throws DatabaseUrlError which says what would be right
 */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  // A password may hold anything but "@" and "/", so this is no URL in WHATWG's sense.
  const match =
    /^([\w+]+):\/\/(?:([^:/@]*)(?::([^@]*))?@)?(\[[^\]]+\]|[^/:?]*)?(?::(\d+))?(?:\/([^?]*))?(?:\?(.*))?$/s.exec(
      url,
    );
  if (!match) throw new DatabaseUrlError(EXAMPLES);
  const [, dialect = '', user, password, host = '', port, path = '', search = ''] = match;
  const query: Query = new Map(new URLSearchParams(search));
  const login = {
    user: user === undefined ? undefined : decode(user),
    password: password === undefined ? undefined : decode(password),
  };
  const name = dialect.split('+', 1)[0];
  switch (name) {
    case 'sqlite':
      if (host !== '')
        throw new DatabaseUrlError('an SQLite file is written sqlite:///PATH, with three slashes or four');
      return { kind: 'sqlite', file: path === '' ? ':memory:' : path };
    case 'mysql':
    case 'mariadb':
      return { kind: 'mariadb', ...login, ...server(host, port, 3306, path), ...mysqlOptions(query) };
    case 'postgresql':
    case 'postgres':
      return { kind: 'postgres', ...login, ...postgresOptions(server(host, port, 5432, path), query) };
    default:
      throw new DatabaseUrlError(`there is no database "${name ?? ''}" here: ${EXAMPLES}`);
  }
}

function server(host: string, port: string | undefined, usual: number, database: string) {
  if (database === '')
    throw new DatabaseUrlError(`the name of the database is missing behind the host: ${EXAMPLES}`);
  return {
    host: host.replaceAll(/[[\]]/g, '') || '127.0.0.1',
    port: port === undefined ? usual : Number(port),
    database: decode(database),
  };
}

function mysqlOptions(query: Query): Pick<ServerAddress, 'socket' | 'tls' | 'connectTimeout'> {
  for (const name of query.keys()) {
    const known =
      /^(ssl_(ca|cert|key|verify_cert|verify_identity|check_hostname)|unix_socket|(connect|read|write)_timeout)$/;
    if (!known.test(name) && !NO_MATTER.has(name))
      throw new DatabaseUrlError(`there is no option ${name} for MariaDB`);
  }
  const [ca, cert, key] = ['ssl_ca', 'ssl_cert', 'ssl_key'].map((name) => query.get(name));
  const asksForTls = [...query.keys()].some((name) => name.startsWith('ssl_'));
  const tls: Tls = {
    ca,
    cert,
    key,
    verify: flag(query, 'ssl_verify_cert') ?? ca !== undefined,
    verifyHost: flag(query, 'ssl_verify_identity') ?? flag(query, 'ssl_check_hostname') ?? false,
  };
  return {
    socket: query.get('unix_socket'),
    tls: asksForTls ? tls : undefined,
    connectTimeout: seconds(query, 'connect_timeout'),
  };
}

function postgresOptions(
  address: ReturnType<typeof server>,
  query: Query,
): Omit<ServerAddress, 'kind' | 'user' | 'password'> {
  for (const name of query.keys()) {
    const known =
      /^(ssl(mode|rootcert|cert|key)|host|port|connect_timeout|client_encoding|application_name)$/;
    if (!known.test(name)) throw new DatabaseUrlError(`there is no option ${name} for PostgreSQL`);
  }
  const mode = query.get('sslmode') ?? 'prefer';
  if (!['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'].includes(mode)) {
    throw new DatabaseUrlError(`"${mode}" is no sslmode: use disable, require, verify-ca or verify-full`);
  }
  const ca = query.get('sslrootcert');
  const tls: Tls = {
    ca,
    cert: query.get('sslcert'),
    key: query.get('sslkey'),
    verify: mode.startsWith('verify-') || (mode === 'require' && ca !== undefined),
    verifyHost: mode === 'verify-full',
  };
  const host = query.get('host') ?? address.host;
  const port = Number(query.get('port') ?? address.port);
  return {
    ...address,
    host,
    port,
    // As in libpq, a host that is a path is the folder of the server's socket.
    socket: host.startsWith('/') ? host : undefined,
    // What only prefers TLS does without: asking first would cost every connection a round trip.
    tls: mode === 'require' || mode.startsWith('verify-') ? tls : undefined,
    connectTimeout: seconds(query, 'connect_timeout'),
  };
}

function flag(query: Query, name: string): boolean | undefined {
  const value = query.get(name);
  return value === undefined ? undefined : /^(true|1|yes|on)$/i.test(value);
}

function seconds(query: Query, name: string): number {
  const value = Number(query.get(name) ?? DEFAULT_CONNECT_SECONDS);
  if (!(value > 0)) throw new DatabaseUrlError(`${name} must be a number of seconds`);
  return value * 1000;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new DatabaseUrlError('user, password and database are percent-encoded: write % itself as %25');
  }
}
