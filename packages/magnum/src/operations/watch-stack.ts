import type { Observation } from '../drivers/driver.ts';
import { columnsOf } from '../reconcilers/record-status.ts';
import { withDriver } from './driver-context.ts';
import { changeTarget, type ChangeTarget } from './change-target.ts';
import { OperationFailure } from './failures.ts';
import type { StepContext } from './verb.ts';

/** Milliseconds between looks at the stack: quick at first, then ever slower. */
const FIRST_LOOK = 300;
const SLOWEST_LOOK = 10_000;

type Present = Extract<Observation, { kind: 'present' }>;

/**
 * Waits for a change that was ordered from Heat, and writes down what came of it.
 *
 * @param order orders it, if Heat doesn't know of it, and does nothing if it does
 * @returns how it ended, well or rolled back
 * @throws OperationFailure if it ended badly
 */
export async function watchChange(
  context: StepContext,
  order: (target: ChangeTarget) => Promise<void>,
): Promise<Present> {
  const { operation, signal, clock } = context;
  for (let look = FIRST_LOOK; ; look = Math.min(look * 1.3, SLOWEST_LOOK)) {
    const target = await changeTarget(context);
    const seen = await observe(context, target);
    if (seen.kind === 'missing') throw vanished(target);
    const ongoing = seen.status.endsWith('_IN_PROGRESS');
    if (!ongoing && seen.change !== operation.uuid) {
      // Somebody else's change came between, or Heat has forgotten ours.
      await order(target);
    } else if (!ongoing) {
      await writeDown(context, target, seen);
      if (!seen.status.endsWith('_FAILED')) return seen;
      throw new OperationFailure(
        seen.reason ?? 'Heat gave no reason',
        'Once the cause is removed, resize the node group to try again.',
      );
    } else if (seen.status === 'ROLLBACK_IN_PROGRESS') {
      await showRollback(context, target);
    }
    await clock.sleep(look, signal);
    signal.throwIfAborted();
  }
}

/** Waits until the stack of an added group is there. @throws OperationFailure if it fails */
export async function watchCreation(context: StepContext): Promise<void> {
  const { clock, signal } = context;
  for (let look = FIRST_LOOK; ; look = Math.min(look * 1.3, SLOWEST_LOOK)) {
    const target = await changeTarget(context);
    const seen = await observe(context, target);
    if (seen.kind === 'missing') throw vanished(target);
    if (!seen.status.endsWith('_IN_PROGRESS')) {
      await writeDown(context, target, seen);
      if (!seen.status.endsWith('_FAILED')) return;
      throw new OperationFailure(
        seen.reason ?? 'Heat gave no reason',
        'Delete the node group once you have seen what you need.',
      );
    }
    await clock.sleep(look, signal);
    signal.throwIfAborted();
  }
}

function observe(context: StepContext, target: ChangeTarget): Promise<Observation> {
  return withDriver(context, target, context.signal, (inner) =>
    target.driver.observe(inner, { group: target.group }),
  );
}

/** Addresses and versions, for the cluster's own stack and for a group's. */
async function writeDown(context: StepContext, target: ChangeTarget, seen: Present): Promise<void> {
  const { attributes } = seen;
  if (!attributes) return;
  await context.store.transaction(async (store) => {
    const columns = columnsOf(attributes);
    if (Object.keys(columns).length > 0) await store.clusters.update(target.cluster.uuid, columns);
    for (const group of target.nodegroups) {
      const node_addresses = attributes.nodeAddresses.get(group.name);
      if (node_addresses) await store.nodegroups.update(group.uuid, { node_addresses });
    }
  });
}

async function showRollback({ store }: StepContext, { cluster, group }: ChangeTarget): Promise<void> {
  if (cluster.status === 'ROLLBACK_IN_PROGRESS') return;
  await store.clusters.update(cluster.uuid, { status: 'ROLLBACK_IN_PROGRESS' });
  await store.nodegroups.update(group.uuid, { status: 'ROLLBACK_IN_PROGRESS' });
}

function vanished({ cluster, group }: ChangeTarget): OperationFailure {
  const id = group.is_default ? cluster.stack_id : group.stack_id;
  return new OperationFailure(
    `Stack with id ${id} not found in Heat`,
    group.is_default ? 'Delete the cluster.' : 'Delete the node group.',
  );
}
