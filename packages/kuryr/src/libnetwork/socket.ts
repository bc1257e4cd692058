import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { once } from 'node:events';

/** The plug-in's socket can't be had; the message says what to do. */
export class SocketError extends Error {
  override readonly name = 'SocketError';
}

/**
 * Makes a server listen at `path`, for this user only. A socket that nobody listens on any more is replaced; one that
 * somebody does is left alone.
 *
 * @throws SocketError
 */
export async function listenAt(server: Server, path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  if (await isTaken(path)) {
    throw new SocketError(`another process listens at ${path}: stop it, or choose another socket`);
  }
  // Docker looks for names that end in .sock, so it never meets this one, whose mode is still to be set.
  const fresh = `${path}.${process.pid}`;
  rmSync(fresh, { force: true });
  try {
    server.listen(fresh);
    await once(server, 'listening');
    chmodSync(fresh, 0o600);
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    server.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new SocketError(`can't listen at ${path}: ${reason}`, { cause: error });
  }
}

async function isTaken(path: string): Promise<boolean> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return false;
  if (!found.isSocket()) {
    throw new SocketError(`${path} is there and is no socket: move it away, or choose another socket`);
  }
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}
