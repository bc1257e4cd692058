import type { FastifyRequest } from 'fastify';
import type { Cloud } from '../cloud/service.ts';
import { badRequest, Fault, notFound, projectCaller, type ProjectCaller } from '../http/fault.ts';
import { list, type SortKey } from '../http/listing.ts';
import { minorOf, type Microversions } from '../http/microversions.ts';
import type { Backing } from './backing.ts';
import type { VolumeTables } from './tables.ts';
import type { VolumeWork } from './volume-work.ts';

export const VOLUME_VERSIONS: Microversions = { service: 'volume', major: 3, min: 0, max: 70 };

export interface VolumeContext {
  readonly cloud: Cloud;
  readonly tables: VolumeTables;
  readonly backing: Backing;
  readonly work: VolumeWork;
  readonly host: string;
  readonly zones: readonly string[];
  readonly defaultType: string;
  readonly defaultQuota: Readonly<Record<string, number>>;
}

export function minor(request: FastifyRequest): number {
  return minorOf(request, VOLUME_VERSIONS);
}

/** Refuses what came with a later microversion, as Cinder does: the address isn't there before. */
export function requireMinor(request: FastifyRequest, since: number): void {
  if (minor(request) < since) throw notFound('The resource could not be found.');
}

export function param(request: FastifyRequest, name: string): string {
  return (request.params as Record<string, string | undefined>)[name] ?? '';
}

export function queryOf(request: FastifyRequest): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.query as Record<string, string | string[]>)) {
    query[name] = Array.isArray(value) ? (value.at(-1) ?? '') : value;
  }
  return query;
}

/**
 * Who asks, on the project of the address, if there is one in it.
 *
 * @throws Fault 400 if that is another project than the token's, as Cinder does even for administrators
 */
export function volumeCaller(request: FastifyRequest): ProjectCaller {
  const caller = projectCaller(request);
  const named = param(request, 'project_id');
  if (named !== '' && named !== caller.projectId) throw badRequest('Malformed request url');
  return caller;
}

/** `2026-11-21T20:46:13.000000`: Cinder's times have no zone and mean UTC. */
export function shownTime(iso: string): string {
  return `${iso.slice(0, 19)}.${iso.slice(20, 23)}000`;
}

export function hrefOf(request: FastifyRequest, path: string): string {
  const project = request.caller?.projectId ?? '';
  return `${request.protocol}://${request.host}/volume/v3/${project}${path}`;
}

export function linksOf(request: FastifyRequest, path: string): object[] {
  return [
    { rel: 'self', href: hrefOf(request, path) },
    { rel: 'bookmark', href: hrefOf(request, path).replace('/volume/v3/', '/volume/') },
  ];
}

/** One page of a listing and the link to the next; newest first unless `sort` says otherwise. */
export function pageOf<T extends { readonly id: string }>(
  request: FastifyRequest,
  rows: readonly T[],
  path: string,
  sortValues: Readonly<Record<string, (row: T) => unknown>>,
): { rows: T[]; links: object[] | undefined } {
  const query = queryOf(request);
  const limit = wholeNumber('limit', query['limit']);
  const offset = wholeNumber('offset', query['offset']) ?? 0;
  const page = list(rows.toReversed(), {
    sort: sortOf(query, sortValues),
    limit: offset === 0 ? limit : undefined,
    marker: query['marker'],
  });
  if (!page) throw notFound(`Volume ${query['marker']} could not be found.`);
  const from = offset === 0 ? page.rows : page.rows.slice(offset, limit && offset + limit);
  const last = from.at(-1);
  if (!page.more || !last) return { rows: from, links: undefined };
  const next = new URLSearchParams({ ...query, marker: last.id });
  return { rows: from, links: [{ rel: 'next', href: hrefOf(request, `${path}?${next.toString()}`) }] };
}

function sortOf<T>(
  query: Record<string, string>,
  values: Readonly<Record<string, (row: T) => unknown>>,
): SortKey<T>[] {
  // `sort=name:asc,size` and the older `sort_key` with `sort_dir`.
  const keys = (
    query['sort'] ?? (query['sort_key'] ? `${query['sort_key']}:${query['sort_dir'] ?? 'desc'}` : '')
  )
    .split(',')
    .filter((key) => key !== '');
  return keys.map((key) => {
    const [name = '', direction = 'desc'] = key.split(':');
    const value = values[name];
    if (!value) throw badRequest(`Invalid sort key: ${name}`);
    if (direction !== 'asc' && direction !== 'desc') throw badRequest(`Invalid sort direction: ${direction}`);
    return { value, descending: direction === 'desc' };
  });
}

export function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) {
    throw badRequest(
      `Invalid input for query parameters ${name}. Value: ${text}. '${text}' does not match '^[0-9]*$'`,
    );
  }
  return Number(text);
}

export function overLimit(message: string): Fault {
  return new Fault(413, message);
}
