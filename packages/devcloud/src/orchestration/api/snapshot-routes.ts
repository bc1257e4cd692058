import type { FastifyInstance } from 'fastify';
import { deadlineFor } from '../engine/deadline.ts';
import type { Engine } from '../engine/engine.ts';
import { setStack } from '../engine/rows.ts';
import { timestamp } from '../engine/runtime.ts';
import { checkIdle } from '../engine/stack-actions.ts';
import type { SnapshotRow } from '../engine/tables.ts';
import { HeatError } from '../errors.ts';
import { isDict, stringAt } from '../values.ts';
import { exportStack } from './abandon.ts';
import { identified, pathOf } from './requests.ts';
import { snapshotView } from './views.ts';

const SNAPSHOTS = '/v1/:tenant/stacks/:stack/:id/snapshots';

/** Snapshots keep what a stack was made from; going back to one is an update to it. Volumes keep their data. */
export function snapshotRoutes(app: FastifyInstance, engine: Engine): void {
  const { snapshots } = engine.tables;
  const find = (stack: ReturnType<typeof identified>, id: string): SnapshotRow => {
    const row = snapshots.get(id);
    if (row?.stackId === stack.id) return row;
    throw new HeatError(
      'SnapshotNotFound',
      404,
      `The Snapshot (${id}) for Stack (${stack.name}) could not be found.`,
    );
  };
  app.get(SNAPSHOTS, async (request) => ({
    snapshots: snapshots.by('stack', identified(engine, request).id).map(snapshotView),
  }));
  app.post(SNAPSHOTS, async (request) => {
    const stack = identified(engine, request);
    checkIdle(stack);
    const row = snapshots.put({
      id: engine.cloud.uuid(),
      stackId: stack.id,
      name: isDict(request.body) ? (stringAt(request.body, 'name') ?? null) : null,
      status: 'COMPLETE',
      reason: 'Stack SNAPSHOT completed successfully',
      bodyId: stack.bodyId,
      data: exportStack(engine, stack),
      createdAt: timestamp(engine.cloud.now()),
    });
    return snapshotView(row);
  });
  app.get(`${SNAPSHOTS}/:snapshot`, async (request) => ({
    snapshot: snapshotView(find(identified(engine, request), pathOf(request)['snapshot'] ?? '')),
  }));
  app.delete(`${SNAPSHOTS}/:snapshot`, async (request, reply) => {
    snapshots.delete(find(identified(engine, request), pathOf(request)['snapshot'] ?? '').id);
    return reply.code(204).send();
  });
  app.post(`${SNAPSHOTS}/:snapshot/restore`, async (request, reply) => {
    const stack = identified(engine, request);
    const snapshot = find(stack, pathOf(request)['snapshot'] ?? '');
    checkIdle(stack);
    setStack(engine, stack.id, {
      action: 'RESTORE',
      status: 'IN_PROGRESS',
      reason: 'Stack RESTORE started',
      failure: null,
      bodyId: snapshot.bodyId,
      operation: engine.cloud.uuid(),
      deadline: deadlineFor(engine, stack.timeoutMins),
    });
    engine.run(stack.id);
    return reply.code(202).send();
  });
}
