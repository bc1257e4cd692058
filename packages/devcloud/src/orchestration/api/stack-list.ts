import type { FastifyRequest } from 'fastify';
import { list as page } from '../../http/listing.ts';
import type { Engine } from '../engine/engine.ts';
import type { StackRow } from '../engine/tables.ts';
import { forbidden, notFound } from '../errors.ts';
import type { Dict } from '../values.ts';
import { all, callerOn, count, flag, one, queryOf, type Query } from './requests.ts';
import { stackSummary } from './views.ts';

const SORT_KEYS: Readonly<Record<string, (row: StackRow) => unknown>> = {
  name: (row) => row.name,
  stack_name: (row) => row.name,
  status: (row) => row.status,
  stack_status: (row) => row.status,
  created_at: (row) => row.createdAt,
  creation_time: (row) => row.createdAt,
  updated_at: (row) => row.updatedAt,
  updated_time: (row) => row.updatedAt,
};

/** Filters and what they look at. */
const FILTERS: Readonly<Record<string, (row: StackRow, value: string) => boolean>> = {
  id: (row, value) => row.id === value,
  name: (row, value) => row.name === value,
  stack_name: (row, value) => row.name === value,
  action: (row, value) => row.action === value,
  stack_action: (row, value) => row.action === value,
  status: hasStatus,
  stack_status: hasStatus,
  stack_status_reason: (row, value) => row.reason === value,
  username: (row, value) => row.owner.userName === value,
  stack_owner: (row, value) => row.owner.userName === value,
  owner_id: (row, value) => row.parentId === value,
  parent: (row, value) => row.parentId === value,
  tenant: (row, value) => row.projectId === value,
  disable_rollback: (row, value) => String(row.disableRollback) === value.toLowerCase(),
  timeout_mins: (row, value) => String(row.timeoutMins) === value,
};

function hasStatus(row: StackRow, value: string): boolean {
  return value.includes('_') && !['IN_PROGRESS'].includes(value)
    ? `${row.action}_${row.status}` === value
    : row.status === value;
}

/** `GET /stacks`. @throws HeatError */
export function listStacks(engine: Engine, request: FastifyRequest): Dict {
  const query = queryOf(request);
  const caller = callerOn(request);
  const everywhere = flag(query, 'global_tenant') ?? false;
  if (everywhere && !caller.isAdmin) throw forbidden('this action');
  const rows = everywhere ? engine.tables.stacks.all() : engine.tables.stacks.by('project', caller.projectId);
  const found = rows.filter((row) => isListed(row, query));
  // Newest first, as Heat's database gives them; among equals the one made last.
  const keys = all(query, 'sort_keys').flatMap((value) => value.split(','));
  const sort = keys
    .map((key) => SORT_KEYS[key])
    .filter((value) => value !== undefined)
    .map((value) => ({ value, descending: one(query, 'sort_dir')?.toLowerCase() === 'desc' }));
  const limit = count(query, 'limit');
  const result = page(sort.length > 0 ? found : found.toReversed(), {
    sort,
    marker: one(query, 'marker'),
    limit,
  });
  if (!result) throw notFound('Stack', one(query, 'marker') ?? '');
  const stacks = result.rows.map((row) => stackSummary(engine, row, caller.isAdmin));
  const last = result.rows.at(-1);
  return {
    stacks,
    ...(last && limit !== undefined && limit > 0 && stacks.length === limit
      ? { links: [nextLink(engine, request, last.id)] }
      : {}),
    ...(flag(query, 'with_count') ? { count: found.length } : {}),
  };
}

function nextLink(engine: Engine, request: FastifyRequest, marker: string): Dict {
  const [path = '', search = ''] = request.url.split('?');
  const params = new URLSearchParams(search);
  params.set('marker', marker);
  return { rel: 'next', href: `${engine.cloud.publicUrl}${path}?${params.toString()}` };
}

function isListed(row: StackRow, query: Query): boolean {
  if (row.deletedAt !== null && !flag(query, 'show_deleted')) return false;
  if (row.parentId !== null && !flag(query, 'show_nested') && one(query, 'owner_id') === undefined)
    return false;
  if ((row.tags ?? []).includes('data-processing-cluster') && !flag(query, 'show_hidden')) return false;
  if (!tagged(row, query)) return false;
  return Object.entries(FILTERS).every(([name, fits]) => {
    const values = all(query, name).flatMap((value) => value.split(','));
    return values.length === 0 || values.some((value) => fits(row, value));
  });
}

function tagged(row: StackRow, query: Query): boolean {
  const words = (name: string): readonly string[] | undefined => one(query, name)?.split(',');
  const tags = row.tags ?? [];
  const has = (tag: string): boolean => tags.includes(tag);
  return (
    (words('tags')?.every(has) ?? true) &&
    (words('tags_any')?.some(has) ?? true) &&
    !(words('not_tags')?.every(has) ?? false) &&
    !(words('not_tags_any')?.some(has) ?? false)
  );
}
