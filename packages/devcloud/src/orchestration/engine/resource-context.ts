import { resolve } from '../functions/resolve.ts';
import type { NestedView, ResourceContext } from '../resources/resource-type.ts';
import { ResourceFault } from '../resources/resource-type.ts';
import type { Dict } from '../values.ts';
import { findId } from './custom-constraints.ts';
import type { Engine } from './engine.ts';
import { beginNested, beginNestedDeletion } from './nested-stack.ts';
import { bodyOf, currentRow, filesOf, setResource, withNote } from './rows.ts';
import { checkStopped } from './runtime.ts';
import { callService, isPassing } from './service-call.ts';
import { attributeOf, referenceTo, rowType } from './stack-scope.ts';
import type { ResourceRow, StackRow } from './tables.ts';

/** Pauses between two looks at something that is waited for. */
const FIRST_LOOK_MS = 200;
const LONGEST_LOOK_MS = 5000;
const MAKE_ATTEMPTS = 5;

/** Builds what a resource type works with, for one row. */
export function makeContext(
  engine: Engine,
  rowId: string,
  properties: Dict,
  updatePolicy: Dict,
  signal: AbortSignal,
): ResourceContext {
  const row = (): ResourceRow => {
    const found = engine.tables.resources.get(rowId);
    if (!found) throw new Error(`resource ${rowId} is gone`);
    return found;
  };
  const stack = (): StackRow => {
    const found = engine.tables.stacks.get(row().stackId);
    if (!found) throw new Error(`the stack of resource ${row().name} is gone`);
    return found;
  };
  const context: ResourceContext = {
    cloud: engine.cloud,
    tables: engine.tables,
    get stack() {
      return stack();
    },
    get row() {
      return row();
    },
    get name() {
      return row().name;
    },
    properties,
    updatePolicy,
    signal,
    get physicalName() {
      return physicalName(stack().name, row());
    },
    call: (service, method, path, body, headers) =>
      callService(
        engine,
        stack().owner,
        { service, method, path, ...(body === undefined ? {} : { body }), ...(headers ? { headers } : {}) },
        signal,
      ),
    make: (post) => makeOnce(engine, context, post),
    setPhysicalId: (physicalId) => void setResource(engine, rowId, { physicalId }),
    note: (key, value) => void setResource(engine, rowId, { data: withNote(row().data, key, value) }),
    findId: (kind, value) => findId(engine, stack().owner, signal, kind, value),
    until: (check) => until(engine, check, signal),
    async pause(milliseconds) {
      await engine.wait(milliseconds, signal);
      checkStopped(signal);
    },
    async nest(body, step = '') {
      const childId = await beginNested(engine, stack(), row(), body, step);
      await waitForNested(engine, childId, signal);
    },
    async unnest() {
      const childId = await beginNestedDeletion(engine, stack(), row());
      if (childId !== undefined) await waitForNested(engine, childId, signal);
    },
    get nestedView() {
      return viewOf(engine, row());
    },
    refreshNested: (otherId) => refreshNested(engine, otherId),
  };
  return context;
}

/** Stack, resource, and twelve characters that are this resource's own: no other thing has this name. */
function physicalName(stackName: string, row: ResourceRow): string {
  const own = BigInt(`0x${row.id.replaceAll('-', '').slice(0, 15)}`)
    .toString(32)
    .padStart(12, '0');
  const tail = `-${row.name}-${own}`;
  return `${stackName.slice(0, Math.max(2, 255 - tail.length))}${tail}`;
}

async function makeOnce(
  engine: Engine,
  context: ResourceContext,
  post: () => Promise<string>,
): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const { row } = context;
    if (row.physicalId !== null) return row.physicalId;
    if (row.data['asked'] !== undefined) {
      const type = engine.types.get(row.target.name);
      const found = await type?.find?.(context);
      if (found !== undefined) {
        context.setPhysicalId(found);
        return found;
      }
    } else context.note('asked', engine.cloud.now().toISOString());
    try {
      const id = await post();
      context.setPhysicalId(id);
      return id;
    } catch (error) {
      if (attempt >= MAKE_ATTEMPTS || !isPassing(error)) throw error;
      await context.pause(FIRST_LOOK_MS * 2 ** attempt);
    }
  }
}

async function until<T>(
  engine: Engine,
  check: () => Promise<T | undefined>,
  signal: AbortSignal,
): Promise<T> {
  for (let pause = FIRST_LOOK_MS; ; pause = Math.min(LONGEST_LOOK_MS, pause * 1.5)) {
    checkStopped(signal);
    const seen = engine.hints.count;
    const result = await check();
    if (result !== undefined) return result;
    const woken = new AbortController();
    await Promise.race([
      engine.wait(pause, AbortSignal.any([signal, woken.signal])),
      engine.hints.next(seen),
    ]);
    woken.abort();
  }
}

async function waitForNested(engine: Engine, childId: string, signal: AbortSignal): Promise<void> {
  engine.run(childId);
  const stopped = new Promise<void>((resolved) => {
    signal.addEventListener('abort', () => resolved(), { once: true });
  });
  await Promise.race([engine.settled(childId), stopped]);
  if (signal.aborted) {
    await engine.stop(
      childId,
      signal.reason === 'shutdown' ? 'shutdown' : signal.reason === 'timeout' ? 'timeout' : 'sibling',
    );
    checkStopped(signal);
  }
  const child = engine.tables.stacks.get(childId);
  if (!child || child.status === 'COMPLETE') return;
  const { failure } = child;
  if (failure) throw new ResourceFault(failure.error, failure.message, failure.path);
  throw new ResourceFault('Error', child.reason);
}

async function refreshNested(engine: Engine, rowId: string): Promise<void> {
  const row = engine.tables.resources.get(rowId);
  const stack = row && engine.tables.stacks.get(row.stackId);
  const type = row && rowType(engine, row);
  if (!row || !stack || !type?.nested) return;
  const stackBody = bodyOf(engine, stack);
  const body = await type.nested.body({
    name: row.name,
    properties: row.properties ?? {},
    row,
    file: undefined,
    files: filesOf(engine, stackBody),
    environment: stackBody.environment,
  });
  engine.run(await beginNested(engine, stack, row, body, `/signal/${engine.cloud.uuid()}`));
}

function viewOf(engine: Engine, row: ResourceRow): NestedView {
  const stack = row.physicalId === null ? undefined : engine.tables.stacks.get(row.physicalId);
  const memberRow = (name: string): ResourceRow | undefined =>
    stack ? currentRow(engine, stack.id, name) : undefined;
  return {
    stack,
    members: () =>
      stack ? engine.tables.resources.by('stack', stack.id).filter((member) => member.current) : [],
    reference: async (name) => {
      const member = memberRow(name);
      return member ? referenceTo(engine, member, name) : null;
    },
    attribute: async (name, attribute, path) => attributeOf(engine, memberRow(name), name, attribute, path),
    async hasOutput(name) {
      return stack !== undefined && (await engine.define(stack)).outputs.has(name);
    },
    async output(name) {
      if (!stack) return null;
      const definition = await engine.define(stack);
      const snippet = definition.outputs.get(name);
      return snippet ? resolve(snippet.value, definition.scope, `outputs.${name}.value`) : undefined;
    },
    template: () => (stack ? bodyOf(engine, stack).template : {}),
  };
}
