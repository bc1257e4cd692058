import { ResourceFault } from '../resources/resource-type.ts';
import type { Engine } from './engine.ts';
import { reversed, runGraph } from './graph.ts';
import { failureOf, failureText, setResource, setStack, under } from './rows.ts';
import { Stopped } from './runtime.ts';
import { rowType } from './stack-scope.ts';
import type { ResourceRow, StackRow } from './tables.ts';

type SideAction = 'SUSPEND' | 'RESUME' | 'CHECK' | 'SNAPSHOT';

/** Suspends, resumes, checks or snapshots every resource of a stack, nested ones too. */
export async function runSideAction(
  engine: Engine,
  stack: StackRow,
  action: SideAction,
  signal: AbortSignal,
): Promise<void> {
  if (action === 'SNAPSHOT') return;
  const rows = engine.tables.resources.by('stack', stack.id).filter((row) => row.current);
  const ids = new Set(rows.map((row) => row.id));
  const requires = new Map(rows.map((row) => [row.id, new Set(row.requires.filter((id) => ids.has(id)))]));
  await runGraph(
    action === 'SUSPEND' ? reversed(requires) : requires,
    (id, inner) => actOn(engine, stack, id, action, inner),
    signal,
  );
}

/** What a type does for an action. */
const HOOKS = { SUSPEND: 'suspend', RESUME: 'resume', CHECK: 'check' } as const;

async function actOn(
  engine: Engine,
  stack: StackRow,
  rowId: string,
  action: Exclude<SideAction, 'SNAPSHOT'>,
  signal: AbortSignal,
): Promise<void> {
  const before = engine.tables.resources.get(rowId);
  if (!before || (before.operation === stack.operation && before.status === 'COMPLETE')) return;
  const type = rowType(engine, before);
  const key = HOOKS[action];
  if (!type[key] && !type.nested) {
    setResource(engine, rowId, { operation: stack.operation });
    return;
  }
  const row = setResource(engine, rowId, {
    action,
    status: 'IN_PROGRESS',
    reason: 'state changed',
    failure: null,
    operation: stack.operation,
  });
  try {
    const context = engine.context(rowId, row.properties ?? {}, row.updatePolicy, signal);
    if (type.nested) await actOnNested(engine, stack, row, action, signal);
    else await type[key]?.(context);
    setResource(engine, rowId, { status: 'COMPLETE', reason: 'state changed' });
  } catch (error) {
    if (error instanceof Stopped) throw error;
    const failure = under(row.name, failureOf(error));
    setResource(engine, rowId, { status: 'FAILED', failure, reason: failureText(failure) });
    throw new ResourceFault(failure.error, failure.message, failure.path);
  }
}

async function actOnNested(
  engine: Engine,
  parent: StackRow,
  row: ResourceRow,
  action: SideAction,
  signal: AbortSignal,
): Promise<void> {
  const child = row.physicalId === null ? undefined : engine.tables.stacks.get(row.physicalId);
  if (!child) return;
  if (child.operation !== parent.operation) {
    await engine.stop(child.id, 'superseded');
    setStack(engine, child.id, {
      action,
      status: 'IN_PROGRESS',
      reason: `Stack ${action} started`,
      failure: null,
      operation: parent.operation,
    });
  }
  engine.run(child.id);
  const stopped = new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
  await Promise.race([engine.settled(child.id), stopped]);
  if (signal.aborted) throw new Stopped(signal);
  const after = engine.tables.stacks.get(child.id);
  if (after?.status === 'FAILED') {
    throw new ResourceFault(
      after.failure?.error ?? 'Error',
      after.failure?.message ?? after.reason,
      after.failure?.path ?? [],
    );
  }
}
