import type { Logger } from '@gantry/oslo';
import { messageOf } from '../operations/failures.ts';
import type { Clock } from '../operations/clock.ts';

/** Something that converges by itself: it takes no input, looks at what is there, and moves it one step closer. */
export interface Reconciler {
  readonly name: string;
  /** @returns milliseconds until it wants to look again, if nothing wakes it before */
  pass(signal: AbortSignal): Promise<number>;
}

/** How the last pass went, for those who ask. */
export interface LastPass {
  readonly at: Date;
  /** Undefined if it went well. */
  readonly error: string | undefined;
}

export interface ReconcilerRun {
  last(): LastPass | undefined;
  /** Look again now. */
  wake(): void;
  stop(): Promise<void>;
}

/** Milliseconds to wait after a pass that failed. */
const AFTER_ERROR = 5_000;

/** Runs a reconciler on a signal and on a timer, one pass at a time, until it is stopped. */
export function runReconciler(
  reconciler: Reconciler,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): ReconcilerRun {
  const stopping = new AbortController();
  let nap = new AbortController();
  let last: LastPass | undefined;

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      nap = new AbortController();
      let wait = AFTER_ERROR;
      try {
        wait = await reconciler.pass(stopping.signal);
        last = { at: clock.now(), error: undefined };
      } catch (error) {
        if (stopping.signal.aborted) return;
        last = { at: clock.now(), error: messageOf(error) };
        log.warn({ err: error, reconciler: reconciler.name }, 'a pass of a reconciler failed');
      }
      await clock.sleep(wait, AbortSignal.any([stopping.signal, nap.signal]));
    }
  }

  const ended = work();
  return {
    last: () => last,
    wake: () => nap.abort(),
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}
