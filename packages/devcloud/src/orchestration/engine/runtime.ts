import type { Caller, Cloud } from '../../cloud/service.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { Owner, Tables } from './tables.ts';

/** What the engine stands on. */
export interface Runtime {
  readonly cloud: Cloud;
  readonly tables: Tables;
  /** The resource types of this cloud, by name. */
  readonly types: ReadonlyMap<string, ResourceType>;
  /** Who the owner is now; undefined once it may no longer act on its project. */
  callerFor(owner: Owner): Caller | undefined;
  /** Resolves after `milliseconds`, or as soon as `signal` aborts. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
  readonly hints: Hints;
}

/** Tells whoever waits that it may be worth looking again. */
export interface Hints {
  /** Grows with every hint. */
  readonly count: number;
  give(): void;
  /** Resolves at the next hint after number `seen`. */
  next(seen: number): Promise<void>;
}

export function makeHints(): Hints {
  let count = 0;
  let waiting: (() => void)[] = [];
  return {
    get count() {
      return count;
    },
    give() {
      count++;
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
    next(seen) {
      return count > seen ? Promise.resolve() : new Promise((wake) => waiting.push(wake));
    },
  };
}

/** Why work on a stack was stopped from outside of it. */
export type StopReason = 'shutdown' | 'superseded' | 'timeout' | 'sibling';

/** Thrown where work notices that it was stopped. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
  readonly reason: StopReason;

  constructor(signal: AbortSignal) {
    super('stopped');
    this.reason = REASONS.find((reason) => reason === signal.reason) ?? 'shutdown';
  }
}

const REASONS: readonly StopReason[] = ['shutdown', 'superseded', 'timeout', 'sibling'];

export function checkStopped(signal: AbortSignal): void {
  if (signal.aborted) throw new Stopped(signal);
}

/** ISO without fractions, as OpenStack writes times. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
