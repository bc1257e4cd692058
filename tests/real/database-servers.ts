import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../../packages/gantry/src/launch/free-port.ts';

const run = promisify(execFile);
const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' };

/** A database server of a test's own: not the machine's, on a port of its own, its data in a new folder. */
export interface DatabaseServer {
  readonly port: number;
  readonly pid: number;
  /** As in `[database] connection`. */
  url(database: string): string;
  /** Carries out SQL as the server's administrator; gives what a client prints, without headings. */
  sql(text: string, database?: string): Promise<string>;
  /** `kill -9`, and the same server again. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

const PASSWORD = 'p@ss/w%rd';
const LOGIN = `gantry:${encodeURIComponent(PASSWORD)}`;

/** Debian's MariaDB, as its own user. */
export async function startMariadb(): Promise<DatabaseServer> {
  const folder = newFolder('mariadb');
  const data = join(folder, 'data');
  const install = [
    '--no-defaults',
    '--user=mysql',
    '--skip-test-db',
    '--auth-root-authentication-method=normal',
  ];
  await run('chown', ['mysql', folder]);
  await run('mariadb-install-db', [...install, `--datadir=${data}`], { env });
  const port = await freePort();
  const socket = join(folder, 'socket');
  const files = [`--datadir=${data}`, `--socket=${socket}`, `--pid-file=${join(folder, 'pid')}`];
  const command = ['--no-defaults', '--user=mysql', ...files, `--port=${port}`, '--bind-address=127.0.0.1'];
  const sql = async (text: string, database = 'mysql'): Promise<string> => {
    const client = [
      '--no-defaults',
      '-uroot',
      `--socket=${socket}`,
      '--batch',
      '--skip-column-names',
      database,
    ];
    return (await run('mariadb', [...client, '-e', text], { env })).stdout;
  };
  const server = await serve(folder, 'mariadbd', command, () => sql('select 1'));
  await sql(`create user gantry@'%' identified by '${PASSWORD}'; grant all on *.* to gantry@'%'`);
  return {
    ...server,
    port,
    sql,
    url: (database) => `mysql+pymysql://${LOGIN}@127.0.0.1:${port}/${database}?charset=utf8`,
  };
}

/** Debian's PostgreSQL, as its own user. */
export async function startPostgres(): Promise<DatabaseServer> {
  const folder = newFolder('postgres');
  const [version = '15'] = readdirSync('/usr/lib/postgresql').toSorted().toReversed();
  const program = (name: string): string => join('/usr/lib/postgresql', version, 'bin', name);
  const data = join(folder, 'data');
  await run('chown', ['postgres', folder]);
  const as = ['-u', 'postgres', '--'];
  const init = ['-A', 'scram-sha-256', '--auth-local=trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'];
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, PASSWORD);
  chmodSync(passwordFile, 0o644);
  await run(
    'runuser',
    [...as, program('initdb'), '-D', data, ...init, '-U', 'gantry', `--pwfile=${passwordFile}`],
    {
      env,
      cwd: '/',
    },
  );
  const port = await freePort();
  const command = [
    ...as,
    program('postgres'),
    '-D',
    data,
    '-k',
    folder,
    '-p',
    String(port),
    '-c',
    'listen_addresses=127.0.0.1',
  ];
  const sql = async (text: string, database = 'postgres'): Promise<string> =>
    (
      await run('psql', ['-h', folder, '-p', String(port), '-U', 'gantry', '-qAt', '-c', text, database], {
        env,
      })
    ).stdout;
  const server = await serve(folder, 'runuser', command, () => sql('select 1'));
  return {
    ...server,
    port,
    sql,
    url: (database) => `postgresql+psycopg2://${LOGIN}@127.0.0.1:${port}/${database}`,
  };
}

function newFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `gantry-${name}-`));
  chmodSync(folder, 0o755);
  mkdirSync(folder, { recursive: true });
  return folder;
}

async function serve(folder: string, program: string, args: readonly string[], ask: () => Promise<unknown>) {
  // In a session of its own, so that all of it can be ended by one signal.
  const launch = (): ChildProcess => spawn(program, args, { env, cwd: '/', detached: true, stdio: 'ignore' });
  const start = async (): Promise<ChildProcess> => {
    let child = launch();
    for (let tries = 1; ; tries += 1) {
      try {
        await ask();
        return child;
      } catch (error) {
        if (tries === 200) throw error;
        // PostgreSQL refuses to start while a process of the one before is still ending.
        if (child.exitCode !== null) child = launch();
        await delay(100);
      }
    }
  };
  const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
    const ended = once(child, 'close');
    if (child.exitCode === null && child.signalCode === null) {
      process.kill(-(child.pid ?? 0), signal);
      await ended;
    }
  };
  let child = await start();
  return {
    get pid() {
      return child.pid ?? 0;
    },
    async crash() {
      await end(child, 'SIGKILL');
      child = await start();
    },
    async stop() {
      await end(child, 'SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
