import { existsSync, readdirSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { DockerEngine, DockerError, openStore, removeDataPlane, removeServers } from '@gantry/devcloud';
import { createLogger } from '@gantry/oslo';
import { UserError } from '../cli/exit.ts';
import { dataFolder, isDataFolder, type DataFolder } from './data-folder.ts';
import { dockerSocket } from './docker-socket.ts';
import { ownerOf } from './owner.ts';
import { loadSettings } from './settings.ts';

export interface DownOptions {
  readonly data: string;
  /** Remove the data too. */
  readonly purge: boolean;
  readonly docker?: string;
  /** Say nothing of what was removed. */
  readonly quiet?: boolean;
}

/** How long a running cloud may take to stop, in milliseconds. */
const PATIENCE_MS = 60_000;

/**
 * `gantry down`: stops the cloud of a data folder if it runs, and removes its machines, bridges and addresses. What is
 * gone already is passed over, so it can be repeated.
 *
 * @throws UserError with what could not be removed and what to do
 */
export async function down(options: DownOptions): Promise<void> {
  const folder = dataFolder(options.data);
  const say = (line: string): void => void (options.quiet || process.stdout.write(`${line}\n`));
  if (!isDataFolder(folder)) {
    say(`There is no cloud in ${folder.path}.`);
    return;
  }
  await stopOwner(folder, say);
  const servers = await withdrawServers(folder, options.docker);
  if (servers > 0) say(`Removed ${servers} servers.`);
  const bridges = await withdrawNetworks(folder);
  if (bridges > 0) say(`Removed ${bridges} network interfaces and routers.`);
  if (options.purge) {
    rmSync(folder.path, { recursive: true, force: true });
    say(`Removed ${folder.path}.`);
  } else {
    say(`The data is kept: gantry up --data ${folder.path} goes on with it, --purge removes it.`);
  }
}

async function stopOwner(folder: DataFolder, say: (line: string) => void): Promise<void> {
  const owner = ownerOf(folder);
  if (owner === undefined) return;
  process.kill(owner, 'SIGTERM');
  for (let waited = 0; ownerOf(folder) === owner; waited += 50) {
    if (waited > PATIENCE_MS) {
      throw new UserError(
        `process ${owner} still runs the cloud of ${folder.path}: end it with kill -9, then try again`,
      );
    }
    await delay(50);
  }
  say(`Stopped process ${owner}.`);
}

async function withdrawServers(folder: DataFolder, docker: string | undefined): Promise<number> {
  if (!existsSync(folder.servers) || readdirSync(folder.servers).length === 0) return 0;
  const engine = new DockerEngine(dockerSocket(docker));
  try {
    const log = createLogger('gantry', { file: folder.log });
    return await removeServers(engine, loadSettings(folder.settings).cloudId, folder.path, log);
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    throw new UserError(
      `the servers of ${folder.path} can't be removed: ${error.message}. Start their Docker engine, or name it with --docker.`,
      { cause: error },
    );
  } finally {
    await engine.close();
  }
}

async function withdrawNetworks(folder: DataFolder): Promise<number> {
  if (process.getuid?.() !== 0 || !existsSync(folder.state)) return 0;
  const store = openStore(folder.state);
  try {
    const removed = await removeDataPlane({ store });
    return removed.links.length + removed.routers.length;
  } finally {
    store.close();
  }
}
