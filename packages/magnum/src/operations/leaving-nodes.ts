import type { LeavingNode } from '../drivers/driver.ts';
import { withDriver } from './driver-context.ts';
import { changeTarget, type ChangeTarget } from './change-target.ts';
import { messageOf, OperationFailure } from './failures.ts';
import type { Step, StepContext } from './verb.ts';

/** Milliseconds for moving work off nodes that leave; what isn't gone by then is stopped with its node. */
const PATIENCE = 30_000;
const LOOK_AGAIN = 1_000;

/** What is written down between steps, by these names. */
const LEAVING = 'leaving';
const DRAINED_BY = 'drainedBy';

/**
 * Chooses who leaves, and moves work off them. The COE's own API may be out of a conductor's reach, so this is done
 * as far as it can be, and the change goes on without it.
 *
 * @param count how many nodes the group shall have
 */
export function drainStep(count: (target: ChangeTarget) => number): Step {
  return {
    name: 'drain',
    doing: 'Moving work off the nodes that leave',
    progress: 25,
    async do(context) {
      const target = await changeTarget(context);
      const nodes = await chosen(context, target, count(target));
      const { membership } = target.driver;
      if (nodes.length === 0 || !membership) return undefined;
      const now = context.clock.now().getTime();
      const until = Number(context.operation.results[DRAINED_BY] ?? now + PATIENCE);
      await context.remember(DRAINED_BY, until);
      try {
        const empty = await withDriver(context, target, context.signal, (inner) =>
          membership.drain(inner, nodes),
        );
        return empty || now >= until ? undefined : { again: LOOK_AGAIN };
      } catch (error) {
        context.signal.throwIfAborted();
        await context.tell(
          'warning',
          'NotDrained',
          `${hosts(nodes)} could not be drained: ${messageOf(error)}`,
        );
        return undefined;
      }
    },
    async undo(context) {
      const nodes = leavingNodes(context);
      if (nodes.length === 0) return;
      const target = await changeTarget(context).catch(unlessGone);
      const membership = target?.driver.membership;
      if (!target || !membership) return;
      // A failure is tried again, and told in the end: whoever stays drained takes no work for ever.
      await withDriver(context, target, context.signal, (inner) => membership.readmit(inner, nodes));
    },
  };
}

/** Without cluster, node group or driver there is nobody to take back. */
function unlessGone(error: unknown): undefined {
  if (!(error instanceof OperationFailure)) throw error;
}

/** Strikes those who left off the COE's list. */
export const forgetStep: Step = {
  name: 'forget',
  doing: 'Removing the nodes that left from the cluster',
  progress: 95,
  async do(context) {
    const nodes = leavingNodes(context);
    if (nodes.length === 0 || context.operation.results['rolledBack'] === true) return;
    const target = await changeTarget(context);
    const { membership } = target.driver;
    if (!membership) return;
    try {
      await withDriver(context, target, context.signal, (inner) => membership.forget(inner, nodes));
    } catch (error) {
      context.signal.throwIfAborted();
      await context.tell('warning', 'NotForgotten', `${hosts(nodes)} are still listed: ${messageOf(error)}`);
    }
  },
};

/** Those who leave, as chosen once. */
export function leavingNodes({ operation }: StepContext): readonly LeavingNode[] {
  const known = operation.results[LEAVING];
  return Array.isArray(known) ? (known as readonly LeavingNode[]) : [];
}

async function chosen(
  context: StepContext,
  target: ChangeTarget,
  count: number,
): Promise<readonly LeavingNode[]> {
  if (context.operation.results[LEAVING] !== undefined) return leavingNodes(context);
  const { driver, group } = target;
  const named = namesIn(context.operation.parameters['nodes_to_remove']);
  if (!driver.leaving) return [];
  const { nodes, unknown } = await withDriver(
    context,
    target,
    context.signal,
    async (inner) => (await driver.leaving?.(inner, group, { count, named })) ?? { nodes: [], unknown: [] },
  );
  await context.remember(LEAVING, nodes);
  if (unknown.length > 0) {
    await context.tell(
      'warning',
      'UnknownNodes',
      `not in ${group.name}, so not removed: ${unknown.join(', ')}`,
    );
  }
  return nodes;
}

function namesIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : [];
}

function hosts(nodes: readonly LeavingNode[]): string {
  return nodes.map(({ host }) => host).join(', ');
}
