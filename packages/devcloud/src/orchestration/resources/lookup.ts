import { isDict, stringAt, type Dict } from '../values.ts';
import type { ResourceContext } from './resource-type.ts';

/**
 * Of things another service lists, the one that an unanswered request of this resource made: made since it
 * was asked for, fitting, and no other resource's.
 */
export function unclaimed(
  context: ResourceContext,
  rows: readonly unknown[],
  fits: (row: Dict) => boolean,
): string | undefined {
  const asked = Date.parse(stringAt(context.row.data, 'asked') ?? '');
  for (const row of rows) {
    const id = stringAt(row, 'id');
    if (!isDict(row) || id === undefined || !fits(row)) continue;
    const made = Date.parse(stringAt(row, 'created_at') ?? stringAt(row, 'created') ?? '');
    // Times are told in whole seconds.
    if (!Number.isNaN(made) && !Number.isNaN(asked) && made < asked - 1000) continue;
    const owners = context.tables.resources.by('physical', id).filter((owner) => owner.id !== context.row.id);
    if (owners.length === 0) return id;
  }
  return undefined;
}

/** Only what has a value. */
export function given(values: Readonly<Record<string, unknown>>): Dict {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
