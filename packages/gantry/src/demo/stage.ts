import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DockerEngine } from '@gantry/devcloud';
import type { Session } from '@gantry/openstack';
import { createLogger } from '@gantry/oslo';
import { DOCKER, ensureDebianPackages, IPROUTE, IPTABLES, MMDEBSTRAP } from '../host/debian-packages.ts';
import { findEngine, startEngine } from '../engine/engine.ts';
import { ensureImages } from '../images/ensure-images.ts';
import { cloudSession } from '../up/cloud-session.ts';
import { reason } from '../up/data-folder.ts';
import { down } from '../up/down.ts';
import { freePort } from '../launch/free-port.ts';
import { launchGantry, upArguments } from '../launch/launch-gantry.ts';
import { heading, note, progressBar, showCommand } from '../cli/terminal.ts';

/** Where the journeys are played. */
export interface DemoStage {
  readonly session: Session;
  readonly url: string;
  /** Data folder of the demo's cloud. */
  readonly folder: string;
  /** Socket of the demo's Docker engine; undefined with simulated servers. */
  readonly docker: string | undefined;
}

interface Places {
  readonly data: string;
  readonly engine: string;
  readonly images: string;
}

function places(cache: string): Places {
  return {
    data: join(cache, 'demo/data'),
    engine: join(cache, 'demo/engine'),
    images: join(cache, 'images'),
  };
}

/** A Docker engine of its own and a cloud whose servers run on it. What an earlier, killed demo left goes first. */
export async function realStage(cache: string, signal: AbortSignal): Promise<DemoStage> {
  const { data, engine: engineFolder, images } = places(cache);
  heading('A cloud of its own');
  await ensureDebianPackages([DOCKER, MMDEBSTRAP, IPROUTE, IPTABLES], note, signal);
  await cleanUp(cache);
  const log = createLogger('demo', { file: join(cache, 'demo/demo.log') });
  const engine = await startEngine({ folder: engineFolder, log, signal });
  note('A Docker engine of its own runs beside whatever Docker this machine has.');

  const bar = progressBar('images');
  try {
    await ensureImages({
      cache: images,
      engine: new DockerEngine(engine.socket),
      log,
      signal,
      progress: ({ image, step, fraction }) => bar.update(fraction, `${image}: ${step}`),
    });
    bar.end('server, nginx and busybox are there');
  } finally {
    bar.clear();
  }
  const kuryrSocket = join(engine.pluginsFolder, 'kuryr.sock');
  return launch(data, { docker: engine.socket, kuryrSocket }, signal);
}

/** Without root: all that can be shown without it. */
export async function simulatedStage(cache: string, signal: AbortSignal): Promise<DemoStage> {
  heading('A cloud of its own, with simulated servers');
  note(
    'Real servers and networks need root: `sudo make demo` shows them, and Kuryr, which needs a Docker engine.',
  );
  await cleanUp(cache);
  return launch(places(cache).data, {}, signal);
}

async function launch(
  data: string,
  engine: { docker?: string; kuryrSocket?: string },
  signal: AbortSignal,
): Promise<DemoStage> {
  const listen = `127.0.0.1:${await freePort()}`;
  const servers = engine.docker === undefined ? 'simulated' : 'containers';
  signal.throwIfAborted();
  // What the demo started is for the demo to end, in its order.
  const options = { data, listen, servers, ...engine, signal, ownSession: true } as const;
  showCommand(['gantry', ...upArguments(options)]);
  const gantry = await launchGantry(options);
  note(`gantry is ready in ${gantry.readyMs} ms, at ${gantry.url}`);
  return { session: cloudSession(data), url: gantry.url, folder: data, docker: engine.docker };
}

/** Puts a failed demo's logs where the cleaning up leaves them. @returns the folder */
export function keepLogs(cache: string): string {
  const { data, engine } = places(cache);
  const kept = join(cache, 'demo-logs');
  rmSync(kept, { recursive: true, force: true });
  mkdirSync(kept);
  for (const log of [join(data, 'gantry.log'), join(engine, 'dockerd.log'), join(cache, 'demo/demo.log')]) {
    if (existsSync(log)) cpSync(log, join(kept, basename(log)));
  }
  return kept;
}

/**
 * Removes everything a demo has on this machine but the cached images, whichever process started it.
 *
 * @returns what could not be removed, in words
 */
export async function cleanUp(cache: string): Promise<string[]> {
  const { data, engine: engineFolder } = places(cache);
  const left: string[] = [];
  const attempt = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    await work().catch((error: unknown) => left.push(`${what}: ${reason(error)}`));
  };
  const log = createLogger('demo', { level: 'silent' });
  const root = process.getuid?.() === 0;
  const engine = root ? await findEngine(engineFolder, log) : undefined;
  await attempt('the cloud', () =>
    down({ data, purge: true, ...(engine ? { docker: engine.socket } : {}), quiet: true }),
  );
  if (engine) {
    const docker = new DockerEngine(engine.socket);
    await attempt('containers', async () => {
      for (const { Id } of await docker.listContainers([])) await docker.removeContainer(Id);
    });
    await attempt('the Docker engine', () => engine.stop());
  }
  await attempt('its files', () => rm(join(cache, 'demo'), { recursive: true, force: true }));
  return left;
}
