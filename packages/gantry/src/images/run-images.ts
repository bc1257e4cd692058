import { resolve } from 'node:path';
import { DockerEngine, DockerError } from '@gantry/devcloud';
import { createLogger } from '@gantry/oslo';
import { UserError } from '../cli/exit.ts';
import { progressBar } from '../cli/terminal.ts';
import { dockerSocket } from '../up/docker-socket.ts';
import { asUserError } from '../up/failures.ts';
import { ensureImages } from './ensure-images.ts';

export interface ImagesFlags {
  /** Folder of finished images. */
  readonly cache: string;
  readonly docker?: string;
}

/**
 * `gantry images`: makes the server image (and nginx and busybox, which it contains) if the cache doesn't have them,
 * and loads them into a Docker engine that doesn't. Ctrl-C ends it and leaves nothing half-made.
 *
 * @throws UserError with what to do
 */
export async function runImages(flags: ImagesFlags): Promise<void> {
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => stopping.abort(new UserError(`stopped by ${name}`)));
  }
  const socket = dockerSocket(flags.docker);
  const cache = resolve(flags.cache);
  const engine = new DockerEngine(socket);
  const bar = progressBar('images');
  try {
    // Else it would be found out after minutes of building.
    await engine.ping(AbortSignal.timeout(5000));
    const images = await ensureImages({
      cache,
      engine,
      log: createLogger('gantry', { level: 'silent' }),
      signal: stopping.signal,
      progress: ({ image, step, fraction }) => bar.update(fraction, `${image}: ${step}`),
    });
    bar.end(`${Object.values(images).join(', ')} are there`);
    process.stdout.write(`The Docker engine on ${socket} has them; the cache is ${cache}.\n`);
  } catch (error) {
    bar.clear();
    stopping.signal.throwIfAborted();
    if (error instanceof DockerError && error.unreachable) {
      throw new UserError(`${error.message}. Start Docker, or name its socket with --docker.`, {
        cause: error,
      });
    }
    throw asUserError(error, 'standard error');
  } finally {
    await engine.close();
  }
}
