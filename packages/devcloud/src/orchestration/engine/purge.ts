import type { Runtime } from './runtime.ts';

/** Deleted stacks are still shown by their id; this many of them. */
const KEPT_DELETED_STACKS = 50;

/** Forgets the oldest deleted stacks with all their events. */
export function dropDeletedStacks(runtime: Runtime): void {
  const { stacks, bodies, files, events, resources, snapshots } = runtime.tables;
  const deleted = stacks.all().filter((row) => row.parentId === null && row.deletedAt !== null);
  for (const root of deleted.slice(0, Math.max(0, deleted.length - KEPT_DELETED_STACKS))) {
    for (const stack of stacks.by('root', root.id)) {
      for (const table of [bodies, events, resources, snapshots]) {
        for (const row of table.by('stack', stack.id)) table.delete(row.id);
      }
      stacks.delete(stack.id);
    }
  }
  const used = new Set(bodies.all().map((body) => body.filesId));
  for (const row of files.all()) if (!used.has(row.id)) files.delete(row.id);
}
