import type { Caller } from '../../cloud/service.ts';
import {
  actionInProgress,
  badRequest,
  forbidden,
  HeatError,
  notFound,
  stackExists,
  ValidationFailed,
} from '../errors.ts';
import { text } from '../values.ts';
import { deadlineFor } from './deadline.ts';
import type { Engine } from './engine.ts';
import { planCreation, planUpdate, type StackPlan } from './plan-stack.ts';
import type { StackRequest } from './request-body.ts';
import { dropUnusedBodies, setStack } from './rows.ts';
import { timestamp } from './runtime.ts';
import type { BodyRow, Owner, StackAction, StackRow } from './tables.ts';

export function ownerOf(caller: Caller): Owner {
  const { userId, userName, projectId, roles } = caller;
  if (projectId === undefined) throw forbidden('this action');
  return { userId, userName, projectId, roles };
}

/** @throws HeatError if the name can't be a stack's */
export function checkStackName(name: unknown): string {
  if (name === undefined || name === null || name === '') throw badRequest('No stack name specified');
  if (typeof name === 'string' && /^[a-zA-Z][a-zA-Z0-9_.-]{0,254}$/.test(name)) return name;
  throw new ValidationFailed(
    `Invalid stack name ${text(name)} must contain only alphanumeric or "_-." characters, must start with alpha and must be 255 characters or less.`,
  );
}

/** The live root stack of this name in a project. */
export function stackNamed(engine: Engine, projectId: string, name: string): StackRow | undefined {
  return engine.tables.stacks
    .by('name', name)
    .find((row) => row.projectId === projectId && row.parentId === null && row.deletedAt === null);
}

/** Makes a stack and begins its creation. @throws HeatError */
export async function createStack(
  engine: Engine,
  owner: Owner,
  name: string,
  request: StackRequest,
): Promise<StackRow> {
  if (stackNamed(engine, owner.projectId, name)) throw stackExists(name);
  const plan = await planCreation(engine, owner, name, request);
  const id = engine.cloud.uuid();
  const stack = engine.cloud.store.transaction(() => {
    if (stackNamed(engine, owner.projectId, name)) throw stackExists(name);
    const body = putBody(engine, id, plan);
    const timeoutMins = request.timeoutMins ?? null;
    engine.tables.stacks.put({
      id,
      name,
      projectId: owner.projectId,
      owner,
      parentId: null,
      parentResource: null,
      rootId: id,
      action: 'CREATE',
      status: 'IN_PROGRESS',
      reason: '',
      failure: null,
      bodyId: body.id,
      goodBodyId: null,
      timeoutMins,
      disableRollback: request.disableRollback ?? true,
      tags: request.tags && request.tags.length > 0 ? request.tags : null,
      operation: engine.cloud.uuid(),
      deadline: deadlineFor(engine, timeoutMins),
      createdAt: timestamp(engine.cloud.now()),
      updatedAt: null,
      deletedAt: null,
    });
    return setStack(engine, id, { status: 'IN_PROGRESS', reason: 'Stack CREATE started' });
  });
  if (!stack) throw notFound('Stack', name);
  engine.run(id);
  return stack;
}

function putBody(engine: Engine, stackId: string, plan: StackPlan): BodyRow {
  const files = engine.tables.files.put({ id: engine.cloud.uuid(), files: plan.files });
  return engine.tables.bodies.put({
    id: engine.cloud.uuid(),
    stackId,
    template: plan.template,
    environment: plan.environment,
    filesId: files.id,
    environmentFiles: plan.environmentFiles,
  });
}

/** @throws HeatError ActionInProgress */
export function checkIdle(stack: StackRow): void {
  if (stack.status === 'IN_PROGRESS') throw actionInProgress(stack.name, stack.action);
  if (stack.action === 'DELETE' && stack.status === 'COMPLETE') throw notFound('Stack', stack.name);
}

/** Begins an update. @throws HeatError */
export async function updateStack(engine: Engine, stack: StackRow, request: StackRequest): Promise<void> {
  checkUpdatable(stack);
  const plan = await planUpdate(engine, stack, request);
  engine.cloud.store.transaction(() => {
    const now = engine.tables.stacks.get(stack.id) ?? stack;
    checkUpdatable(now);
    const body = putBody(engine, stack.id, plan);
    const timeoutMins = request.timeoutMins ?? now.timeoutMins;
    const row = setStack(engine, stack.id, {
      action: 'UPDATE',
      status: 'IN_PROGRESS',
      reason: 'Stack UPDATE started',
      failure: null,
      bodyId: body.id,
      operation: engine.cloud.uuid(),
      timeoutMins,
      deadline: deadlineFor(engine, timeoutMins),
      disableRollback: request.disableRollback ?? now.disableRollback,
      tags: request.tags
        ? request.tags.length > 0
          ? request.tags
          : null
        : request.existing
          ? now.tags
          : null,
      updatedAt: timestamp(engine.cloud.now()),
    });
    if (row) dropUnusedBodies(engine, row);
  });
  engine.run(stack.id);
}

function checkUpdatable(stack: StackRow): void {
  checkIdle(stack);
  if (stack.action === 'SUSPEND')
    throw new HeatError('NotSupported', 400, `Updating a stack when it is suspended is not supported.`);
  if (stack.action === 'DELETE')
    throw new HeatError('NotSupported', 400, `Updating a stack whose deletion failed is not supported.`);
}

/** Begins the deletion of a stack, whatever is being done to it. Deleting what is being deleted goes on. */
export async function deleteStack(engine: Engine, stack: StackRow): Promise<void> {
  if (stack.action === 'DELETE' && stack.status !== 'FAILED') return;
  setStack(engine, stack.id, {
    action: 'DELETE',
    status: 'IN_PROGRESS',
    reason: 'Stack DELETE started',
    failure: null,
    operation: engine.cloud.uuid(),
    deadline: deadlineFor(engine, stack.timeoutMins),
  });
  // What is under way ends first; should the process end here, the next one deletes.
  void engine.stop(stack.id, 'superseded').then(() => engine.run(stack.id));
}

/** Begins one of the actions that change no definition. @throws HeatError */
export function actOnStack(
  engine: Engine,
  stack: StackRow,
  action: Extract<StackAction, 'SUSPEND' | 'RESUME' | 'CHECK' | 'SNAPSHOT'>,
): void {
  checkIdle(stack);
  setStack(engine, stack.id, {
    action,
    status: 'IN_PROGRESS',
    reason: `Stack ${action} started`,
    failure: null,
    operation: engine.cloud.uuid(),
    deadline: deadlineFor(engine, stack.timeoutMins),
  });
  engine.run(stack.id);
}

/** Stops an update, and goes back to what was before if `rollback`. @throws HeatError */
export async function cancelUpdate(engine: Engine, stack: StackRow, rollback: boolean): Promise<void> {
  const cancellable = rollback ? ['UPDATE'] : ['UPDATE', 'CREATE'];
  if (stack.status !== 'IN_PROGRESS' || !cancellable.includes(stack.action)) {
    throw new HeatError(
      'NotSupported',
      400,
      `Cancelling ${rollback ? 'update' : 'create or update'} when stack is ${stack.action}_${stack.status} is not supported.`,
    );
  }
  if (!rollback || stack.goodBodyId === null) {
    await engine.stop(stack.id, 'sibling');
    return;
  }
  setStack(engine, stack.id, {
    action: 'ROLLBACK',
    status: 'IN_PROGRESS',
    reason: 'Stack ROLLBACK started',
    failure: null,
    bodyId: stack.goodBodyId,
    operation: engine.cloud.uuid(),
    deadline: deadlineFor(engine, stack.timeoutMins),
  });
  void engine.stop(stack.id, 'superseded').then(() => engine.run(stack.id));
}
