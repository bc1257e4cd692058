import type { ChangeKind } from '../clusters/life-cycle.ts';
import type { Operation, Verb } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { recordFailure, recordSuccess, showChanging } from './change-outcome.ts';
import { changeTarget, stillPossible, type ChangeTarget } from './change-target.ts';
import { withDriver } from './driver-context.ts';
import { OperationFailure } from './failures.ts';
import { labelStep } from './label-nodes.ts';
import { drainStep, forgetStep, leavingNodes } from './leaving-nodes.ts';
import type { Step, StepContext, VerbDefinition } from './verb.ts';
import { watchChange } from './watch-stack.ts';

/** How many nodes the group had before. */
const PREVIOUS = 'previous';

/**
 * A verb that gives a node group another size. Its parameters are `nodegroup` (UUID), `node_count`,
 * `nodes_to_remove` and `rollback`.
 */
export function scalingVerb(verb: Extract<Verb, 'resize' | 'update'>): VerbDefinition {
  return {
    verb,
    steps: [
      begin(verb),
      drainStep((target) => target.group.node_count),
      order,
      changed,
      labelStep,
      forgetStep,
    ],
    async completed(store, operation) {
      const rolledBack = operation.results['rolledBack'] === true;
      await recordSuccess(store, operation, {
        group: groupOf(operation),
        status: rolledBack ? 'ROLLBACK_COMPLETE' : 'UPDATE_COMPLETE',
        message: rolledBack
          ? `resizing failed and was taken back: ${String(operation.results['reason'])}`
          : `the node group has ${wantedIn(operation)} nodes`,
      });
    },
    failed: (store: Store, operation: Operation, reason: string) =>
      recordFailure(store, operation, { group: groupOf(operation), status: 'UPDATE_FAILED', reason }),
  };
}

function begin(kind: ChangeKind): Step {
  return {
    name: 'begin',
    doing: 'Preparing the new size',
    progress: 5,
    async do(context) {
      await stillPossible(context, kind);
      const { cluster, group } = await changeTarget(context);
      const { operation } = context;
      if (operation.results[PREVIOUS] === undefined) await context.remember(PREVIOUS, group.node_count);
      await context.store.transaction(async (store) => {
        await showChanging(store, cluster.uuid, group);
        await store.nodegroups.update(group.uuid, { node_count: wantedIn(operation) });
      });
    },
    undo: restoreCount,
  };
}

const order: Step = {
  name: 'order',
  doing: 'Ordering the new size from Heat',
  progress: 30,
  do: async (context) => orderSize(context, await changeTarget(context)),
};

const changed: Step = {
  name: 'changed',
  doing: 'Changing the nodes',
  progress: 90,
  keepsOnFailure: true,
  async do(context) {
    const seen = await watchChange(context, (target) => orderSize(context, target));
    if (seen.status !== 'ROLLBACK_COMPLETE') return;
    await restoreCount(context);
    await context.remember('reason', seen.reason ?? 'Heat gave no reason');
    await context.remember('rolledBack', true);
  },
};

async function orderSize(context: StepContext, target: ChangeTarget): Promise<void> {
  const { driver, group } = target;
  const { operation } = context;
  const { resize } = driver;
  if (!resize) {
    const advice = 'Create a cluster of the size you need.';
    throw new OperationFailure(`clusters of the driver ${driver.name} keep their size`, advice);
  }
  const change = { id: operation.uuid, rollback: operation.parameters['rollback'] === true };
  await withDriver(context, target, context.signal, (inner) =>
    resize(inner, { group, leaving: leavingNodes(context), change }),
  );
}

async function restoreCount(context: StepContext): Promise<void> {
  const previous = context.operation.results[PREVIOUS];
  const group = groupOf(context.operation);
  if (typeof previous !== 'number' || group === undefined) return;
  await context.store.nodegroups.update(group, { node_count: previous });
}

function wantedIn({ parameters }: Operation): number {
  return Number(parameters['node_count']);
}

function groupOf({ parameters }: Operation): string | undefined {
  const group = parameters['nodegroup'];
  return typeof group === 'string' ? group : undefined;
}
