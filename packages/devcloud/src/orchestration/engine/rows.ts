import { placed } from '../errors.ts';
import { ResourceFault } from '../resources/resource-type.ts';
import type { Dict } from '../values.ts';
import { timestamp, type Runtime } from './runtime.ts';
import type { BodyRow, EventRow, Failure, ResourceRow, StackRow, Status } from './tables.ts';

/** Changes a stack; if its state changes, an event says so. Returns undefined if it is gone. */
export function setStack(runtime: Runtime, id: string, patch: Partial<StackRow>): StackRow | undefined {
  return runtime.cloud.store.transaction(() => {
    const before = runtime.tables.stacks.get(id);
    if (!before) return undefined;
    const row = runtime.tables.stacks.put({ ...before, ...patch });
    if (patch.status !== undefined) {
      addEvent(runtime, row, {
        resourceName: row.name,
        resourceType: 'OS::Heat::Stack',
        physicalId: row.id,
        action: row.action,
        status: row.status,
        reason: row.reason,
        properties: {},
      });
    }
    return row;
  });
}

/** Changes a resource; if its state changes, an event says so. */
export function setResource(runtime: Runtime, id: string, patch: Partial<ResourceRow>): ResourceRow {
  return runtime.cloud.store.transaction(() => {
    const before = runtime.tables.resources.get(id);
    if (!before) throw new Error(`resource ${id} is gone`);
    const changes = patch.status !== undefined;
    const row = runtime.tables.resources.put({
      ...before,
      ...patch,
      ...(changes ? { updatedAt: timestamp(runtime.cloud.now()) } : {}),
    });
    if (changes) resourceEvent(runtime, row);
    return row;
  });
}

export function resourceEvent(runtime: Runtime, row: ResourceRow): void {
  const stack = runtime.tables.stacks.get(row.stackId);
  if (!stack) return;
  addEvent(runtime, stack, {
    resourceName: row.name,
    resourceType: row.type,
    physicalId: row.physicalId ?? '',
    action: row.action,
    status: row.status,
    reason: row.reason,
    properties: row.properties ?? {},
  });
}

type EventPart = Omit<EventRow, 'id' | 'stackId' | 'stackName' | 'at'>;

function addEvent(runtime: Runtime, stack: StackRow, part: EventPart): void {
  runtime.tables.events.put({
    ...part,
    id: runtime.cloud.uuid(),
    stackId: stack.id,
    stackName: stack.name,
    at: timestamp(runtime.cloud.now()),
  });
}

/** Notes an event without a change of state: a signal that came in. */
export function noteSignal(runtime: Runtime, row: ResourceRow, reason: string): void {
  const stack = runtime.tables.stacks.get(row.stackId);
  if (!stack) return;
  addEvent(runtime, stack, {
    resourceName: row.name,
    resourceType: row.type,
    physicalId: row.physicalId ?? '',
    action: 'SIGNAL',
    status: 'COMPLETE',
    reason,
    properties: {},
  });
}

/** The resource that a name means in a stack now. */
export function currentRow(runtime: Runtime, stackId: string, name: string): ResourceRow | undefined {
  return runtime.tables.resources.by('stack', stackId).find((row) => row.name === name && row.current);
}

export function bodyOf(runtime: Runtime, stack: StackRow): BodyRow {
  const body = runtime.tables.bodies.get(stack.bodyId);
  if (!body) throw new Error(`stack ${stack.name} (${stack.id}) has no template`);
  return body;
}

export function filesOf(runtime: Runtime, body: BodyRow): Readonly<Record<string, string>> {
  return runtime.tables.files.get(body.filesId)?.files ?? {};
}

/** Deletes bodies of a stack that neither its present nor its last good state nor a snapshot needs. */
export function dropUnusedBodies(runtime: Runtime, stack: StackRow): void {
  const { bodies, files, snapshots } = runtime.tables;
  const kept = new Set([
    stack.bodyId,
    stack.goodBodyId,
    ...snapshots.by('stack', stack.id).map((row) => row.bodyId),
  ]);
  for (const body of bodies.by('stack', stack.id)) {
    if (kept.has(body.id)) continue;
    bodies.delete(body.id);
    if (bodies.by('files', body.filesId).length === 0) files.delete(body.filesId);
  }
}

/** The parts of a fault, whatever was thrown. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ResourceFault) return error.failure;
  if (error instanceof Error) return { error: error.name, path: [], message: error.message };
  return { error: 'Error', path: [], message: String(error) };
}

/** The fault seen from outside the resource: `Error: resources.group.resources[0]: …`. */
export function under(name: string, failure: Failure): Failure {
  return { ...failure, path: ['resources', name, ...failure.path] };
}

export function failureText(failure: Failure): string {
  return placed(failure.error, failure.path, failure.message);
}

export const isStatus = (row: { status: Status }, ...statuses: Status[]): boolean =>
  statuses.includes(row.status);

/** Merges notes; an undefined value removes its key. */
export function withNote(data: Dict, key: string, value: unknown): Dict {
  const { [key]: _before, ...others } = data;
  return value === undefined ? others : { ...others, [key]: value };
}

/** Says in a row that the work on it was stopped. */
export function markAborted(runtime: Runtime, row: ResourceRow, why: string): void {
  const failure = { error: '', path: [], message: `${row.action} aborted (${why})` };
  setResource(runtime, row.id, { status: 'FAILED', failure, reason: failureText(under(row.name, failure)) });
}
