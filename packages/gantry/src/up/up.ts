import Fastify, { LogController, type FastifyBaseLogger } from 'fastify';
import {
  compute,
  identity,
  image,
  mountCloud,
  network,
  openStore,
  orchestration,
  volume,
} from '@gantry/devcloud';
import { createLogger } from '@gantry/oslo';
import { UserError } from '../cli/exit.ts';
import { server } from '../images/recipes.ts';
import { closeServer, serverOptions } from '../magnum/http-server.ts';
import { writeClientFiles } from './client-files.ts';
import { cloudSession } from './cloud-session.ts';
import { noteComplete, reason, type DataFolder } from './data-folder.ts';
import { dockerSocket } from './docker-socket.ts';
import { asUserError } from './failures.ts';
import { listen, listenInside, urlOf, wildcard, type ListenAddress } from './listen.ts';
import { claimMachine } from './machine-claim.ts';
import { MAGNUM_PATH, mountMagnum } from './magnum.ts';
import { disown, own } from './owner.ts';
import { loadSecrets, type Secrets } from './secrets.ts';
import { seed } from './seed.ts';
import { prepareServers, type Servers, type ServersMode } from './servers.ts';
import { hostAddress, loadSettings } from './settings.ts';

export type { ServersMode } from './servers.ts';

export interface UpOptions {
  readonly data: string;
  readonly listen: ListenAddress;
  /** Undefined: real ones where this machine can have them. */
  readonly servers?: ServersMode;
  readonly kuryr: boolean;
  readonly kuryrSocket?: string;
  readonly docker?: string;
}

export interface RunningGantry {
  /** Since the process started. */
  readonly readyMs: number;
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
 * @param folder as it was entered
 * @param signal ends the start as well, after the step that it is in
 * @throws UserError with what to do; nothing that it started is left then
 */
export async function up(
  options: UpOptions,
  folder: DataFolder,
  signal: AbortSignal,
): Promise<RunningGantry> {
  const stops: Stops = [];
  try {
    return { ...(await start(options, folder, stops, signal)), stop: () => stopAll(stops) };
  } catch (error) {
    // Why it can't start is what has to be said, whatever else goes wrong then.
    await stopAll(stops).catch(() => undefined);
    throw asUserError(error, folder.log);
  }
}

/** Stops everything, last started first, even if something of it fails. */
async function stopAll(stops: Stops): Promise<void> {
  const failures: unknown[] = [];
  for (let next = stops.pop(); next; next = stops.pop()) {
    try {
      await next();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) {
    throw new UserError(`not everything could be stopped: ${failures.map(reason).join('; ')}`, {
      cause: failures[0],
    });
  }
}

/** Seconds for requests under way when the user ends it. */
const STOP_WITHIN = 10;

async function start(
  options: UpOptions,
  folder: DataFolder,
  stops: Stops,
  signal: AbortSignal,
): Promise<Omit<RunningGantry, 'stop'>> {
  // The file is one process's: of two that start at once, the other ends here.
  const store = openStore(folder.state);
  stops.push(() => store.close());
  own(folder);
  stops.push(() => disown(folder));
  const log = createLogger('gantry', { file: folder.log });
  const secrets = loadSecrets(folder.secrets);
  const settings = loadSettings(folder.settings);
  const { cloudId } = settings;
  const { port } = options.listen;
  const publicUrl = urlOf(options.listen);
  const inside = { host: hostAddress(settings), port };

  const servers = await prepareServers({
    mode: options.servers,
    docker: options.docker,
    cloudId,
    folder,
    log,
    urls: [publicUrl],
  });
  stops.push(() => servers.hypervisor.close());
  const real = servers.mode === 'containers';
  if (real) stops.push(await claimMachine(cloudId));
  const internalUrl = real ? urlOf(inside) : publicUrl;
  signal.throwIfAborted();

  const loggerInstance: FastifyBaseLogger = log;
  const app = Fastify({
    ...serverOptions,
    bodyLimit: 64 * 2 ** 20,
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
  });
  stops.push(() => closeServer(app, STOP_WITHIN));
  const services = servicesOf(folder, secrets, servers, cloudId);
  const cloud = mountCloud(app, { store, log, publicUrl, internalUrl, services });
  stops.push(() => cloud.stop());
  const simulatedServers = !real;
  const magnum = await mountMagnum(app, { folder, secrets, publicUrl, internalUrl, simulatedServers, log });
  stops.push(() => magnum.stop());
  signal.throwIfAborted();

  await listen(app, options.listen);
  await cloud.start();
  signal.throwIfAborted();
  writeClientFiles(folder, publicUrl, secrets);
  const admin = cloudSession(folder.path, 'gantry-admin');
  await seed(admin, settings, server.reference);
  signal.throwIfAborted();
  if (real && !wildcard(options.listen.host)) stops.push(await listenInside(app, inside, signal));
  await magnum.start(admin);
  signal.throwIfAborted();
  const remarks = servers.remark === undefined ? [] : [servers.remark];
  if (options.kuryr) {
    if (real) {
      const docker = dockerSocket(options.docker);
      const { startKuryr } = await import('./kuryr.ts');
      const kuryr = await startKuryr({
        folder,
        secrets,
        publicUrl,
        socket: options.kuryrSocket,
        docker,
        log,
      });
      stops.push(() => kuryr.stop());
    } else {
      remarks.push('Kuryr is off: it needs real networks (--no-kuryr says so without this remark)');
    }
  }
  signal.throwIfAborted();
  noteComplete(folder);
  return {
    readyMs: Math.round(performance.now()),
    endpoints: endpointsOf(cloud.cloud.services, publicUrl),
    remarks,
  };
}

function servicesOf(folder: DataFolder, secrets: Secrets, servers: Servers, cloudId: string) {
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
    network({ dataPlane: real ? 'linux' : 'simulated', cloudId }),
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
