import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../cloud/service.ts';
import { badRequest, httpBadRequest, httpNotFound, invalidInput, tagNotFound } from '../errors.ts';
import type { View } from '../model/views.ts';
import { parseObject, privileged } from './attributes.ts';
import { tags as parseTags, Reason } from './parse.ts';
import { pick, select } from './query.ts';
import { callerOf, checkRevision, checkWriter, queryOf } from './requests.ts';
import type { ResourceHandler } from './resource-handlers.ts';

/** Runs `work` in a transaction and tells the data plane afterwards what changed. */
export type Run = <R>(work: () => R) => R;

/** The routes of one kind of resource: list, show, create (one or many), update, delete, tags. */
export function resourceRoutes(
  app: FastifyInstance,
  handler: ResourceHandler,
  run: Run,
  baseUrl: string,
): void {
  const { resource, collection, attributes } = handler.rules;
  const path = `/v2.0/${collection.replaceAll('_', '-')}`;

  /** What `caller` sees of it. */
  function shown(caller: Caller, view: View, fields: readonly string[]): Readonly<Record<string, unknown>> {
    const picked = pick(view, fields);
    if (privileged(caller)) return picked;
    return Object.fromEntries(Object.entries(picked).filter(([key]) => !attributes[key]?.adminReads));
  }

  app.get(path, (request) => {
    const caller = callerOf(request);
    const query = queryOf(request);
    const rows = run(() => handler.list(caller, query));
    const page = select(rows, query, attributes, `${baseUrl}${path}`);
    const fields = query.getAll('fields');
    return {
      [collection]: page.views.map((view) => shown(caller, view, fields)),
      ...(page.links.length > 0 ? { [`${collection}_links`]: page.links } : {}),
    };
  });

  app.get<{ Params: { id: string } }>(`${path}/:id`, (request) => {
    const caller = callerOf(request);
    handler.find(caller, request.params.id);
    return {
      [resource]: shown(caller, handler.view(request.params.id), queryOf(request).getAll('fields')),
    };
  });

  app.post(path, (request, reply) => {
    const caller = callerOf(request);
    checkWriter(caller, `create_${resource}`);
    const body = objectBody(request.body);
    const many = body[collection];
    const isBulk = many !== undefined;
    const objects = (isBulk ? bulkItems(many, resource) : [single(body, resource)]).map((item) =>
      parseObject(handler.rules, caller, item, 'create'),
    );
    const project = caller.projectId;
    if (project === undefined && objects.some((object) => object.project_id === undefined)) {
      throw httpBadRequest('Running without keystone AuthN requires that project_id is specified');
    }
    const ids = run(() => handler.create(caller, project ?? '', objects));
    const views = ids.map((id) => shown(caller, handler.view(id), []));
    return reply.code(201).send(isBulk ? { [collection]: views } : { [resource]: views[0] });
  });

  app.put<{ Params: { id: string } }>(`${path}/:id`, (request) => {
    const caller = callerOf(request);
    const { id } = request.params;
    checkWriter(caller, `update_${resource}`);
    const given = parseObject(handler.rules, caller, single(objectBody(request.body), resource), 'update');
    run(() => {
      checkRevision(request, handler.find(caller, id));
      handler.update(caller, id, given);
    });
    return { [resource]: shown(caller, handler.view(id), []) };
  });

  app.delete<{ Params: { id: string } }>(`${path}/:id`, (request, reply) => {
    const caller = callerOf(request);
    checkWriter(caller, `delete_${resource}`);
    run(() => {
      checkRevision(request, handler.find(caller, request.params.id));
      handler.remove(caller, request.params.id);
    });
    return reply.code(204).send();
  });

  if (handler.taggable) tagRoutes(app, handler, run, path);
}

const MOST_TAGS = 50;
const LONGEST_TAG = 255;

function tagRoutes(app: FastifyInstance, handler: ResourceHandler, run: Run, path: string): void {
  const { resource, collection } = handler.rules;

  function change(
    request: FastifyRequest<{ Params: { id: string } }>,
    next: (tags: readonly string[]) => readonly string[],
  ): readonly string[] {
    const caller = callerOf(request);
    checkWriter(caller, `update_${resource}:tags`);
    return run(() => {
      const row = handler.find(caller, request.params.id);
      const tags = next(row.tags);
      if (tags.length > MOST_TAGS) {
        throw badRequest(collection, `The number of tags exceed the per-resource limit of ${MOST_TAGS}`);
      }
      handler.retag(caller, request.params.id, tags);
      return tags;
    });
  }

  const tags = `${path}/:id/tags`;
  app.get<{ Params: { id: string } }>(tags, (request) => ({
    tags: handler.find(callerOf(request), request.params.id).tags,
  }));
  app.put<{ Params: { id: string } }>(tags, (request) => {
    const wanted = tagsBody(request.body);
    return { tags: change(request, () => wanted) };
  });
  app.post<{ Params: { id: string } }>(tags, (request, reply) => {
    const wanted = tagsBody(request.body);
    const all = change(request, (own) => [...new Set([...own, ...wanted])]);
    return reply.code(201).send({ tags: all });
  });
  app.delete<{ Params: { id: string } }>(tags, (request, reply) => {
    change(request, () => []);
    return reply.code(204).send();
  });

  // A wildcard, since fastify's parameters end at 100 characters and a tag may have 255.
  type One = { Params: { id: string; '*': string } };
  app.get<One>(`${tags}/*`, (request, reply) => {
    const tag = oneTag(request);
    const { tags } = handler.find(callerOf(request), request.params.id);
    if (!tags.includes(tag)) throw tagNotFound(tag);
    return reply.code(204).send();
  });
  app.put<One>(`${tags}/*`, (request, reply) => {
    const tag = oneTag(request);
    change(request, (own) => (own.includes(tag) ? own : [...own, tag]));
    return empty(reply.code(201));
  });
  app.delete<One>(`${tags}/*`, (request, reply) => {
    const tag = oneTag(request);
    change(request, (own) => {
      if (!own.includes(tag)) throw tagNotFound(tag);
      return own.filter((other) => other !== tag);
    });
    return reply.code(204).send();
  });
}

function empty(reply: FastifyReply): FastifyReply {
  return reply.header('content-type', 'application/json').send('null');
}

function oneTag(request: FastifyRequest<{ Params: { '*': string } }>): string {
  const tag = request.params['*'];
  if (tag === '') throw httpNotFound();
  if (tag.length > LONGEST_TAG) {
    throw invalidInput(`'${tag}' exceeds maximum length of ${LONGEST_TAG}`);
  }
  return tag;
}

function tagsBody(body: unknown): string[] {
  if (typeof body !== 'object' || body === null || !('tags' in body)) throw invalidInput('Invalid tags body');
  try {
    return parseTags(body.tags);
  } catch (error) {
    if (error instanceof Reason) throw invalidInput(error.message);
    throw error;
  }
}

function objectBody(body: unknown): Readonly<Record<string, unknown>> {
  if (body === undefined || body === null) throw httpBadRequest('Resource body required');
  if (typeof body !== 'object' || Array.isArray(body)) throw httpBadRequest('Body contains invalid data');
  if (Object.keys(body).length === 0) throw httpBadRequest('Resource body required');
  return body as Readonly<Record<string, unknown>>;
}

function single(body: Readonly<Record<string, unknown>>, resource: string): unknown {
  const object = body[resource];
  if (object === undefined || object === null) {
    throw httpBadRequest(`Unable to find '${resource}' in request body`);
  }
  return object;
}

/** Items of a bulk request, each bare or wrapped once more in its resource's name. */
function bulkItems(many: unknown, resource: string): unknown[] {
  if (!Array.isArray(many)) throw httpBadRequest('Body contains invalid data');
  if (many.length === 0) throw httpBadRequest('Resources required');
  return many.map((item: unknown) => {
    if (typeof item !== 'object' || item === null) throw httpBadRequest('Body contains invalid data');
    return resource in item ? (item as Record<string, unknown>)[resource] : item;
  });
}
