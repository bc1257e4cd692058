import { StateFileError, WRITE_AGAIN_MS } from '../../cloud/store.ts';
import { reasonOf } from '../errors.ts';
import { converge, removeAll } from './converge.ts';
import type { Definition } from './definition.ts';
import type { Engine } from './engine.ts';
import { deadlineFor } from './deadline.ts';
import { makeContext } from './resource-context.ts';
import { defineStack } from './stack-scope.ts';
import { runSideAction } from './side-actions.ts';
import { dropUnusedBodies, failureOf, failureText, markAborted, setStack } from './rows.ts';
import { checkStopped, Stopped, timestamp, type Runtime } from './runtime.ts';
import { ResourceFault } from '../resources/resource-type.ts';
import type { StackRow } from './tables.ts';
import { dropDeletedStacks } from './purge.ts';

/** So many are kept at hand. */
const DEFINITIONS_KEPT = 200;

interface Runner {
  readonly aborter: AbortController;
  readonly done: Promise<void>;
}

/** Makes the part that moves stacks. What is in progress is only told by the store: nothing is lost with the process. */
export function makeEngine(runtime: Runtime): Engine & { close(): Promise<void> } {
  const runners = new Map<string, Runner>();
  // A body never changes, and a definition reads the resources anew each time: once worked out it serves on.
  const defined = new Map<string, Promise<Definition>>();
  const closing = new AbortController();
  let closed = false;

  function later(stackId: string): void {
    void runtime.wait(WRITE_AGAIN_MS, closing.signal).then(() => engine.run(stackId));
  }

  const engine: Engine = {
    ...runtime,
    run(stackId) {
      const stack = runtime.tables.stacks.get(stackId);
      if (closed || runners.has(stackId) || stack?.status !== 'IN_PROGRESS') return;
      const aborter = new AbortController();
      const done = carryOut(engine, stack, aborter)
        .catch((error: unknown) => {
          // A closed or full store ends up here: nothing can be written. It goes on once there is room, or with the next start.
          if (aborter.signal.aborted) return;
          runtime.cloud.log.error({ stack: stackId, err: error }, 'work on a stack broke off');
          if (error instanceof StateFileError) later(stackId);
        })
        .finally(() => {
          runners.delete(stackId);
          // What was put in the place of this operation meanwhile, a rollback for one.
          if (runtime.tables.stacks.get(stackId)?.operation !== stack.operation) engine.run(stackId);
        });
      runners.set(stackId, { aborter, done });
    },
    async stop(stackId, why) {
      const runner = runners.get(stackId);
      runner?.aborter.abort(why);
      const below = runtime.tables.stacks.by('parent', stackId);
      await Promise.all(below.map((child) => engine.stop(child.id, why)));
      await runner?.done;
    },
    async settled(stackId) {
      for (let runner = runners.get(stackId); runner; runner = runners.get(stackId)) await runner.done;
    },
    define(stack) {
      const known = defined.get(stack.bodyId);
      if (known) return known;
      const definition = defineStack(engine, stack);
      if (defined.size >= DEFINITIONS_KEPT) defined.delete(defined.keys().next().value ?? '');
      defined.set(stack.bodyId, definition);
      definition.catch(() => defined.delete(stack.bodyId));
      return definition;
    },
    context: (rowId, properties, policy, signal) => makeContext(engine, rowId, properties, policy, signal),
  };
  return {
    ...engine,
    async close() {
      closed = true;
      closing.abort();
      const open = [...runners.values()];
      for (const runner of open) runner.aborter.abort('shutdown');
      await Promise.all(open.map((runner) => runner.done));
    },
  };
}

async function carryOut(engine: Engine, stack: StackRow, aborter: AbortController): Promise<void> {
  // Let the caller finish its own transaction and answer first.
  await Promise.resolve();
  const { signal } = aborter;
  const stopTimer = startTimer(engine, stack, aborter);
  try {
    await act(engine, stack, signal);
    checkStopped(signal);
    complete(engine, stack);
  } catch (error) {
    fail(engine, stack, error, signal);
  } finally {
    stopTimer();
  }
}

function startTimer(engine: Engine, stack: StackRow, aborter: AbortController): () => void {
  if (stack.deadline === null) return () => undefined;
  const off = new AbortController();
  const deadline = Date.parse(stack.deadline);
  const watch = async (): Promise<void> => {
    for (;;) {
      const left = deadline - engine.cloud.now().getTime();
      if (off.signal.aborted || aborter.signal.aborted) return;
      if (left <= 0) return engine.stop(stack.id, 'timeout');
      await engine.wait(left, off.signal);
    }
  };
  void watch();
  return () => off.abort();
}

async function act(engine: Engine, stack: StackRow, signal: AbortSignal): Promise<void> {
  switch (stack.action) {
    case 'CREATE':
    case 'UPDATE':
    case 'RESTORE':
      return converge(engine, stack, signal);
    case 'ROLLBACK':
      return stack.goodBodyId === null ? removeAll(engine, stack, signal) : converge(engine, stack, signal);
    case 'DELETE':
      return removeAll(engine, stack, signal);
    case 'SUSPEND':
    case 'RESUME':
    case 'CHECK':
    case 'SNAPSHOT':
      return runSideAction(engine, stack, stack.action, signal);
  }
}

/** The stack's row, unless another operation took the place of this one. */
function stillMine(engine: Engine, stack: StackRow): StackRow | undefined {
  const now = engine.tables.stacks.get(stack.id);
  return now?.operation === stack.operation ? now : undefined;
}

function complete(engine: Engine, stack: StackRow): void {
  const now = stillMine(engine, stack);
  if (!now) return;
  const at = timestamp(engine.cloud.now());
  engine.cloud.store.transaction(() => {
    const row = setStack(engine, stack.id, {
      status: 'COMPLETE',
      reason: `Stack ${now.action} completed successfully`,
      failure: null,
      deadline: null,
      ...(now.action === 'DELETE' ? { deletedAt: at } : {}),
      ...(['CREATE', 'UPDATE', 'ROLLBACK', 'RESTORE'].includes(now.action) ? { goodBodyId: now.bodyId } : {}),
    });
    if (row) dropUnusedBodies(engine, row);
    if (row?.action === 'DELETE' && row.parentId === null) dropDeletedStacks(engine);
  });
  engine.hints.give();
}

function fail(engine: Engine, stack: StackRow, error: unknown, signal: AbortSignal): void {
  const why: unknown = signal.reason;
  if (signal.aborted && why === 'shutdown') return;
  const now = stillMine(engine, stack);
  if (signal.aborted)
    abortResources(engine, stack, why === 'timeout' ? 'Timed out' : 'user triggered cancel');
  if (!now) return;
  const failure =
    why === 'timeout'
      ? { error: '', path: [], message: 'Timed out' }
      : error instanceof Stopped
        ? { error: '', path: [], message: `Stack ${now.action} aborted` }
        : failureOf(error);
  if (!(error instanceof Stopped) && !(error instanceof ResourceFault)) {
    engine.cloud.log.warn({ stack: stack.id, reason: reasonOf(error) }, 'a stack failed');
  }
  const reason =
    why === 'timeout' ? 'Timed out' : stackReason(engine, stack.id, failureText(failure), failure.path);
  engine.cloud.store.transaction(() => {
    setStack(engine, stack.id, { status: 'FAILED', reason, failure, deadline: null });
    if (wantsRollback(now)) beginRollback(engine, now, reason);
  });
  engine.hints.give();
}

/** `Resource CREATE failed: …`, with what was being done to the resource that failed. */
function stackReason(engine: Engine, stackId: string, text: string, path: readonly string[]): string {
  const name = path[0] === 'resources' ? path[1] : undefined;
  const failed = engine.tables.resources
    .by('stack', stackId)
    .filter((row) => row.name === name && row.status === 'FAILED')
    .toSorted((a, b) => Number(a.current) - Number(b.current))
    .at(-1);
  return failed ? `Resource ${failed.action} failed: ${text}` : text;
}

function wantsRollback(stack: StackRow): boolean {
  return (
    !stack.disableRollback &&
    stack.parentId === null &&
    (stack.action === 'CREATE' || stack.action === 'UPDATE')
  );
}

function beginRollback(engine: Engine, stack: StackRow, why: string): void {
  setStack(engine, stack.id, {
    action: 'ROLLBACK',
    status: 'IN_PROGRESS',
    reason: `Stack ROLLBACK started (${why})`,
    operation: engine.cloud.uuid(),
    bodyId: stack.goodBodyId ?? stack.bodyId,
    deadline: deadlineFor(engine, stack.timeoutMins),
  });
}

/** Nobody works any longer on what was in progress: its state says so, so that the next operation makes it anew. */
function abortResources(engine: Engine, stack: StackRow, why: string): void {
  for (const row of engine.tables.resources.by('stack', stack.id)) {
    if (row.status === 'IN_PROGRESS') markAborted(engine, row, why);
  }
}
