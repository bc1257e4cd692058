import type { FastifyInstance } from 'fastify';
import type { Engine } from '../engine/engine.ts';
import { planUpdate } from '../engine/plan-stack.ts';
import { parseStackRequest } from '../engine/request-body.ts';
import { bodyOf, filesOf } from '../engine/rows.ts';
import {
  actOnStack,
  cancelUpdate,
  checkStackName,
  createStack,
  deleteStack,
  ownerOf,
  updateStack,
} from '../engine/stack-actions.ts';
import { outputOf } from '../engine/stack-scope.ts';
import { badRequest, notFound } from '../errors.ts';
import { isDict } from '../values.ts';
import { abandonStack, exportStack } from './abandon.ts';
import { previewCreation, previewUpdate } from './preview.ts';
import { callerOn, flag, identified, looked, pathOf, queryOf, redirect } from './requests.ts';
import { listStacks } from './stack-list.ts';
import { outputView, stackDetail, stackLink, stackUrl } from './views.ts';

const STACKS = '/v1/:tenant/stacks';
const STACK = `${STACKS}/:stack/:id`;

export function stackRoutes(app: FastifyInstance, engine: Engine): void {
  app.get(STACKS, async (request) => listStacks(engine, request));
  app.get(`${STACKS}/detail`, async (request) => {
    const rows = engine.tables.stacks.by('project', callerOn(request).projectId);
    const shown = rows.filter((row) => row.parentId === null && row.deletedAt === null);
    return { stacks: await Promise.all(shown.map((row) => stackDetail(engine, row, false))) };
  });
  app.post(STACKS, async (request, reply) => {
    const name = checkStackName(isDict(request.body) ? request.body['stack_name'] : undefined);
    const stack = await createStack(
      engine,
      ownerOf(callerOn(request)),
      name,
      parseStackRequest(request.body),
    );
    return reply
      .code(201)
      .header('location', stackUrl(engine, stack))
      .send({ stack: { id: stack.id, links: [stackLink(engine, stack)] } });
  });
  app.post(`${STACKS}/preview`, async (request) => ({
    stack: await previewCreation(engine, ownerOf(callerOn(request)), request.body),
  }));

  lookupRoutes(app, engine);
  app.get(STACK, async (request) => ({
    stack: await stackDetail(
      engine,
      identified(engine, request),
      flag(queryOf(request), 'resolve_outputs') ?? true,
    ),
  }));
  for (const [method, existing] of [
    ['PUT', false],
    ['PATCH', true],
  ] as const) {
    app.route({
      method,
      url: STACK,
      async handler(request, reply) {
        const asked = parseStackRequest(request.body);
        await updateStack(engine, identified(engine, request), {
          ...asked,
          existing: existing || asked.existing,
        });
        return reply.code(202).send();
      },
    });
    app.route({
      method,
      url: `${STACK}/preview`,
      async handler(request) {
        const stack = identified(engine, request);
        const asked = parseStackRequest(request.body);
        const plan = await planUpdate(engine, stack, { ...asked, existing: existing || asked.existing });
        return { resource_changes: await previewUpdate(engine, stack, plan) };
      },
    });
  }
  app.delete(STACK, async (request, reply) => {
    const stack = identified(engine, request);
    if (stack.deletedAt !== null) throw notFound('Stack', stack.name);
    await deleteStack(engine, stack);
    return reply.code(204).send();
  });
  app.delete(`${STACK}/abandon`, async (request) => abandonStack(engine, identified(engine, request)));
  app.get(`${STACK}/export`, async (request) => exportStack(engine, identified(engine, request)));
  partRoutes(app, engine);
  app.post(`${STACK}/actions`, async (request, reply) => {
    await act(engine, identified(engine, request), request.body);
    return reply.code(200).send();
  });
}

function search(url: string): string {
  return url.includes('?') ? `?${url.split('?').slice(1).join('?')}` : '';
}

/** A stack named by its name alone, or its id alone: clients are sent on to where it is. */
function lookupRoutes(app: FastifyInstance, engine: Engine): void {
  app.route({
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    url: `${STACKS}/:stack`,
    handler: async (request, reply) =>
      redirect(
        reply,
        stackUrl(engine, looked(engine, request, pathOf(request)['stack'] ?? '')) + search(request.url),
      ),
  });
  for (const path of [
    'resources',
    'events',
    'template',
    'environment',
    'files',
    'actions',
    'outputs',
    'snapshots',
  ]) {
    app.route({
      method: ['GET', 'POST'],
      url: `${STACKS}/:stack/${path}`,
      handler: async (request, reply) => {
        const stack = looked(engine, request, pathOf(request)['stack'] ?? '');
        return redirect(reply, `${stackUrl(engine, stack)}/${path}${search(request.url)}`);
      },
    });
  }
}

function partRoutes(app: FastifyInstance, engine: Engine): void {
  app.get(`${STACK}/template`, async (request) => bodyOf(engine, identified(engine, request)).template);
  app.get(`${STACK}/environment`, async (request) => {
    const { environment } = bodyOf(engine, identified(engine, request));
    return { ...environment, encrypted_param_names: [] };
  });
  app.get(`${STACK}/files`, async (request) => filesOf(engine, bodyOf(engine, identified(engine, request))));
  app.get(`${STACK}/outputs`, async (request) => {
    const { outputs } = await engine.define(identified(engine, request));
    return { outputs: [...outputs].map(([key, { description }]) => ({ output_key: key, description })) };
  });
  app.get(`${STACK}/outputs/:output`, async (request) => {
    const definition = await engine.define(identified(engine, request));
    const key = pathOf(request)['output'] ?? '';
    const output = await outputOf(definition, key);
    if (!output) throw notFound('Output', key);
    return { output: outputView(output) };
  });
}

const SIDE_ACTIONS = { suspend: 'SUSPEND', resume: 'RESUME', check: 'CHECK' } as const;

async function act(engine: Engine, stack: ReturnType<typeof identified>, body: unknown): Promise<void> {
  const names = isDict(body) ? Object.keys(body) : [];
  const [name] = names;
  if (name === undefined) throw badRequest('No action specified');
  if (names.length > 1) throw badRequest('Multiple actions specified');
  if (name === 'cancel_update') return cancelUpdate(engine, stack, true);
  if (name === 'cancel_without_rollback') return cancelUpdate(engine, stack, false);
  if (name === 'suspend' || name === 'resume' || name === 'check')
    return actOnStack(engine, stack, SIDE_ACTIONS[name]);
  throw badRequest(`Invalid action ${name} specified`);
}
