import type { Logger } from '@gantry/oslo';
import { messageOf } from '../driver/errors.ts';
import type { Journal } from './journal.ts';
import type { Chore, Task } from './records.ts';

/** Carries out one task, whole. Has to bear being repeated, and finding done what it is to do. */
export type Perform = (task: Task, signal: AbortSignal) => Promise<void>;

/** What is owed, from the journal: done at once where somebody waits for it, and until it succeeds where nobody does. */
export interface Chores {
  /** Writes a task down; it is due now, or at `due`. Does not start it. */
  add(task: Task, due?: number): Chore;
  /** It needs not be done any more. */
  drop(chore: Chore): void;
  /** Tries these now and waits; what fails is tried again later. Says whether all is done. */
  attempt(chores: readonly Chore[], signal: AbortSignal): Promise<boolean>;
  /** The same for all whose task fits. */
  attemptMatching(fits: (task: Task) => boolean, signal: AbortSignal): Promise<boolean>;
  /** Such a task is written down. */
  owes(fits: (task: Task) => boolean): boolean;
  /** Makes a chore due, and sees to it in the background. */
  hasten(chore?: Chore): void;
  /** Tries everything that is due. */
  runDue(signal: AbortSignal): Promise<void>;
  /** Begins to watch the clock, until the signal. */
  start(signal: AbortSignal): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

export interface ChoresOptions {
  readonly journal: Journal;
  readonly perform: Perform;
  readonly log: Logger;
  readonly now: () => number;
  readonly newId: () => string;
  readonly inTurn: <T>(key: string, work: () => Promise<T>) => Promise<T>;
}

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 60_000;
/** For one background attempt. */
const ATTEMPT_MS = 25_000;

export function createChores(options: ChoresOptions): Chores {
  const { journal, log, now } = options;
  const underWay = new Set<Promise<unknown>>();
  const busy = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let running: AbortSignal | undefined;

  function attemptOne(chore: Chore, signal: AbortSignal): Promise<boolean> {
    const work = options.inTurn(chore.key, async () => {
      const current = journal.chores.get(chore.id);
      if (!current) return true;
      busy.add(chore.id);
      try {
        await options.perform(current.task, signal);
        journal.chores.remove(current.id);
        return true;
      } catch (error) {
        postpone(current, error);
        return false;
      } finally {
        busy.delete(chore.id);
      }
    });
    underWay.add(work);
    const forget = (): void => void underWay.delete(work);
    work.then(forget, forget);
    return work;
  }

  async function attempt(chores: readonly Chore[], signal: AbortSignal): Promise<boolean> {
    const done = await Promise.all(chores.map((chore) => attemptOne(chore, signal)));
    return done.every(Boolean);
  }

  function postpone(chore: Chore, error: unknown): void {
    const attempts = chore.attempts + 1;
    const wait = Math.min(FIRST_WAIT * 2 ** chore.attempts, LONGEST_WAIT);
    const lastError = messageOf(error);
    journal.chores.put({ ...chore, attempts, due: now() + wait, lastError });
    log.warn({ task: chore.task, attempts, again: wait }, `not done yet: ${lastError}`);
    schedule();
  }

  function schedule(): void {
    if (!running || running.aborted) return;
    clearTimeout(timer);
    const waiting = journal.chores.all().filter((chore) => !busy.has(chore.id));
    if (waiting.length === 0) return;
    const next = Math.min(...waiting.map((chore) => chore.due));
    timer = setTimeout(() => background(), Math.max(0, Math.min(next - now(), LONGEST_WAIT)));
    timer.unref();
  }

  function background(): void {
    if (!running || running.aborted) return;
    const signal = AbortSignal.any([running, AbortSignal.timeout(ATTEMPT_MS)]);
    runDue(signal)
      .catch((error: unknown) => log.error({ err: error }, 'the journal failed'))
      .finally(() => schedule());
  }

  async function runDue(signal: AbortSignal): Promise<void> {
    const due = journal.chores.all().filter((chore) => chore.due <= now() && !busy.has(chore.id));
    for (const chore of due) busy.add(chore.id);
    try {
      await Promise.all(due.map((chore) => attemptOne(chore, signal)));
    } finally {
      for (const chore of due) busy.delete(chore.id);
    }
  }

  return {
    runDue,
    add(task, due) {
      const chore = { id: options.newId(), key: keyOf(task), task, due: due ?? now(), attempts: 0 };
      journal.chores.put(chore);
      return chore;
    },
    drop: (chore) => journal.chores.remove(chore.id),
    attempt,
    attemptMatching: (fits, signal) =>
      attempt(
        journal.chores.all().filter((chore) => fits(chore.task)),
        signal,
      ),
    owes: (fits) => journal.chores.find((chore) => fits(chore.task)) !== undefined,
    hasten(chore) {
      const current = chore && journal.chores.get(chore.id);
      if (current) journal.chores.put({ ...current, due: now() });
      schedule();
    },
    start(signal) {
      running = signal;
      signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
      schedule();
    },
    async idle() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}

function keyOf(task: Task): string {
  if (task.kind === 'unplug') return `link ${task.portId}`;
  if ('portId' in task) return `port ${task.portId}`;
  if ('mac' in task) return `mac ${task.neutronId} ${task.mac}`;
  if ('networkId' in task) return `network ${task.networkId}`;
  return 'poolId' in task ? `pool ${task.poolId}` : `pool ${task.name}`;
}
