import { setTimeout as delay } from 'node:timers/promises';
import { faultOf, StoreUnreachable, Yielded } from './faults.ts';

/** How often something is tried before its fault is passed on. */
const ATTEMPTS = 6;

/** Milliseconds before the second attempt; it doubles with each further one. */
const FIRST_WAIT = 20;

/**
 * Tries again what had to yield to another transaction, or never reached the database: nothing of it was done.
 *
 * @param repeatable whether it can be done twice, so that it is also tried again when the connection broke in
 *   the middle and nobody knows how far it came
 * @throws StoreFault
 */
export async function attempt<T>(work: () => Promise<T>, repeatable: boolean): Promise<T> {
  for (let count = 1; ; count += 1) {
    try {
      return await work();
    } catch (error) {
      const fault = faultOf(error);
      const again =
        fault instanceof Yielded || (fault instanceof StoreUnreachable && (fault.untouched || repeatable));
      if (!again || count === ATTEMPTS) throw fault;
      // At random, so that those who were in each other's way don't meet again.
      await delay(FIRST_WAIT * 2 ** (count - 1) * (0.5 + Math.random()));
    }
  }
}
