import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../clock.ts';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** Turns of the event loop in which nothing new fell asleep, before everything is taken to be waiting for time. */
const QUIET_TURNS = 6;

export interface TestClock extends Clock {
  advance(milliseconds: number): void;
  /** Ends all sleep, for good: what sleeps again never wakes. */
  stop(): void;
}

/**
 * Time that passes only while everybody sleeps, and then at once up to the first who wakes.
 */
export function testClock(start = Date.parse('2030-01-01T00:00:00Z')): TestClock {
  let now = start;
  let sleepers: Sleeper[] = [];
  let pumping = false;
  let changes = 0;
  let stopped = false;

  async function pump(): Promise<void> {
    pumping = true;
    while (sleepers.length > 0) {
      for (let quiet = 0, seen = changes; quiet < QUIET_TURNS; quiet += 1) {
        await turn();
        if (seen !== changes) quiet = 0;
        seen = changes;
      }
      const [first] = sleepers.toSorted((a, b) => a.at - b.at);
      if (!first) break;
      now = Math.max(now, first.at);
      first.wake();
    }
    pumping = false;
  }

  const clock: TestClock = {
    now: () => new Date(now),
    sleep(milliseconds, signal) {
      if (signal?.aborted) return Promise.resolve();
      // Whoever is left over from a test must not go on.
      if (stopped) return new Promise(() => undefined);
      return new Promise((resolve) => {
        const sleeper: Sleeper = {
          at: now + milliseconds,
          wake() {
            changes += 1;
            sleepers = sleepers.filter((other) => other !== sleeper);
            signal?.removeEventListener('abort', sleeper.wake);
            resolve();
          },
        };
        changes += 1;
        sleepers.push(sleeper);
        signal?.addEventListener('abort', sleeper.wake);
        if (!pumping) void pump();
      });
    },
    every(milliseconds, work) {
      const ending = new AbortController();
      void (async () => {
        for (;;) {
          await clock.sleep(milliseconds, ending.signal);
          if (ending.signal.aborted || stopped) return;
          work();
        }
      })();
      return () => ending.abort();
    },
    stop() {
      stopped = true;
      for (const sleeper of sleepers) sleeper.wake();
    },
    advance: (milliseconds) => void (now += milliseconds),
  };
  return clock;
}
