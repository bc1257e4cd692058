import type { FastifyInstance, FastifyRequest } from 'fastify';
import { list as page } from '../../http/listing.ts';
import type { Engine } from '../engine/engine.ts';
import type { EventRow, StackRow } from '../engine/tables.ts';
import { badRequest, notFound, resourceNotFound } from '../errors.ts';
import type { Dict } from '../values.ts';
import { all, count, identified, one, pathOf, queryOf } from './requests.ts';
import { eventView } from './views.ts';

const STACK = '/v1/:tenant/stacks/:stack/:id';

export function eventRoutes(app: FastifyInstance, engine: Engine): void {
  app.get(`${STACK}/events`, async (request) => ({ events: listEvents(engine, request) }));
  app.get(`${STACK}/resources/:resource/events`, async (request) => {
    const name = pathOf(request)['resource'] ?? '';
    const stack = identified(engine, request);
    const known = engine.tables.events.by('stack', stack.id).some((event) => event.resourceName === name);
    if (!known) throw resourceNotFound(name, stack.name);
    return { events: listEvents(engine, request, name) };
  });
  app.get(`${STACK}/resources/:resource/events/:event`, async (request) => {
    const stack = identified(engine, request);
    const { event: id = '', resource } = pathOf(request);
    const event = engine.tables.events.get(id);
    if (!event || event.stackId !== stack.id || event.resourceName !== resource) throw notFound('Event', id);
    return { event: eventView(engine, event, true) };
  });
}

const FILTERS: Readonly<Record<string, (event: EventRow) => string>> = {
  resource_action: (event) => event.action,
  resource_status: (event) => event.status,
  resource_name: (event) => event.resourceName,
  resource_type: (event) => event.resourceType,
};

const SORT_KEYS: Readonly<Record<string, (event: EventRow) => unknown>> = {
  resource_type: (event) => event.resourceType,
  created_at: (event) => event.at,
  event_time: (event) => event.at,
};

function listEvents(engine: Engine, request: FastifyRequest, resource?: string): Dict[] {
  const query = queryOf(request);
  const stack = identified(engine, request);
  const depth = count(query, 'nested_depth') ?? 0;
  const sorting = all(query, 'sort_keys').flatMap((value) => value.split(','));
  const unsortable = sorting.find((key) => !(key in SORT_KEYS));
  if (unsortable !== undefined) throw badRequest(`Invalid sort key ${unsortable}`);
  const events = stacksOf(engine, stack, depth)
    .flatMap((row) => engine.tables.events.by('stack', row.id))
    .filter((event) => (resource === undefined || event.resourceName === resource) && fits(event, query));
  // Of several stacks, the times decide; within one second the order in which they were written.
  const ordered = depth === 0 ? events : events.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const descending = one(query, 'sort_dir') === 'desc';
  const result = page(descending && sorting.length === 0 ? ordered.toReversed() : ordered, {
    sort: sorting.flatMap((key) => {
      const value = SORT_KEYS[key];
      return value ? [{ value, descending }] : [];
    }),
    marker: one(query, 'marker'),
    limit: count(query, 'limit'),
  });
  if (!result) throw notFound('Event', one(query, 'marker') ?? '');
  return result.rows.map((event) => eventView(engine, event, false));
}

function stacksOf(engine: Engine, stack: StackRow, depth: number): StackRow[] {
  if (depth === 0) return [stack];
  return [
    stack,
    ...engine.tables.stacks.by('parent', stack.id).flatMap((child) => stacksOf(engine, child, depth - 1)),
  ];
}

function fits(event: EventRow, query: ReturnType<typeof queryOf>): boolean {
  return Object.entries(FILTERS).every(([name, value]) => {
    const wanted = all(query, name).flatMap((words) => words.split(','));
    return wanted.length === 0 || wanted.includes(value(event));
  });
}
