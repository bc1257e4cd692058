import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { openStore, removeDataPlane, type Removed } from '@gantry/devcloud';
import { removeLinks } from '@gantry/kuryr';
import { UserError } from '../cli/exit.ts';
import { dataFolder, isDataFolder, reason, removeDataFolder, type DataFolder } from './data-folder.ts';
import { asUserError } from './failures.ts';
import { cloudsLeftHere, needsRoot, networksLeftHere, removeMachines, removedWords } from './left-behind.ts';
import { claimMachine } from './machine-claim.ts';
import { ownerOf } from './owner.ts';
import { readSettings } from './settings.ts';

export interface DownOptions {
  readonly data: string;
  /** Remove the data too. */
  readonly purge: boolean;
  readonly docker?: string;
  /** Say nothing of what was removed. */
  readonly quiet?: boolean;
}

type Say = (line: string) => void;

/** How long a running cloud may take to stop, in milliseconds. */
const PATIENCE_MS = 60_000;

/**
 * `gantry down`: stops the cloud of a data folder if it runs, and removes its machines, bridges, addresses and packet
 * filter rules. What is gone already is passed over, so it can be repeated; what can't be removed now keeps nothing
 * else from being removed, but the data.
 *
 * @throws UserError with what could not be removed and what to do
 */
export async function down(options: DownOptions): Promise<void> {
  const folder = dataFolder(options.data);
  const say: Say = (line) => void (options.quiet || process.stdout.write(`${line}\n`));
  const { docker } = options;
  try {
    if (!isDataFolder(folder)) {
      say(`There is no cloud in ${folder.path}.`);
      if (!options.quiet) await pointAtOthers(docker, say);
      return;
    }
    await stopOwner(folder, say);
    await withdraw(folder, docker, say);
    if (options.purge) purge(folder, say);
    else say(`The data is kept: gantry up --data ${folder.path} goes on with it, --purge removes it.`);
  } catch (error) {
    throw asUserError(error, folder.log);
  }
}

async function stopOwner(folder: DataFolder, say: Say): Promise<void> {
  const owner = ownerOf(folder);
  if (owner === undefined) return;
  try {
    process.kill(owner, 'SIGTERM');
  } catch (error) {
    throw new UserError(
      `process ${owner} runs the cloud of ${folder.path} and can't be ended: ${reason(error)}`,
      {
        cause: error,
      },
    );
  }
  for (let waited = 0; ownerOf(folder) === owner; waited += 50) {
    if (waited > PATIENCE_MS) {
      throw new UserError(
        `process ${owner} still runs the cloud of ${folder.path}: end it with kill -9 ${owner}, then try again`,
      );
    }
    await delay(50);
  }
  say(`Stopped process ${owner}.`);
}

async function withdraw(folder: DataFolder, docker: string | undefined, say: Say): Promise<void> {
  const problems: string[] = [];
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    await work().catch((error: unknown) => void problems.push(reason(asUserError(error, folder.log))));
  };
  const cloudId = idOf(folder, say);
  if (cloudId === undefined) {
    await pointAtOthers(docker, say);
    return;
  }
  const release = await claimMachine(cloudId);
  try {
    const used = existsSync(folder.servers) && readdirSync(folder.servers).length > 0;
    if (used) await attempt(async () => removedServers(await removeMachines(docker, cloudId, folder), say));
    // Docker would leave them here with the containers they are in: nobody answers it any more.
    if (process.getuid?.() === 0) await attempt(async () => void (await removeLinks(folder.kuryr)));
    await attempt(async () => removedNetworks(await withdrawNetworks(folder, cloudId, say), say));
  } finally {
    release();
  }
  if (problems.length > 0)
    throw new UserError(`${problems.join('; ')}. The data is kept until that is done.`);
}

/** What this cloud's things are marked with; undefined if that is lost. */
function idOf(folder: DataFolder, say: Say): string | undefined {
  try {
    return readSettings(folder.settings).cloudId;
  } catch (error) {
    // A cloud whose first start broke off has none, and nothing on the machine.
    if (existsSync(folder.state)) say(`Its settings are lost (${reason(error)}).`);
    return undefined;
  }
}

async function withdrawNetworks(folder: DataFolder, cloudId: string, say: Say): Promise<Removed | undefined> {
  if (process.getuid?.() !== 0) {
    if ((await networksLeftHere()).includes(cloudId)) throw needsRoot();
    return undefined;
  }
  const store = openState(folder, say);
  try {
    return await removeDataPlane(store ? { store } : { cloudId });
  } finally {
    store?.close();
  }
}

/** The state knows whether the host forwarded before; all else can be told by the id. */
function openState(folder: DataFolder, say: Say): ReturnType<typeof openStore> | undefined {
  if (!existsSync(folder.state)) return undefined;
  try {
    return openStore(folder.state);
  } catch (error) {
    say(`${reason(error)}. What it has on this machine is found by its id.`);
    return undefined;
  }
}

function removedServers(servers: number, say: Say): void {
  if (servers > 0) say(`Removed ${servers} ${servers === 1 ? 'server' : 'servers'}.`);
}

function removedNetworks(removed: Removed | undefined, say: Say): void {
  const words = removed && removedWords(removed);
  if (words) say(`Removed ${words}.`);
}

/** Clouds whose data folder is another, or lost: nothing of them is touched unasked, as they may be running. */
async function pointAtOthers(docker: string | undefined, say: Say): Promise<void> {
  for (const id of await cloudsLeftHere(docker)) {
    say(`This machine has things of the cloud ${id}. If its data folder is lost: gantry down --cloud ${id}`);
  }
}

function purge(folder: DataFolder, say: Say): void {
  const left = removeDataFolder(folder);
  if (left.length === 0) say(`Removed ${folder.path}.`);
  else say(`Removed the data in ${folder.path}, but for what is not gantry's: ${left.join(', ')}.`);
}

/**
 * `gantry down --cloud ID`: removes what a cloud whose data folder is lost has on this machine.
 *
 * @throws UserError if that cloud runs, or something could not be removed
 */
export async function downLost(cloudId: string, options: { readonly docker?: string }): Promise<void> {
  const say: Say = (line) => void process.stdout.write(`${line}\n`);
  const { docker } = options;
  if (process.getuid?.() !== 0) throw needsRoot();
  try {
    const known = await cloudsLeftHere(docker);
    if (!known.includes(cloudId)) {
      const others = known.length > 0 ? ` It has things of ${known.join(', ')}.` : '';
      throw new UserError(`this machine has nothing of a cloud ${cloudId}.${others}`);
    }
    const release = await claimMachine(cloudId);
    try {
      const failure = await removeMachines(docker, cloudId, undefined).then(
        (servers) => {
          removedServers(servers, say);
          return undefined;
        },
        (error: unknown) => error,
      );
      removedNetworks(await removeDataPlane({ cloudId }), say);
      if (failure !== undefined) throw failure;
    } finally {
      release();
    }
  } catch (error) {
    throw asUserError(error, 'standard error');
  }
}
