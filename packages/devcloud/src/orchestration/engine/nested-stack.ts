import type { NestedBody } from '../resources/resource-type.ts';
import type { Engine } from './engine.ts';
import { bodyOf, filesOf, setStack } from './rows.ts';
import { timestamp } from './runtime.ts';
import type { BodyRow, ResourceRow, StackRow } from './tables.ts';

/**
 * Sets the nested stack of a resource on its way to `body`: makes it, or begins its update. The same
 * operation of the stack above (and the same step of it) never begins it twice.
 *
 * @returns its id
 */
export async function beginNested(
  engine: Engine,
  parent: StackRow,
  row: ResourceRow,
  body: NestedBody,
  step: string,
): Promise<string> {
  const operation = `${parent.operation}${step}`;
  const child = row.physicalId === null ? undefined : engine.tables.stacks.get(row.physicalId);
  if (child?.operation === operation && child.action !== 'DELETE') return child.id;
  if (child) await engine.stop(child.id, 'superseded');
  return engine.cloud.store.transaction(() => {
    const id = child?.id ?? engine.cloud.uuid();
    const bodyRow = putBody(engine, parent, id, body);
    if (child) {
      setStack(engine, id, {
        action: 'UPDATE',
        status: 'IN_PROGRESS',
        reason: 'Stack UPDATE started',
        failure: null,
        bodyId: bodyRow.id,
        operation,
        updatedAt: timestamp(engine.cloud.now()),
      });
      return id;
    }
    engine.tables.stacks.put(newChild(engine, parent, row, id, bodyRow.id, operation));
    setStack(engine, id, { status: 'IN_PROGRESS', reason: 'Stack CREATE started' });
    engine.tables.resources.put({ ...(engine.tables.resources.get(row.id) ?? row), physicalId: id });
    return id;
  });
}

function newChild(
  engine: Engine,
  parent: StackRow,
  row: ResourceRow,
  id: string,
  bodyId: string,
  operation: string,
): StackRow {
  const own = BigInt(`0x${row.id.replaceAll('-', '').slice(0, 15)}`)
    .toString(32)
    .padStart(12, '0');
  return {
    id,
    name: `${parent.name}-${row.name}-${own}`,
    projectId: parent.projectId,
    owner: parent.owner,
    parentId: parent.id,
    parentResource: row.name,
    rootId: parent.rootId,
    action: 'CREATE',
    status: 'IN_PROGRESS',
    reason: '',
    failure: null,
    bodyId,
    goodBodyId: null,
    timeoutMins: parent.timeoutMins,
    disableRollback: true,
    tags: parent.tags,
    operation,
    deadline: null,
    createdAt: timestamp(engine.cloud.now()),
    updatedAt: null,
    deletedAt: null,
  };
}

function putBody(engine: Engine, parent: StackRow, stackId: string, body: NestedBody): BodyRow {
  const parentBody = bodyOf(engine, parent);
  let { filesId } = parentBody;
  if (body.files && body.files !== filesOf(engine, parentBody)) {
    filesId = engine.cloud.uuid();
    engine.tables.files.put({ id: filesId, files: body.files });
  }
  return engine.tables.bodies.put({
    id: engine.cloud.uuid(),
    stackId,
    template: body.template,
    environment: body.environment,
    filesId,
    environmentFiles: [],
  });
}

/** Sets the nested stack on its way to deletion. @returns its id, or undefined if there is nothing to delete */
export async function beginNestedDeletion(
  engine: Engine,
  parent: StackRow,
  row: ResourceRow,
): Promise<string | undefined> {
  const child = row.physicalId === null ? undefined : engine.tables.stacks.get(row.physicalId);
  if (!child || (child.action === 'DELETE' && child.status === 'COMPLETE')) return undefined;
  if (child.action === 'DELETE' && child.status === 'IN_PROGRESS' && child.operation === parent.operation)
    return child.id;
  await engine.stop(child.id, 'superseded');
  setStack(engine, child.id, {
    action: 'DELETE',
    status: 'IN_PROGRESS',
    reason: 'Stack DELETE started',
    failure: null,
    operation: parent.operation,
  });
  return child.id;
}
