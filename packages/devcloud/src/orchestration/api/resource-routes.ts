import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Engine } from '../engine/engine.ts';
import { currentRow, noteSignal, setResource, under } from '../engine/rows.ts';
import { rowContext, rowType, shownAttributes } from '../engine/stack-scope.ts';
import { timestamp } from '../engine/runtime.ts';
import type { ResourceRow, StackRow } from '../engine/tables.ts';
import {
  actionInProgress,
  badRequest,
  HeatError,
  notFound,
  resourceNotAvailable,
  resourceNotFound,
} from '../errors.ts';
import { deploymentsFor } from '../resources/heat/deployment-signal.ts';
import { signalsOf } from '../resources/heat/wait-conditions.ts';
import { booleanOf } from '../template/parameters.ts';
import { isDict, text, type Dict } from '../values.ts';
import { all, count, flag, identified, looked, pathOf, queryOf, redirect, type Query } from './requests.ts';
import { resourceSummary, stackUrl } from './views.ts';

const STACK = '/v1/:tenant/stacks/:stack/:id';
const RESOURCE = `${STACK}/resources/:resource`;

export function resourceRoutes(app: FastifyInstance, engine: Engine): void {
  app.get(`${STACK}/resources`, async (request) => ({ resources: listResources(engine, request) }));
  app.get(RESOURCE, async (request) => {
    const row = resourceOf(engine, request);
    const extra = all(queryOf(request), 'with_attr').flatMap((value) => value.split(','));
    return {
      resource: {
        ...resourceSummary(engine, row),
        description: row.description,
        attributes: await shownAttributes(engine, row, extra),
      },
    };
  });
  app.get(`${RESOURCE}/metadata`, async (request) => ({
    metadata: metadataOf(engine, tokenOrResource(engine, request)),
  }));
  app.post(`${RESOURCE}/signal`, async (request) =>
    signal(engine, tokenOrResource(engine, request), request.body),
  );
  app.patch(RESOURCE, async (request, reply) => {
    markUnhealthy(engine, namedOrMade(engine, request), request.body);
    return reply.code(200).send();
  });
  for (const path of ['', '/metadata', '/events']) {
    app.get(`/v1/:tenant/stacks/:stack/resources/:resource${path}`, async (request, reply) => {
      const { stack = '', resource = '' } = pathOf(request);
      const row = looked(engine, request, stack);
      return redirect(reply, `${stackUrl(engine, row)}/resources/${encodeURIComponent(resource)}${path}`);
    });
  }
  signedRoutes(app, engine);
}

/** Addresses that are a secret themselves, for servers: they have no user of the identity service. */
function signedRoutes(app: FastifyInstance, engine: Engine): void {
  for (const method of ['POST', 'PUT'] as const) {
    app.route({
      method,
      url: '/signal/:row/:token',
      handler: async (request) => signal(engine, signedResource(engine, request), request.body),
    });
  }
  app.get('/metadata/:row/:token', async (request) => metadataOf(engine, signedResource(engine, request)));
}

function signedResource(engine: Engine, request: FastifyRequest): ResourceRow {
  const { row: id = '', token = '' } = pathOf(request);
  const row = engine.tables.resources.get(id);
  if (!row || row.data['token'] !== token) throw notFound('Resource', id);
  return row;
}

/** Says whether a request without a valid token has that of the resource it is about. */
export function hasResourceToken(engine: Engine, request: FastifyRequest): boolean {
  const token = request.headers['x-auth-token'];
  const match =
    /^\/orchestration\/v1\/[^/]+\/stacks\/[^/]+\/([^/]+)\/resources\/([^/]+)\/(?:signal|metadata)$/.exec(
      request.url.split('?', 1)[0] ?? '',
    );
  const [, stackId, name] = match ?? [];
  if (typeof token !== 'string' || stackId === undefined || name === undefined) return false;
  return currentRow(engine, stackId, decodeURIComponent(name))?.data['token'] === token;
}

/** A resource for its own token, or for whoever may see its stack. */
function tokenOrResource(engine: Engine, request: FastifyRequest): ResourceRow {
  if (request.caller) return resourceOf(engine, request);
  const { id = '', resource = '' } = pathOf(request);
  const row = currentRow(engine, id, resource);
  if (!row) throw notFound('Resource', resource);
  return row;
}

function resourceOf(engine: Engine, request: FastifyRequest): ResourceRow {
  const stack = identified(engine, request);
  const name = pathOf(request)['resource'] ?? '';
  const row = currentRow(engine, stack.id, name);
  if (!row) throw resourceNotFound(name, stack.name);
  return row;
}

/** By its name, or by the id of what was made: healers of Kubernetes' nodes know no more than the server's. */
function namedOrMade(engine: Engine, request: FastifyRequest): ResourceRow {
  const stack = identified(engine, request);
  const asked = pathOf(request)['resource'] ?? '';
  const made = () => rowsOf(engine, stack, 0).find((row) => row.physicalId === asked);
  const row = currentRow(engine, stack.id, asked) ?? made();
  if (!row) throw resourceNotFound(asked, stack.name);
  return row;
}

const FILTERS: Readonly<Record<string, (row: ResourceRow, value: string) => boolean>> = {
  type: (row, value) => row.type === value,
  status: (row, value) => row.status === value,
  name: (row, value) => row.name === value,
  action: (row, value) => row.action === value,
  id: (row, value) => row.id === value,
  physical_resource_id: (row, value) => row.physicalId === value,
};

function listResources(engine: Engine, request: FastifyRequest): Dict[] {
  const stack = identified(engine, request);
  const query = queryOf(request);
  const depth = count(query, 'nested_depth') ?? 0;
  const detail = flag(query, 'with_detail') ?? false;
  const unknown = Object.keys(query).find(
    (key) => !(key in FILTERS) && !['nested_depth', 'with_detail', 'tenant_id'].includes(key),
  );
  if (unknown !== undefined) throw badRequest(`Invalid filter parameters ${unknown}`);
  return rowsOf(engine, stack, depth)
    .filter((row) => fits(row, query))
    .map((row) => ({
      ...resourceSummary(engine, row),
      ...(detail ? { description: row.description, metadata: row.metadata } : {}),
    }));
}

function rowsOf(engine: Engine, stack: StackRow, depth: number): ResourceRow[] {
  const rows = engine.tables.resources.by('stack', stack.id).filter((row) => row.current);
  if (depth === 0) return rows;
  const children = rows.flatMap((row) => {
    const child = row.physicalId === null ? undefined : engine.tables.stacks.get(row.physicalId);
    return child ? rowsOf(engine, child, depth - 1) : [];
  });
  return [...rows, ...children];
}

function fits(row: ResourceRow, query: Query): boolean {
  return Object.entries(FILTERS).every(([name, filter]) => {
    const values = all(query, name).flatMap((value) => value.split(','));
    return values.length === 0 || values.some((value) => filter(row, value));
  });
}

/** What the resource tells about itself: of a server also what is to be deployed, of a handle its signals. */
function metadataOf(engine: Engine, row: ResourceRow): Dict {
  const stack = engine.tables.stacks.get(row.stackId);
  if (row.target.name === 'OS::Nova::Server' && row.physicalId !== null && stack) {
    return { ...row.metadata, deployments: deploymentsFor(engine.tables, stack.projectId, row.physicalId) };
  }
  return { ...row.metadata, ...signalsOf(row.data) };
}

async function signal(engine: Engine, row: ResourceRow, body: unknown): Promise<Dict | null> {
  const type = rowType(engine, row);
  if (!type.signal)
    throw new HeatError('ResourceActionNotSupported', 400, 'signal is not supported for resource.');
  if (row.action === 'DELETE' || row.action === 'INIT') throw resourceNotAvailable(row.name);
  const reason = await type.signal(rowContext(engine, row), body);
  const now = engine.tables.resources.get(row.id);
  if (now) noteSignal(engine, now, `Signal: ${reason}`);
  engine.hints.give();
  return null;
}

function markUnhealthy(engine: Engine, row: ResourceRow, body: unknown): void {
  if (!isDict(body) || !('mark_unhealthy' in body))
    throw badRequest('Missing mandatory (mark_unhealthy) key from mark unhealthy request');
  const unknown = Object.keys(body).find(
    (key) => key !== 'mark_unhealthy' && key !== 'resource_status_reason',
  );
  if (unknown !== undefined) throw badRequest(`Unexpected key ${unknown} in mark unhealthy request`);
  const unhealthy = booleanOf(body['mark_unhealthy']);
  if (unhealthy === undefined)
    throw badRequest(`Unrecognized value "${text(body['mark_unhealthy'])}" for "mark_unhealthy"`);
  const stack = engine.tables.stacks.get(row.stackId);
  if (stack?.status === 'IN_PROGRESS') throw actionInProgress(stack.name, stack.action);
  const message = text(
    body['resource_status_reason'] ??
      (unhealthy ? 'state changed by resource_mark_unhealthy api' : 'state changed'),
  );
  const failure = { error: '', path: [], message };
  if (unhealthy) {
    setResource(engine, row.id, {
      action: 'CHECK',
      status: 'FAILED',
      reason: message,
      failure: under(row.name, failure),
    });
  } else if (row.action === 'CHECK' && row.status === 'FAILED') {
    setResource(engine, row.id, {
      action: 'CHECK',
      status: 'COMPLETE',
      reason: `${message} (${timestamp(engine.cloud.now())})`,
      failure: null,
    });
  }
}
