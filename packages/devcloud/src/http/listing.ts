/** One sort key of a listing. `value` gives what is compared: strings, numbers, booleans or null (which sorts first). */
export interface SortKey<T> {
  readonly value: (row: T) => unknown;
  readonly descending?: boolean;
}

export interface ListingOptions<T> {
  readonly sort?: readonly SortKey<T>[];
  /** The id of the last row of the page before. */
  readonly marker?: string | undefined;
  readonly limit?: number | undefined;
}

export interface Listing<T> {
  readonly rows: T[];
  /** There are rows after these. */
  readonly more: boolean;
}

/**
 * Sorts `rows` (the order they come in decides ties) and cuts one page out of them.
 *
 * @returns undefined if no row has the id `marker`; each service says that in its own words
 */
export function list<T extends { readonly id: string }>(
  rows: readonly T[],
  options: ListingOptions<T>,
): Listing<T> | undefined {
  const sort = options.sort ?? [];
  const sorted = sort.length === 0 ? rows : rows.toSorted((a, b) => compareBy(sort, a, b));
  let from = 0;
  if (options.marker !== undefined) {
    const at = sorted.findIndex((row) => row.id === options.marker);
    if (at < 0) return undefined;
    from = at + 1;
  }
  const to = options.limit === undefined ? sorted.length : from + options.limit;
  return { rows: sorted.slice(from, to), more: to < sorted.length };
}

function compareBy<T>(sort: readonly SortKey<T>[], a: T, b: T): number {
  for (const { value, descending } of sort) {
    const order = compare(value(a), value(b));
    if (order !== 0) return descending ? -order : order;
  }
  return 0;
}

function compare(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === null || a === undefined) return -1;
  if (b === null || b === undefined) return 1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
