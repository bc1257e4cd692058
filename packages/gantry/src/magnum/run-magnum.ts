import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StoreFault } from '@gantry/magnum';
import { ConfigError, createLogger, describeProblem, type Logger } from '@gantry/oslo';
import Fastify, { type FastifyInstance } from 'fastify';
import { UserError } from '../cli/exit.ts';
import { assembleMagnum, reachStore, type Magnum } from './assemble.ts';
import { loadMagnumConf, type ConfSources, type ProcessSettings } from './conf.ts';

type ProcessName = 'magnum-api' | 'magnum-conductor';

/** `gantry magnum-api`: the API in a process of its own, until SIGTERM; requests under way are finished first. */
export function runMagnumApi(sources: ConfSources): Promise<void> {
  return run('magnum-api', sources, async (magnum, settings, log) => {
    if (settings.api.workers !== undefined && settings.api.workers > 1) {
      log.warn('[api] workers has no effect: one process serves all; start more processes for more');
    }
    const app = await createServer(settings, magnum);
    const { host, port } = settings.api;
    await app.listen({ host, port }).catch((error: unknown) => {
      throw new UserError(`can't listen at ${host}:${port} ([api] host and port): ${text(error)}`, {
        cause: error,
      });
    });
    log.info({ readyMs: Math.round(performance.now()) }, `magnum-api listens at ${host}:${port}`);
    return () => app.close();
  });
}

/** `gantry magnum-conductor`: carries out what APIs were asked for, until SIGTERM. Any number share one database. */
export function runMagnumConductor(sources: ConfSources): Promise<void> {
  return run('magnum-conductor', sources, async (magnum, _settings, log) => {
    const conductor = magnum.conductor();
    conductor.start();
    log.info({ readyMs: Math.round(performance.now()) }, 'magnum-conductor is ready');
    return () => conductor.stop();
  });
}

/** `gantry magnum-db`: makes in the database what Gantry needs there, and says what that was. */
export async function runMagnumDb(sources: ConfSources): Promise<void> {
  await explained(async () => {
    const { values } = loadMagnumConf({ ...sources, env: process.env });
    const log = createLogger('magnum-db', {});
    const store = await reachStore(values, log);
    await store.close();
  });
  process.stdout.write('the database has all that Gantry needs\n');
}

type Started = () => Promise<void>;

async function run(
  name: ProcessName,
  sources: ConfSources,
  start: (magnum: Magnum, settings: ProcessSettings, log: Logger) => Promise<Started>,
): Promise<void> {
  const stopping = new AbortController();
  const end = (): void => stopping.abort();
  // A hang-up is what logrotate sends; it ends nothing.
  const hungUp = new Set<() => void>();
  process.once('SIGINT', end).once('SIGTERM', end);
  process.on('SIGHUP', () => hungUp.forEach((reopen) => reopen()));
  await explained(async () => {
    const { values, warnings, files } = loadMagnumConf({ ...sources, env: process.env });
    const log = logOf(name, values, (reopen) => hungUp.add(reopen));
    for (const warning of warnings) log.warn(describeProblem(warning));
    for (const option of ['use_syslog', 'use_journal'] as const) {
      if (values.DEFAULT[option]) log.warn(`[DEFAULT] ${option} has no effect: name a log_file or a log_dir`);
    }
    log.info({ files }, `${name} starts`);
    const folders = [...new Set([...files.map((file) => dirname(file)), ...sources.dirs])];
    const magnum = await assembleMagnum({ settings: values, folders, log });
    try {
      const stop = await start(magnum, values, log);
      if (!stopping.signal.aborted) await once(stopping.signal, 'abort');
      log.info(`${name} stops`);
      await stop();
    } finally {
      await magnum.close();
    }
  });
}

/** Turns what an operator can mend into its message alone. */
async function explained(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof ConfigError || error instanceof StoreFault) {
      throw new UserError(error.message, { cause: error });
    }
    throw error;
  }
}

function logOf(
  name: ProcessName,
  { DEFAULT: { debug, log_dir, log_file } }: ProcessSettings,
  onReopen: (reopen: () => void) => void,
): Logger {
  const file = log_file ?? (log_dir === undefined ? undefined : `${name}.log`);
  return createLogger(name, {
    level: debug ? 'debug' : 'info',
    onReopen,
    ...(file !== undefined && { file: join(file.startsWith('/') ? '' : (log_dir ?? ''), file) }),
  });
}

/** Requests and answers are checked by the API itself; to load what fastify has for that takes a fifth of the start. */
const noSchemas = {
  compilersFactory: {
    // Its type asks for a compiler of a package that we don't load.
    buildValidator: (() => () => () => true) as never,
    buildSerializer: () => () => (value: unknown) => JSON.stringify(value),
  },
};

async function createServer(settings: ProcessSettings, magnum: Magnum): Promise<FastifyInstance> {
  const common = {
    routerOptions: { maxParamLength: 500 },
    forceCloseConnections: 'idle',
    schemaController: noSchemas,
  } as const;
  const https = tls(settings);
  // The types of the two differ by the server they wrap, of which nothing here knows.
  const app = (https ? Fastify({ ...common, https }) : Fastify(common)) as unknown as FastifyInstance;
  await app.register(magnum.api());
  return app;
}

function tls({ api }: ProcessSettings): { cert: Buffer; key: Buffer } | undefined {
  if (!api.enabled_ssl) return undefined;
  const pem = (option: 'ssl_cert_file' | 'ssl_key_file'): Buffer => {
    try {
      return readFileSync(api[option] ?? '');
    } catch (error) {
      const message =
        api[option] === undefined ? 'is needed for enabled_ssl' : `can't be read: ${text(error)}`;
      throw new ConfigError([{ group: 'api', option, message }]);
    }
  };
  return { cert: pem('ssl_cert_file'), key: pem('ssl_key_file') };
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
