import type { FastifyRequest } from 'fastify';
import { badRequest } from '../http/fault.ts';
import { list, type SortKey } from '../http/listing.ts';
import { hrefOf, queryOf } from './context.ts';

/** Nova's `max_limit`. */
const MAX_PAGE = 1000;

/**
 * One page of a listing, and the links to the next one as Nova gives them.
 *
 * @param path of the collection, for the links
 * @throws Fault 400 for a bad limit or marker
 */
export function pageOf<T extends { readonly id: string }>(
  request: FastifyRequest,
  rows: readonly T[],
  path: string,
  options: { readonly sort?: readonly SortKey<T>[]; readonly markerOf?: (row: T) => string } = {},
): { rows: T[]; links: object[] | undefined } {
  const query = queryOf(request);
  const limit = limitOf(query['limit']);
  const markerOf = options.markerOf ?? ((row: T): string => row.id);
  const { marker } = query;
  const markerId = marker === undefined ? undefined : rows.find((row) => markerOf(row) === marker)?.id;
  const page = list(rows, { sort: options.sort ?? [], limit, marker: markerId });
  if (!page || (marker !== undefined && markerId === undefined)) {
    throw badRequest(`marker [${marker}] not found`);
  }
  const last = page.rows.at(-1);
  if (!page.more || !last) return { rows: page.rows, links: undefined };
  const next = new URLSearchParams({ ...query, limit: String(limit), marker: markerOf(last) });
  return { rows: page.rows, links: [{ rel: 'next', href: hrefOf(request, `${path}?${next.toString()}`) }] };
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return MAX_PAGE;
  if (!/^\d+$/.test(text)) {
    throw badRequest(
      `Invalid input for query parameters limit. Value: ${text}. '${text}' does not match '^[0-9]*$'`,
    );
  }
  // Nova takes 0 for: as many as there may be.
  return Math.min(Number(text) || MAX_PAGE, MAX_PAGE);
}
