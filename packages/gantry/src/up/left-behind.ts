import {
  cloudsOnThisMachine,
  cloudsWithServers,
  DockerEngine,
  DockerError,
  removeServers,
  type Removed,
} from '@gantry/devcloud';
import { createLogger } from '@gantry/oslo';
import { UserError } from '../cli/exit.ts';
import type { DataFolder } from './data-folder.ts';
import { dockerSocket } from './docker-socket.ts';

/** Ids of the clouds, running or not, that have networks on this machine. */
export async function networksLeftHere(): Promise<readonly string[]> {
  return process.platform === 'linux' ? cloudsOnThisMachine() : [];
}

/**
 * Ids of the clouds, running or not, that have something on this machine: networks, or servers on a Docker engine. An
 * engine that doesn't answer is passed over.
 */
export async function cloudsLeftHere(docker: string | undefined): Promise<readonly string[]> {
  return [...new Set([...(await networksLeftHere()), ...(await serversLeftIn(docker))])];
}

async function serversLeftIn(docker: string | undefined): Promise<readonly string[]> {
  let engine: DockerEngine | undefined;
  try {
    engine = new DockerEngine(dockerSocket(docker));
    return await cloudsWithServers(engine);
  } catch (error) {
    if (error instanceof DockerError || (error instanceof UserError && docker === undefined)) return [];
    throw error;
  } finally {
    await engine?.close();
  }
}

/**
 * Removes a cloud's servers.
 *
 * @param folder undefined if it is lost
 * @returns how many there were
 * @throws UserError if Docker can't be reached or doesn't do it
 */
export async function removeMachines(
  docker: string | undefined,
  cloudId: string,
  folder: DataFolder | undefined,
): Promise<number> {
  const engine = new DockerEngine(dockerSocket(docker));
  try {
    const log = folder
      ? createLogger('gantry', { file: folder.log })
      : createLogger('gantry', { level: 'warn' });
    return await removeServers(engine, cloudId, folder?.path, log);
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    throw new UserError(
      `its servers can't be removed: ${error.message}: start their Docker engine, or name it with --docker, and run this again`,
      { cause: error },
    );
  } finally {
    await engine.close();
  }
}

/** What was removed, in words; undefined if there was nothing. */
export function removedWords({ links, routers, rules }: Removed): string | undefined {
  const parts = [
    count(links.filter((name) => name.startsWith('brq')).length, 'bridge'),
    count(links.filter((name) => !name.startsWith('brq')).length, 'network interface'),
    count(routers.length, 'router'),
    count(rules, 'packet filter rule'),
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(', ');
}

function count(number: number, what: string): string | undefined {
  return number === 0 ? undefined : `${number} ${what}${number === 1 ? '' : 's'}`;
}

export function needsRoot(): UserError {
  return new UserError('bridges, routers and rules are removed by root only: run this as root');
}
