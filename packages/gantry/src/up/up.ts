import { createServer, type Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import {
  compute,
  identity,
  image,
  mountCloud,
  network,
  openStore,
  orchestration,
  StateFileError,
  volume,
} from '@gantry/devcloud';
import { createLogger } from '@gantry/oslo';
import { UserError } from '../cli/exit.ts';
import { server } from '../images/recipes.ts';
import { writeClientFiles } from './client-files.ts';
import { cloudSession } from './cloud-session.ts';
import { dataFolder, prepareDataFolder, reason, type DataFolder } from './data-folder.ts';
import { dockerSocket } from './docker-socket.ts';
import { startKuryr } from './kuryr.ts';
import { MAGNUM_PATH, mountMagnum } from './magnum.ts';
import { disown, own } from './owner.ts';
import { loadSecrets, type Secrets } from './secrets.ts';
import { seed } from './seed.ts';
import { prepareServers, type Servers, type ServersMode } from './servers.ts';
import { hostAddress, loadSettings } from './settings.ts';

export type { ServersMode } from './servers.ts';

export interface UpOptions {
  readonly data: string;
  readonly listen: { readonly host: string; readonly port: number };
  /** Undefined: real ones where this machine can have them. */
  readonly servers?: ServersMode;
  readonly kuryr: boolean;
  readonly kuryrSocket?: string;
  readonly docker?: string;
}

export interface RunningGantry {
  /** Since the process started. */
  readonly readyMs: number;
  readonly folder: DataFolder;
  /** Names and addresses, to show. */
  readonly endpoints: readonly (readonly [name: string, url: string])[];
  /** What its user should know of how it runs. */
  readonly remarks: readonly string[];
  /** Stops everything it started, last started first; the data stays. */
  stop(): Promise<void>;
}

/** How to stop what was started, in the order of starting. */
type Stops = (() => void | Promise<void>)[];

/**
 * The composition root of the embedded cloud: every service in this process, on one port.
 *
 * @throws UserError with what to do; nothing that it started is left then
 */
export async function up(options: UpOptions, signal: AbortSignal): Promise<RunningGantry> {
  const stops: Stops = [];
  const stop = async (): Promise<void> => {
    for (let next = stops.pop(); next; next = stops.pop()) await next();
  };
  try {
    return { ...(await start(options, stops, signal)), stop };
  } catch (error) {
    await stop();
    if (error instanceof StateFileError) throw new UserError(error.message, { cause: error });
    throw error;
  }
}

async function start(
  options: UpOptions,
  stops: Stops,
  signal: AbortSignal,
): Promise<Omit<RunningGantry, 'stop'>> {
  const folder = dataFolder(options.data);
  prepareDataFolder(folder);
  own(folder);
  stops.push(() => disown(folder));
  const log = createLogger('gantry', { file: folder.log });
  const secrets = loadSecrets(folder.secrets);
  const settings = loadSettings(folder.settings);
  const { host, port } = options.listen;
  const publicUrl = `http://${host.includes(':') ? `[${host}]` : wildcard(host) ? '127.0.0.1' : host}:${port}`;
  const guestUrl = `http://${hostAddress(settings)}:${port}`;

  const servers = await prepareServers({
    mode: options.servers,
    docker: dockerSocket(options.docker),
    cloudId: settings.cloudId,
    folder,
    log,
    urls: [publicUrl],
  });
  stops.push(() => servers.hypervisor.close());
  const real = servers.mode === 'containers';
  const internalUrl = real ? guestUrl : publicUrl;

  const app = Fastify({
    bodyLimit: 64 * 2 ** 20,
    routerOptions: { maxParamLength: 500 },
    schemaController: NO_SCHEMAS,
  });
  stops.push(() => app.close());
  const cloud = mountCloud(app, {
    store: openStore(folder.state),
    log,
    publicUrl,
    internalUrl,
    services: servicesOf(folder, secrets, servers),
  });
  stops.push(() => cloud.stop());
  const magnum = await mountMagnum(app, { folder, secrets, publicUrl, internalUrl, log });
  stops.push(() => magnum.stop());

  await listen(app, host, port);
  await cloud.start();
  writeClientFiles(folder, publicUrl, secrets);
  const admin = cloudSession(folder.path, 'gantry-admin');
  await seed(admin, settings, server.reference);
  if (real && !wildcard(host)) {
    const inner = await listenInside(app, hostAddress(settings), port, signal);
    stops.push(() => {
      inner.close().closeAllConnections();
    });
  }
  await magnum.start(admin);
  const remarks = servers.remark === undefined ? [] : [servers.remark];
  if (options.kuryr) {
    if (real) {
      const kuryr = await startKuryr({ folder, secrets, publicUrl, socket: options.kuryrSocket, log });
      stops.push(() => kuryr.stop());
    } else {
      remarks.push('Kuryr is off: it needs real networks (--no-kuryr says so without this remark)');
    }
  }
  signal.throwIfAborted();
  return {
    readyMs: Math.round(performance.now()),
    folder,
    endpoints: endpointsOf(cloud.cloud.services, publicUrl),
    remarks,
  };
}

/** The services check requests themselves, each in its own words: Fastify need not load what it would do that with. */
const NO_SCHEMAS: FastifyServerOptions['schemaController'] = {
  compilersFactory: {
    buildValidator: () => noSchema,
    buildSerializer: () => noSchema,
  },
};

function noSchema(): never {
  throw new Error('no route of the embedded cloud has a schema for Fastify');
}

function servicesOf(folder: DataFolder, secrets: Secrets, servers: Servers) {
  const real = servers.mode === 'containers';
  return [
    identity({
      bootstrap: {
        adminPassword: secrets.passwords.admin,
        passwords: secrets.passwords,
        passwordsMadeBy: 'chance',
      },
    }),
    image({ dataDir: folder.images }),
    network({ dataPlane: real ? 'linux' : 'simulated' }),
    volume(real ? { dataDir: folder.volumes } : {}),
    compute({ hypervisor: servers.hypervisor }),
    orchestration({}),
  ];
}

function endpointsOf(
  services: readonly { readonly type: string; readonly path: string }[],
  publicUrl: string,
): (readonly [string, string])[] {
  const own = services.map(({ type, path }) => [type, publicUrl + path] as const);
  return [...own, ['container-infra', `${publicUrl}${MAGNUM_PATH}/v1`]];
}

function wildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw new UserError(
      `can't listen at ${host}:${port}: ${explain(error)}. Free it, or name another with --listen HOST:PORT.`,
      { cause: error },
    );
  }
}

function explain(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return 'another program has that port';
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address';
  if (code === 'EACCES') return 'that port is for root only';
  return reason(error);
}

/** How long the external network's bridge may take to get its address. */
const BRIDGE_PATIENCE_MS = 15_000;

/** Serves the same APIs at this host's address on the external network, where the cloud's own servers reach it. */
async function listenInside(
  app: FastifyInstance,
  address: string,
  port: number,
  signal: AbortSignal,
): Promise<Server> {
  const deadline = performance.now() + BRIDGE_PATIENCE_MS;
  for (;;) {
    const server = createServer((request, reply) => app.routing(request, reply));
    const failure = await new Promise<Error | undefined>((resolve) => {
      server.once('error', resolve).listen(port, address, () => resolve(undefined));
    });
    if (!failure) return server;
    if (!('code' in failure) || failure.code !== 'EADDRNOTAVAIL' || performance.now() > deadline) {
      throw new UserError(
        `can't listen at ${address}:${port} for the cloud's servers: ${explain(failure)}.`,
        {
          cause: failure,
        },
      );
    }
    await delay(20, undefined, { signal });
  }
}
