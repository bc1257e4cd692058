import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { UserError } from '../cli/exit.ts';

/** Everything a private engine has, all derived from its folder, so that a later process finds it again. */
export interface EngineFolder {
  readonly folder: string;
  readonly socket: string;
  readonly pidFile: string;
  readonly logFile: string;
  readonly dataRoot: string;
  /** What the engine sees as `/run/docker/plugins`. */
  readonly pluginsFolder: string;
  /** What the engine sees as `/etc/docker`: empty, whatever the machine's own Docker is told there. */
  readonly etcFolder: string;
  /** Only the engine sees it: it is in a file system of its own. It marks the processes that are this engine's. */
  readonly execRoot: string;
  /** Parent of its containers' control groups, in every hierarchy. */
  readonly cgroupParent: string;
  /** Linux bridge for `docker run` without a network. */
  readonly bridge: string;
}

/** Longest path of a Unix socket: sun_path of unix(7) without its final zero. */
const SOCKET_PATH_LIMIT = 107;

/** @throws UserError if the path is too long to have sockets in it */
export function engineFolder(path: string): EngineFolder {
  const folder = resolve(path);
  const mark = createHash('sha256').update(folder).digest('hex').slice(0, 10);
  const socket = join(folder, 'docker.sock');
  const pluginsFolder = join(folder, 'plugins');
  const longest = join(pluginsFolder, 'kuryr.sock');
  if (Buffer.byteLength(longest) > SOCKET_PATH_LIMIT) {
    throw new UserError(
      `the folder ${folder} is too deep: the path of a socket in it would be longer than ` +
        `${SOCKET_PATH_LIMIT} bytes (${longest}). Choose a shorter one.`,
    );
  }
  return {
    folder,
    socket,
    pidFile: join(folder, 'dockerd.pid'),
    logFile: join(folder, 'dockerd.log'),
    dataRoot: join(folder, 'data'),
    pluginsFolder,
    etcFolder: join(folder, 'etc'),
    execRoot: `/run/docker/gantry-${mark}`,
    cgroupParent: `/gantry-${mark}`,
    bridge: `gbr-${mark}`,
  };
}
