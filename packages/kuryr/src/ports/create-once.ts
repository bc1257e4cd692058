import { setTimeout as delay } from 'node:timers/promises';
import { isTransient } from '../driver/errors.ts';

export interface CreateOnce<T> {
  /** Asks Neutron to make it. */
  readonly create: () => Promise<T>;
  /** Finds what an attempt made whose answer was lost. */
  readonly find: () => Promise<T | undefined>;
  readonly signal: AbortSignal;
}

const ATTEMPTS = 4;

/**
 * Makes something in Neutron, once: after a failure that leaves open whether it was made, looks for it before it tries
 * again.
 */
export async function createOnce<T>({ create, find, signal }: CreateOnce<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await create();
    } catch (error) {
      if (!isTransient(error) || signal.aborted || attempt === ATTEMPTS) throw error;
      await delay(100 * 3 ** (attempt - 1), undefined, { signal });
      const made = await find();
      if (made !== undefined) return made;
    }
  }
}
