import type { Caller } from '../cloud/service.ts';
import { list, type SortKey } from '../http/listing.ts';
import { isVisible } from './access.ts';
import { badRequest } from './image-error.ts';
import { imageView, type ImageView } from './image-view.ts';
import { VISIBILITIES, type ImageRow, type ImageTables } from './tables.ts';

const DEFAULT_LIMIT = 25;
const MOST = 1000;
const SORT_KEYS = [
  'name',
  'status',
  'container_format',
  'disk_format',
  'size',
  'id',
  'created_at',
  'updated_at',
  'owner',
  'visibility',
];
/** Filters that take `in:a,b`. */
const LIST_FILTERS = ['name', 'id', 'status', 'container_format', 'disk_format'];
/** Parameters that are no filters by a property. */
const NO_FILTERS = [
  'limit',
  'marker',
  'sort',
  'sort_key',
  'sort_dir',
  'visibility',
  'member_status',
  'tag',
  'size_min',
  'size_max',
  'os_hidden',
  'changes-since',
];

/** What `GET /v2/images` answers. */
export function listImages(tables: ImageTables, caller: Caller, query: URLSearchParams): unknown {
  const rows = tables.images
    .all()
    .filter((row) => isListed(tables, caller, row, query))
    .filter((row) => passes(imageView(row), query));
  const limit = limitOf(query);
  const marker = query.get('marker') ?? undefined;
  const page = list(rows, { sort: sortOf(query), marker, limit });
  if (!page) throw badRequest(`Image ${marker ?? ''} not found`);
  const first = new URLSearchParams(query);
  first.delete('marker');
  const body: Record<string, unknown> = {
    images: page.rows.map(imageView),
    first: address(first),
    schema: '/v2/schemas/images',
  };
  const last = page.rows.at(-1);
  if (page.more && last) {
    const next = new URLSearchParams(query);
    next.set('marker', last.id);
    body['next'] = address(next);
  }
  return body;
}

function address(query: URLSearchParams): string {
  const text = query.toString();
  return text === '' ? '/v2/images' : `/v2/images?${text}`;
}

/** By visibility. Without a filter: own, public and accepted shared images, but no one else's community ones. */
function isListed(tables: ImageTables, caller: Caller, row: ImageRow, query: URLSearchParams): boolean {
  const wanted = query.get('visibility');
  if (wanted !== null && ![...VISIBILITIES, 'all'].includes(wanted)) {
    throw badRequest(
      `Invalid visibility value: ${wanted}. Must be one of: ${[...VISIBILITIES, 'all'].join(', ')}`,
    );
  }
  if (!isVisible(tables, caller, row)) return false;
  if (row.hidden !== (query.get('os_hidden')?.toLowerCase() === 'true')) return false;
  const isOwn = row.owner === caller.projectId;
  const membership = tables.members.get(`${row.id}/${caller.projectId}`);
  const status = query.get('member_status') ?? 'accepted';
  const shared = membership !== undefined && (status === 'all' || membership.status === status);
  if (row.visibility === 'shared' && !isOwn && !caller.isAdmin && !shared) return false;
  if (wanted === 'all') return true;
  if (wanted !== null) {
    if (wanted !== row.visibility) return false;
    return row.visibility !== 'shared' || isOwn || shared || caller.isAdmin;
  }
  return row.visibility !== 'community' || isOwn || caller.isAdmin;
}

function passes(view: ImageView, query: URLSearchParams): boolean {
  const tags = view['tags'];
  if (!query.getAll('tag').every((tag) => Array.isArray(tags) && tags.includes(tag))) return false;
  const size = Number(view['size'] ?? 0);
  if (query.has('size_min') && size < bytes(query, 'size_min')) return false;
  if (query.has('size_max') && size > bytes(query, 'size_max')) return false;
  for (const [name, wanted] of query) {
    if (!NO_FILTERS.includes(name) && !agrees(name, view[name], wanted)) return false;
  }
  return true;
}

function agrees(name: string, actual: unknown, wanted: string): boolean {
  if (typeof actual === 'boolean') return String(actual) === wanted.toLowerCase();
  if (typeof actual === 'number') return String(actual) === wanted;
  if (typeof actual !== 'string') return false;
  if (name === 'created_at' || name === 'updated_at') return agreesTime(actual, wanted);
  if (LIST_FILTERS.includes(name) && wanted.startsWith('in:')) {
    return quotedList(wanted.slice(3)).includes(actual);
  }
  return actual === (name === 'name' ? unquote(wanted) : wanted);
}

/** `gt:2020-01-01T00:00:00Z`, or a time alone, which must be met exactly. */
function agreesTime(actual: string, wanted: string): boolean {
  const [, operator = 'eq', time = ''] = /^(?:(gte?|lte?|n?eq):)?(.*)$/.exec(wanted) ?? [];
  const at = Date.parse(time);
  if (Number.isNaN(at)) throw badRequest(`Bad datetime format for a filter: ${wanted}`);
  const order = Date.parse(actual) - at;
  const checks: Readonly<Record<string, boolean>> = {
    gt: order > 0,
    gte: order >= 0,
    lt: order < 0,
    lte: order <= 0,
    eq: order === 0,
    neq: order !== 0,
  };
  return checks[operator] ?? false;
}

function quotedList(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|([^,]+)/g)].map((match) => match[1] ?? match[2] ?? '');
}

function unquote(text: string): string {
  return /^".*"$/.test(text) ? text.slice(1, -1) : text;
}

function bytes(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? '';
  if (!/^\d+$/.test(text)) throw badRequest(`Unable to filter on a range with a non-numeric value: ${text}`);
  return Number(text);
}

function limitOf(query: URLSearchParams): number {
  const text = query.get('limit');
  if (text === null) return DEFAULT_LIMIT;
  if (!/^-?\d+$/.test(text)) throw badRequest('limit param must be an integer');
  if (Number(text) < 0) throw badRequest('limit param must be positive');
  return Math.min(Number(text), MOST);
}

/** `sort=name:asc,size` or `sort_key` and `sort_dir` in pairs; newest first if nothing is said. */
function sortOf(query: URLSearchParams): SortKey<ImageRow>[] {
  const asked: { key: string; direction: string }[] = [];
  const sort = query.get('sort');
  if (sort === null) {
    const directions = query.getAll('sort_dir');
    query.getAll('sort_key').forEach((key, at) => {
      asked.push({ key, direction: directions[at] ?? directions[0] ?? 'desc' });
    });
    if (asked.length === 0) asked.push({ key: 'created_at', direction: directions[0] ?? 'desc' });
  } else {
    if (query.has('sort_key') || query.has('sort_dir')) {
      throw badRequest('Old and new sorting syntax cannot be combined');
    }
    for (const entry of sort.split(',')) {
      const [key = '', direction = 'desc'] = entry.split(':');
      asked.push({ key, direction });
    }
  }
  for (const name of ['created_at', 'id']) {
    if (!asked.some((entry) => entry.key === name)) asked.push({ key: name, direction: 'desc' });
  }
  return asked.map(({ key, direction }) => {
    if (!SORT_KEYS.includes(key)) {
      throw badRequest(
        `Unable to sort by the field ${key}. It must be one of: ${SORT_KEYS.toSorted().join(', ')}`,
      );
    }
    if (direction !== 'asc' && direction !== 'desc') {
      throw badRequest(`Invalid sort direction: ${direction}. It must be asc or desc.`);
    }
    return { value: (row) => imageView(row)[key], descending: direction === 'desc' };
  });
}
