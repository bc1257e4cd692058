import type { Engine } from './engine.ts';
import { reversed, runGraph } from './graph.ts';
import { convergeResource } from './converge-resource.ts';
import { removeResource } from './remove-resource.ts';
import { checkStopped } from './runtime.ts';
import type { ResourceRow, StackRow } from './tables.ts';

/**
 * Brings a stack to what its template says: makes and changes resources as their dependencies allow, then
 * deletes what the template no longer has and what was replaced, last made first. What an earlier process
 * did of this operation is seen in the rows and not done again.
 */
export async function converge(engine: Engine, stack: StackRow, signal: AbortSignal): Promise<void> {
  const definition = await engine.define(stack);
  await runGraph(
    definition.dependencies,
    (name, inner) => convergeResource(engine, stack, definition, name, inner),
    signal,
  );
  checkStopped(signal);
  const stale = engine.tables.resources
    .by('stack', stack.id)
    .filter((row) => !row.current || !definition.resources.has(row.name));
  await removeRows(engine, stack, stale, signal);
}

/** Deletes all resources of a stack. */
export async function removeAll(engine: Engine, stack: StackRow, signal: AbortSignal): Promise<void> {
  await removeRows(engine, stack, engine.tables.resources.by('stack', stack.id), signal);
}

async function removeRows(
  engine: Engine,
  stack: StackRow,
  rows: readonly ResourceRow[],
  signal: AbortSignal,
): Promise<void> {
  const ids = new Set(rows.map((row) => row.id));
  const requires = new Map(rows.map((row) => [row.id, new Set(row.requires.filter((id) => ids.has(id)))]));
  await runGraph(reversed(requires), (id, inner) => removeResource(engine, stack, id, inner), signal);
  checkStopped(signal);
}
