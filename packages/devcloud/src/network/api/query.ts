import { list } from '../../http/listing.ts';
import { badRequest, httpBadRequest, pythonList, pythonText } from '../errors.ts';
import type { View } from '../model/views.ts';
import type { Attributes } from './attributes.ts';

const CONTROL: ReadonlySet<string> = new Set([
  'fields',
  'sort_key',
  'sort_dir',
  'limit',
  'marker',
  'page_reverse',
]);
const TAG_FILTERS: ReadonlySet<string> = new Set(['tags', 'tags-any', 'not-tags', 'not-tags-any']);
const FALSE_WORDS: ReadonlySet<string> = new Set(['false', '0', '']);

export interface Page {
  readonly views: readonly View[];
  /** `<collection>_links`, when the request asked for pages. */
  readonly links: readonly { readonly rel: string; readonly href: string }[];
}

/**
 * Filters, sorts and pages as Neutron's listings do: a filter given several times matches any of its values,
 * different filters all have to match; tags of one filter are joined by commas.
 *
 * @param address the request's address without its query, for links
 * @throws NeutronError 400 for a filter, sort key or limit that the resource does not have
 */
export function select(
  rows: readonly View[],
  query: URLSearchParams,
  attributes: Attributes,
  address: string,
): Page {
  checkFilters(query, attributes);
  const sort = sortKeys(query, attributes);
  const limit = limitOf(query);
  const reverse = query.get('page_reverse')?.toLowerCase() === 'true';
  const marker = query.get('marker') ?? undefined;
  const matching = rows.filter((row) => matches(row, query));
  const keys = [...sort, { value: (row: View): unknown => row.id }];
  const sorted = list(matching, { sort: keys })?.rows ?? [];
  const views = limit === undefined ? sorted : page(sorted, limit, marker, reverse);
  return { views, links: limit === undefined ? [] : links(views, limit, reverse, query, address) };
}

/** An unknown marker gives an empty page, as in Neutron. */
function page(rows: readonly View[], limit: number, marker: string | undefined, reverse: boolean): View[] {
  const at = marker === undefined ? undefined : rows.findIndex((row) => row.id === marker);
  if (at === -1) return [];
  if (reverse) {
    const end = at ?? rows.length;
    return rows.slice(Math.max(0, end - limit), end);
  }
  const start = at === undefined ? 0 : at + 1;
  return rows.slice(start, start + limit);
}

function links(
  views: readonly View[],
  limit: number,
  reverse: boolean,
  query: URLSearchParams,
  address: string,
): { rel: string; href: string }[] {
  const found: { rel: string; href: string }[] = [];
  const isShort = views.length < limit;
  if (reverse || !isShort) found.push({ rel: 'next', href: link(address, query, views.at(-1), false) });
  if (!reverse || !isShort) found.push({ rel: 'previous', href: link(address, query, views[0], true) });
  return found;
}

function link(address: string, query: URLSearchParams, marker: View | undefined, reverse: boolean): string {
  const next = new URLSearchParams(query);
  next.delete('marker');
  next.delete('page_reverse');
  if (marker) next.set('marker', marker.id);
  if (reverse) next.set('page_reverse', 'True');
  return `${address}?${next.toString()}`;
}

function checkFilters(query: URLSearchParams, attributes: Attributes): void {
  const unknown = [...new Set(query.keys())].filter(
    (key) => !CONTROL.has(key) && !TAG_FILTERS.has(key) && !attributes[key]?.filter,
  );
  if (unknown.length > 0) throw httpBadRequest(`${pythonList(unknown)} is invalid attribute for filtering`);
}

function sortKeys(
  query: URLSearchParams,
  attributes: Attributes,
): { value: (row: View) => unknown; descending: boolean }[] {
  const keys = query.getAll('sort_key').filter((key) => key !== '');
  const directions = query.getAll('sort_dir').filter((direction) => direction !== '');
  if (keys.length !== directions.length) {
    throw httpBadRequest('The number of sort_keys and sort_dirs must be same');
  }
  const unknown = keys.filter((key) => !attributes[key]?.sort);
  if (unknown.length > 0) throw httpBadRequest(`${pythonList(unknown)} is invalid attribute for sort_keys`);
  const wrong = directions.filter((direction) => direction !== 'asc' && direction !== 'desc');
  if (wrong.length > 0) {
    throw httpBadRequest(
      `${pythonList(wrong)} is invalid value for sort_dirs, valid value is 'asc' and 'desc'`,
    );
  }
  return keys.map((key, at) => ({ value: (row) => row[key], descending: directions[at] === 'desc' }));
}

function limitOf(query: URLSearchParams): number | undefined {
  const given = query.get('limit');
  if (given === null) return undefined;
  if (!/^\d+$/.test(given)) {
    throw badRequest('limit', `Limit must be an integer 0 or greater and not '${given}'`);
  }
  return Number(given) === 0 ? undefined : Number(given);
}

function matches(row: View, query: URLSearchParams): boolean {
  for (const key of new Set(query.keys())) {
    if (CONTROL.has(key)) continue;
    const values = query.getAll(key);
    if (TAG_FILTERS.has(key) ? !tagsMatch(row, key, values) : !attributeMatches(row, key, values))
      return false;
  }
  return true;
}

function tagsMatch(row: View, filter: string, values: readonly string[]): boolean {
  const own = Array.isArray(row['tags']) ? row['tags'].map(String) : [];
  const asked = values.flatMap((value) => value.split(',')).filter((tag) => tag !== '');
  if (asked.length === 0) return true;
  const all = asked.every((tag) => own.includes(tag));
  const any = asked.some((tag) => own.includes(tag));
  if (filter === 'tags') return all;
  if (filter === 'tags-any') return any;
  return filter === 'not-tags' ? !all : !any;
}

function attributeMatches(row: View, key: string, values: readonly string[]): boolean {
  if (key === 'fixed_ips') return fixedIpsMatch(row[key], values);
  const own = row[key];
  if (Array.isArray(own)) return own.some((item) => values.includes(String(item)));
  return values.some((value) => same(own, value, key));
}

function same(own: unknown, value: string, key: string): boolean {
  if (typeof own === 'boolean') return own === !FALSE_WORDS.has(value.toLowerCase());
  if (own === null || own === undefined) return value === '' || value === 'null' || value === 'None';
  const text = pythonText(own);
  return text === (key === 'mac_address' ? value.toLowerCase() : value);
}

/**
 * `fixed_ips=subnet_id=…&fixed_ips=ip_address=…`: values of one kind are alternatives, kinds must all match,
 * each for itself. `ip_address_substr` looks inside the address.
 */
function fixedIpsMatch(own: unknown, values: readonly string[]): boolean {
  const ips = Array.isArray(own) ? (own as readonly Readonly<Record<string, string>>[]) : [];
  const kinds = new Map<string, string[]>();
  for (const value of values) {
    const at = value.indexOf('=');
    const kind = value.slice(0, Math.max(0, at));
    if (!['ip_address', 'subnet_id', 'ip_address_substr'].includes(kind)) {
      throw badRequest('fixed_ips', `'${value}' is not of the form <key>=[value]`);
    }
    kinds.set(kind, [...(kinds.get(kind) ?? []), value.slice(at + 1)]);
  }
  for (const [kind, wanted] of kinds) {
    const found =
      kind === 'ip_address_substr'
        ? wanted.every((part) => ips.some((ip) => ip['ip_address']?.includes(part)))
        : ips.some((ip) => wanted.includes(ip[kind] ?? ''));
    if (!found) return false;
  }
  return true;
}

/** Keeps only the asked-for attributes; unknown names are passed over. */
export function pick(view: View, fields: readonly string[]): Readonly<Record<string, unknown>> {
  const asked = fields.filter((field) => field !== '');
  if (asked.length === 0) return view;
  return Object.fromEntries(Object.entries(view).filter(([key]) => asked.includes(key)));
}
