import { badRequest, type MagnumError } from '../../clusters/errors.ts';
import { sortableColumns } from '../../store/paging.ts';
import { MarkerNotFound, type Page } from '../../store/store.ts';
import { asUuid } from './ident.ts';
import { textJson } from './json-text.ts';

export const LIST_PARAMETERS = ['marker', 'limit', 'sort_key', 'sort_dir'] as const;

interface ListedTable {
  readonly table: 'cluster' | 'cluster_template' | 'nodegroup' | 'quotas';
  /** What a marker is. */
  readonly marker?: 'uuid' | 'number';
}

/**
 * Reads the parameters of a list.
 *
 * @param maxLimit `[api] max_limit`
 * @throws MagnumError 400 naming the parameter
 */
export function pageOf(
  query: Readonly<Record<string, string>>,
  { table, marker = 'uuid' }: ListedTable,
  maxLimit: number,
): Page {
  const sortKey = query['sort_key'] ?? 'id';
  if (!sortableColumns(table).includes(sortKey)) {
    throw badRequest(`The sort_key value "${sortKey}" is an invalid field for sorting`);
  }
  const sortDir = query['sort_dir'] ?? 'asc';
  if (sortDir !== 'asc' && sortDir !== 'desc') {
    throw badRequest(`Invalid sort direction: ${sortDir}. Acceptable values are 'asc' or 'desc'`);
  }
  return {
    sortKey,
    sortDir,
    limit: limitOf(query['limit'], maxLimit),
    marker: markerOf(query['marker'], marker),
  };
}

/**
 * The body of a list, with the address of the next page where there may be one.
 *
 * @param collection below the version, `clusters` or `clusters/detail`; its first segment is the body's key
 * @param filters what else was asked for, which the next page has to keep to
 */
export function listBody(
  base: string,
  collection: string,
  key: string,
  items: readonly unknown[],
  page: Page,
  lastMarker: string | undefined,
  filters: Readonly<Record<string, string | undefined>> = {},
): object {
  const first = nextPage(base, collection, items.length, page, lastMarker);
  const kept = Object.entries(filters).map(([name, value]) =>
    value === undefined ? '' : `&${name}=${encodeURIComponent(value)}`,
  );
  const next = first && first + kept.join('');
  return next === undefined ? { [key]: items } : { [key]: items, next };
}

/** The same as JSON, of items that are JSON already. */
export function listJson(
  base: string,
  collection: string,
  key: string,
  items: readonly string[],
  page: Page,
  lastMarker: string | undefined,
): string {
  const next = nextPage(base, collection, items.length, page, lastMarker);
  return `{"${key}":[${items.join(',')}]${next === undefined ? '' : `,"next":${textJson(next)}`}}`;
}

/** Undefined if this page isn't full. */
function nextPage(
  base: string,
  collection: string,
  items: number,
  page: Page,
  lastMarker: string | undefined,
): string | undefined {
  if (items < page.limit || lastMarker === undefined) return undefined;
  const query = `sort_key=${page.sortKey}&sort_dir=${page.sortDir}&limit=${page.limit}&marker=${lastMarker}`;
  return `${base}/v1/${collection}?${query}`;
}

/** Turns the store's complaint about a marker into what the client is told. */
export async function withMarker<T>(
  listing: Promise<T>,
  missing: (marker: string) => MagnumError,
): Promise<T> {
  try {
    return await listing;
  } catch (error) {
    throw error instanceof MarkerNotFound ? missing(error.message) : error;
  }
}

function limitOf(text: string | undefined, maxLimit: number): number {
  if (text === undefined) return maxLimit;
  if (!/^[+-]?\d+$/.test(text))
    throw badRequest(`Invalid input for field/attribute limit. Value: '${text}'. Wrong type.`);
  const limit = Number(text);
  if (limit <= 0) throw badRequest('Limit must be positive');
  return Math.min(limit, maxLimit);
}

function markerOf(text: string | undefined, kind: 'uuid' | 'number'): string | undefined {
  if (text === undefined) return undefined;
  const marker = kind === 'uuid' ? asUuid(text) : /^\d{1,9}$/.exec(text)?.[0];
  if (marker !== undefined) return marker;
  const expected = kind === 'uuid' ? 'a uuid' : 'an id';
  throw badRequest(`Invalid input for field/attribute marker. Value: '${text}'. Expected ${expected}.`);
}
