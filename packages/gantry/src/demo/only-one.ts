import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../cli/exit.ts';
import { reason } from '../up/data-folder.ts';

/** As long as another demo may need to clean up, in milliseconds. */
const PATIENCE = 30_000;

/**
 * Waits until this process is the only demo of this clone. It stays so until it ends, however that happens: what is
 * held is a lock on a file.
 *
 * @param waits called when there is another one, which may be just about to end
 * @throws UserError if the other one stays
 */
export async function becomeTheOnlyOne(
  cache: string,
  waits: () => void,
  signal: AbortSignal,
): Promise<DatabaseSync> {
  const file = join(cache, 'demo.lock');
  const lock = openLock(file);
  const deadline = Date.now() + PATIENCE;
  for (let first = true; ; first = false) {
    try {
      lock.exec('BEGIN EXCLUSIVE');
      return lock;
    } catch (error) {
      if (!/locked/.test(String(error))) throw unusable(file, error);
      if (Date.now() > deadline) {
        throw new UserError(
          'another `make demo` runs in this clone: go on with that one, or end it with Ctrl-C there.',
          { cause: error },
        );
      }
    }
    if (first) waits();
    await delay(100, undefined, { signal });
  }
}

function openLock(file: string): DatabaseSync {
  try {
    mkdirSync(dirname(file), { recursive: true });
    return new DatabaseSync(file);
  } catch (error) {
    throw unusable(file, error);
  }
}

function unusable(file: string, error: unknown): UserError {
  const message = `${file} can't be written (${reason(error)}): has another user made it? Use a clone of your own.`;
  return new UserError(message, { cause: error });
}
