import type { FastifyRequest } from 'fastify';
import { list } from '../http/listing.ts';
import { IdentityError, invalidField } from './identity-error.ts';

/** What all things the identity API shows have in common. */
export interface View {
  readonly id: string;
  readonly [attribute: string]: unknown;
}

/** Address of the version's root as this client reaches it: `http://127.0.0.1:9000/identity/v3`. */
export function rootOf(request: FastifyRequest): string {
  return `${request.protocol}://${request.host}/identity/v3`;
}

/** `{"user": {…, "links": {"self": …}}}`; `path` is the collection's: `/users`. */
export function single(request: FastifyRequest, key: string, path: string, view: View): unknown {
  return { [key]: linked(request, path, view) };
}

export function linked(request: FastifyRequest, path: string, view: View): View {
  return { ...view, links: { self: `${rootOf(request)}${path}/${view.id}` } };
}

/**
 * `{"users": […], "links": {"self": …, "previous": null, "next": …}}`, after the filters of the query:
 * each of `filters` by equality or with a comparator, as `name__contains`; then one page by `limit`
 * and `marker`.
 */
export function collection(
  request: FastifyRequest,
  key: string,
  path: string,
  views: readonly View[],
  filters: readonly string[] = [],
): unknown {
  const query = queryOf(request);
  const rows = views.filter((view) => passes(view, query, filters));
  const limit = limitOf(query);
  const page = list(rows, { marker: query.get('marker') ?? undefined, limit });
  if (!page) throw new IdentityError(404, `Marker ${query.get('marker') ?? ''} could not be found.`);
  return {
    links: linksOf(request, query, page.more ? page.rows.at(-1)?.id : undefined),
    [key]: page.rows.map((view) => linked(request, path, view)),
  };
}

/** The links of a list that is never cut. */
export function listLinks(request: FastifyRequest): unknown {
  return linksOf(request, queryOf(request), undefined);
}

export function queryOf(request: FastifyRequest): URLSearchParams {
  const at = request.url.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : request.url.slice(at + 1));
}

/** A flag of the query: there without a value, or anything but `0`, as Keystone reads `?effective`. */
export function isAsked(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== '0';
}

function linksOf(request: FastifyRequest, query: URLSearchParams, last: string | undefined): unknown {
  const path = request.url.split('?')[0] ?? '';
  const here = `${request.protocol}://${request.host}${path}`;
  const text = query.toString();
  const self = text === '' ? here : `${here}?${text}`;
  if (last === undefined) return { next: null, self, previous: null };
  const next = new URLSearchParams(query);
  next.set('marker', last);
  return { next: `${here}?${next.toString()}`, self, previous: null };
}

function limitOf(query: URLSearchParams): number | undefined {
  const text = query.get('limit');
  if (text === null) return undefined;
  if (!/^\d+$/.test(text)) throw invalidField('limit', `'${text}' is not of type 'integer'`);
  const limit = Number(text);
  return limit === 0 ? undefined : limit;
}

function passes(view: View, query: URLSearchParams, filters: readonly string[]): boolean {
  for (const [key, wanted] of query) {
    const [name = '', comparator = 'equals'] = key.split('__');
    if (filters.includes(name) && !agrees(view[name], wanted, comparator)) return false;
  }
  return true;
}

function agrees(actual: unknown, wanted: string, comparator: string): boolean {
  if (typeof actual === 'boolean')
    return actual === !['0', 'false', 'no', 'off'].includes(wanted.toLowerCase());
  const value = typeof actual === 'string' ? actual : '';
  switch (comparator) {
    case 'equals':
      return value === wanted;
    case 'iexact':
      return value.toLowerCase() === wanted.toLowerCase();
    case 'contains':
      return value.includes(wanted);
    case 'icontains':
      return value.toLowerCase().includes(wanted.toLowerCase());
    case 'startswith':
      return value.startsWith(wanted);
    case 'istartswith':
      return value.toLowerCase().startsWith(wanted.toLowerCase());
    case 'endswith':
      return value.endsWith(wanted);
    case 'iendswith':
      return value.toLowerCase().endsWith(wanted.toLowerCase());
    default:
      return true;
  }
}
