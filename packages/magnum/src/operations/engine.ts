import type { Verb } from '../store/rows.ts';
import { runOperation, type RunningOperation } from './run-operation.ts';
import type { OperationServices, VerbDefinition } from './verb.ts';
import type { Wake } from './wake.ts';

export interface EngineOptions {
  /** Tells this conductor from all others, those before its last restart included. */
  readonly owner: string;
  readonly verbs: readonly VerbDefinition[];
  readonly wake: Wake;
  /** Nobody else runs operations of this database: what is claimed when this starts is claimed by the dead. */
  readonly alone?: boolean;
  /** Milliseconds after which others may take over an operation whose conductor shows no life. */
  readonly claimMs?: number;
  /** Milliseconds between looks at the database without any hint. */
  readonly pollMs?: number;
  /** How many operations run at a time. */
  readonly concurrency?: number;
}

export interface Engine {
  /** Claims and runs operations until `stop`. */
  start(): void;
  /** Stops each at its next await and gives its claim back, so that another goes on at once. */
  stop(): Promise<void>;
}

/** Runs the operations of all clusters, as many conductors as there may be: the database decides who gets which. */
export function createEngine(services: OperationServices, options: EngineOptions): Engine {
  const { store, clock, log } = services;
  const claimMs = options.claimMs ?? 30_000;
  // Alone, every order comes from this process, and by its hint; others only write theirs into the database.
  const pollMs = options.pollMs ?? (options.alone === true ? 2_000 : 500);
  const concurrency = options.concurrency ?? 64;
  const definitions = new Map<Verb, VerbDefinition>(options.verbs.map((verb) => [verb.verb, verb]));
  const running = new Set<RunningOperation>();
  const stopping = new AbortController();
  let claims = 0;
  let nap = new AbortController();
  let loop: Promise<void> | undefined;
  let unlisten: (() => void) | undefined;

  function wakeUp(clusterUuid?: string): void {
    for (const run of running) if (run.operation.cluster_uuid === clusterUuid) run.poke();
    nap.abort();
  }

  async function claimAll(): Promise<void> {
    while (running.size < concurrency && !stopping.signal.aborted) {
      const until = new Date(clock.now().getTime() + claimMs);
      // A name a claim: a run whose claim ran out must not pass for the one that came after it.
      const owner = `${options.owner}-${(claims += 1)}`;
      const operation = await store.operations.claim(owner, until);
      if (!operation) return;
      const definition = definitions.get(operation.verb);
      if (!definition) {
        const problem = `this gantry doesn't know how to ${operation.verb} a cluster`;
        await store.operations.finish(operation.uuid, owner, 'failed', problem);
        continue;
      }
      const run = runOperation(operation, definition, services, { owner, claimMs });
      running.add(run);
      void run.ended.then(() => {
        running.delete(run);
        wakeUp();
      });
    }
  }

  async function pause(): Promise<void> {
    const next = await store.operations.nextWake();
    const untilNext = next ? next.getTime() - clock.now().getTime() : pollMs;
    await clock.sleep(
      Math.max(Math.min(untilNext, pollMs), 10),
      AbortSignal.any([stopping.signal, nap.signal]),
    );
  }

  async function takeOver(): Promise<void> {
    try {
      await store.operations.releaseAll();
    } catch (error) {
      // Then it takes as long as the claims hold.
      log.warn({ err: error }, 'claims of an earlier process could not be taken back');
    }
  }

  async function work(): Promise<void> {
    if (options.alone === true) await takeOver();
    while (!stopping.signal.aborted) {
      // Set before looking: a hint that comes while looking means looking once more.
      nap = new AbortController();
      try {
        await claimAll();
        await pause();
      } catch (error) {
        log.error({ err: error }, 'the queue of operations could not be read');
        await clock.sleep(pollMs, stopping.signal);
      }
    }
  }

  return {
    start() {
      unlisten = options.wake.listen(wakeUp);
      loop = work();
    },
    async stop() {
      unlisten?.();
      stopping.abort();
      for (const run of running) run.abandon();
      await loop;
      await Promise.all([...running].map((run) => run.ended));
    },
  };
}
