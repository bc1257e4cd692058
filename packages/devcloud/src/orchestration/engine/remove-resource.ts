import { ignoreMissing, ResourceFault } from '../resources/resource-type.ts';
import type { Engine } from './engine.ts';
import { failureOf, failureText, setResource, under } from './rows.ts';
import { Stopped } from './runtime.ts';
import { rowType } from './stack-scope.ts';
import type { ResourceRow, StackRow } from './tables.ts';

/** Deletes one resource, and with it its row. What isn't there any more counts as deleted. @throws ResourceFault */
export async function removeResource(
  engine: Engine,
  stack: StackRow,
  rowId: string,
  signal: AbortSignal,
): Promise<void> {
  const before = engine.tables.resources.get(rowId);
  if (!before) return;
  const row = setResource(engine, rowId, {
    action: 'DELETE',
    status: 'IN_PROGRESS',
    reason: 'state changed',
    failure: null,
    operation: stack.operation,
  });
  try {
    if (row.deletionPolicy !== 'retain' && !row.external) await removePhysical(engine, row, signal);
    engine.cloud.store.transaction(() => {
      setResource(engine, rowId, { status: 'COMPLETE', reason: 'state changed' });
      engine.tables.resources.delete(rowId);
    });
  } catch (error) {
    if (error instanceof Stopped && error.reason === 'shutdown') throw error;
    const failure = under(
      row.name,
      error instanceof Stopped ? { error: '', path: [], message: 'DELETE aborted' } : failureOf(error),
    );
    setResource(engine, rowId, { status: 'FAILED', failure, reason: failureText(failure) });
    if (error instanceof Stopped) throw error;
    throw new ResourceFault(failure.error, failure.message, failure.path);
  }
}

async function removePhysical(engine: Engine, row: ResourceRow, signal: AbortSignal): Promise<void> {
  const context = engine.context(row.id, row.properties ?? {}, row.updatePolicy, signal);
  // The file of a template resource may be gone from the files: what it made needs no file to go.
  if (row.target.kind === 'template') return context.unnest();
  const type = rowType(engine, row);
  if (context.row.physicalId === null && row.data['asked'] !== undefined) {
    const found = await type.find?.(context);
    if (found !== undefined) context.setPhysicalId(found);
  }
  try {
    if (type.remove) await type.remove(context);
    else if (type.nested) await context.unnest();
  } catch (error) {
    ignoreMissing(error);
  }
}
