import type { Operation, OperationCaller } from '../store/rows.ts';
import type { OperationProgress } from '../store/store.ts';
import { attemptsFor, backOff, explain, messageOf } from './failures.ts';
import type { OperationServices, Step, StepContext, VerbDefinition } from './verb.ts';

export interface RunOptions {
  readonly owner: string;
  /** Milliseconds for which a claim holds without a sign of life. */
  readonly claimMs: number;
}

/** Somebody else has the operation now, or a later one took its place. */
class Lost extends Error {
  override readonly name = 'Lost';
}

/** A run of an operation that somebody claimed. */
export interface RunningOperation {
  readonly operation: Operation;
  /** Resolves once it ended, was put off, or was given up; never rejects. */
  readonly ended: Promise<void>;
  /** Something happened to its cluster: look whether it is still wanted, and don't sleep on. */
  poke(): void;
  /** The process ends: stop at the next await and give the claim back. */
  abandon(): void;
}

/**
 * Carries out an operation from the step it has reached. After each step the row says so, before anything else
 * is done; whoever claims the row after a crash goes on from there.
 */
export function runOperation(
  claimed: Operation,
  definition: VerbDefinition,
  services: OperationServices,
  options: RunOptions,
): RunningOperation {
  const { store, clock, log, random } = services;
  const controller = new AbortController();
  const { signal } = controller;
  let operation = claimed;
  let nap = new AbortController();

  const claimedUntil = (): Date => new Date(clock.now().getTime() + options.claimMs);

  async function advance(progress: OperationProgress): Promise<void> {
    const kept = await store.operations.advance(operation.uuid, options.owner, {
      ...progress,
      claimed_until: claimedUntil(),
    });
    if (!kept) throw new Lost('the operation was replaced or taken over');
    operation = { ...operation, ...progress };
  }

  async function renew(): Promise<void> {
    try {
      await advance({});
    } catch (error) {
      if (error instanceof Lost) controller.abort(error);
      else log.warn({ err: error, operation: operation.uuid }, 'the claim could not be renewed');
    }
  }

  function contextFor(attempt: number): StepContext {
    return {
      ...services,
      get operation() {
        return operation;
      },
      signal,
      attempt,
      async tell(level, reason, message) {
        const { cluster_uuid, uuid } = operation;
        await store.events.add({ cluster_uuid, operation_uuid: uuid, level, reason, message });
      },
      changeCaller: (caller: OperationCaller) => advance({ caller }),
      remember: (name, value) => advance({ results: { ...operation.results, [name]: value } }),
    };
  }

  /** Does one step to its end. @returns when to try again after a failure that may pass */
  async function doStep(step: Step): Promise<Date | undefined> {
    const attempt = operation.step === step.name ? operation.attempts + 1 : 1;
    await advance({ step: step.name, attempts: attempt });
    const before = operation.progress;
    for (;;) {
      signal.throwIfAborted();
      nap = new AbortController();
      const outcome = await step.do(contextFor(attempt));
      if (!outcome) break;
      const reached = before + Math.floor((step.progress - before) * (outcome.done ?? 0));
      if (reached > operation.progress) await advance({ progress: reached });
      await clock.sleep(outcome.again, AbortSignal.any([signal, nap.signal]));
    }
    const next = definition.steps[definition.steps.indexOf(step) + 1];
    await advance({ step: next?.name ?? 'end', attempts: 0, progress: step.progress, last_error: null });
    if (step.condition !== undefined) {
      await setCondition(step.condition, 'True', 'Done', `${step.doing}: done`);
    }
    return undefined;
  }

  async function stepFailed(step: Step, error: unknown): Promise<Date | undefined> {
    const { attempts } = operation;
    if (step.condition !== undefined) await setCondition(step.condition, 'False', 'Failed', explain(error));
    if (attempts < attemptsFor(error)) {
      const wait = backOff(attempts, random);
      await contextFor(attempts).tell(
        'warning',
        'StepRetried',
        `${step.doing}: ${messageOf(error)}; tried again`,
      );
      await advance({ last_error: explain(error) });
      return new Date(clock.now().getTime() + wait);
    }
    log.warn({ err: error, operation: operation.uuid, step: step.name }, 'a step failed for good');
    const results = { ...operation.results, failedIn: step.name };
    // From here on, attempts count those of undoing.
    await advance({ last_error: explain(error), results, attempts: 0 });
    return undefined;
  }

  async function setCondition(
    type: string,
    status: 'True' | 'False',
    reason: string,
    message: string,
  ): Promise<void> {
    // A cluster that was deleted meanwhile needs none.
    if (!(await store.clusters.get(operation.cluster_uuid))) return;
    await store.conditions.set({ cluster_uuid: operation.cluster_uuid, type, status, reason, message });
  }

  /** Undoes, last step first, whatever the steps up to the failed one made. */
  async function undo(failedIn: string): Promise<Date | undefined> {
    const failedAt = definition.steps.findIndex((step) => step.name === failedIn);
    if (definition.steps[failedAt]?.keepsOnFailure === true) return undefined;
    const undone = definition.steps.slice(0, failedAt + 1).toReversed();
    await advance({ attempts: operation.attempts + 1 });
    for (const step of undone) {
      signal.throwIfAborted();
      try {
        await step.undo?.(contextFor(operation.attempts));
      } catch (error) {
        signal.throwIfAborted();
        if (operation.attempts < attemptsFor(error)) {
          return new Date(clock.now().getTime() + backOff(operation.attempts, random));
        }
        // The failure stands; what is left behind is taken up again when the cluster is deleted.
        const context = contextFor(operation.attempts);
        await context.tell('warning', 'UndoFailed', `undoing "${step.doing}": ${messageOf(error)}`);
      }
    }
    return undefined;
  }

  async function end(failure: string | undefined): Promise<void> {
    await store.transaction(async (inner) => {
      const state = failure === undefined ? 'done' : 'failed';
      if (!(await inner.operations.finish(operation.uuid, options.owner, state, failure))) {
        throw new Lost('the operation was replaced or taken over');
      }
      if (failure === undefined) await definition.completed(inner, operation);
      else await definition.failed(inner, operation, failure);
    });
  }

  /** @returns when to go on, if not now */
  async function run(): Promise<Date | undefined> {
    while (failedStep(operation) === undefined) {
      const step = stepToDo(operation, definition);
      if (!step) {
        await end(undefined);
        return undefined;
      }
      try {
        await doStep(step);
      } catch (error) {
        if (error instanceof Lost || signal.aborted) throw error;
        const later = await stepFailed(step, error);
        if (later) return later;
      }
    }
    const later = await undo(failedStep(operation) ?? '');
    if (later) return later;
    await end(operation.last_error ?? 'it failed without a reason');
    return undefined;
  }

  async function untilEnd(): Promise<void> {
    const stopRenewing = clock.every(options.claimMs / 3, () => void renew());
    let later: Date | undefined;
    try {
      later = await run();
    } catch (error) {
      if (error instanceof Lost || signal.aborted) {
        log.info({ operation: operation.uuid, verb: operation.verb }, 'an operation was left to others');
      } else {
        // The database failed us: the claim runs out, and whoever can reach it goes on.
        log.error({ err: error, operation: operation.uuid }, 'an operation could not be written down');
        return;
      }
    } finally {
      stopRenewing();
    }
    await store.operations.release(operation.uuid, options.owner, later).catch((error: unknown) => {
      log.error({ err: error, operation: operation.uuid }, 'a claim could not be given back');
    });
  }

  return {
    operation: claimed,
    ended: untilEnd(),
    poke() {
      nap.abort();
      void renew();
    },
    abandon() {
      controller.abort(new Lost('the process ends'));
    },
  };
}

function stepToDo(operation: Operation, definition: VerbDefinition): Step | undefined {
  if (operation.step === null) return definition.steps[0];
  return definition.steps.find((step) => step.name === operation.step);
}

function failedStep(operation: Operation): string | undefined {
  const { failedIn } = operation.results;
  return typeof failedIn === 'string' ? failedIn : undefined;
}
