import { inCallersName } from './caller-session.ts';
import { beginNodegroup } from './begin-nodegroup.ts';
import { recordFailure, recordSuccess } from './change-outcome.ts';
import { changeTarget } from './change-target.ts';
import { driverContext } from './driver-context.ts';
import { OperationFailure } from './failures.ts';
import { labelStep } from './label-nodes.ts';
import type { Step, VerbDefinition } from './verb.ts';
import { watchCreation } from './watch-stack.ts';

const stack: Step = {
  name: 'stack',
  doing: 'Ordering the stack of the node group from Heat',
  progress: 15,
  async do(context) {
    const target = await changeTarget(context);
    const { cluster, group, driver } = target;
    const { createNodegroup: build } = driver;
    if (!build) {
      const advice = 'Delete the node group, and resize the default one.';
      throw new OperationFailure(`clusters of the driver ${driver.name} have no further node groups`, advice);
    }
    const stackId = await inCallersName(context, cluster, (session) =>
      build(driverContext(context, target, session, context.signal), group),
    );
    await context.store.nodegroups.update(group.uuid, { stack_id: stackId });
    const { caller } = context.operation;
    if (caller.sealed_token !== null) await context.changeCaller({ ...caller, sealed_token: null });
    await context.tell('info', 'StackOrdered', `Heat builds node group ${group.name} as stack ${stackId}`);
  },
};

const built: Step = {
  name: 'built',
  doing: 'Building the nodes',
  progress: 90,
  keepsOnFailure: true,
  do: watchCreation,
};

/** Builds a node group whose row is there already, as a stack of its own. */
export const createNodegroup: VerbDefinition = {
  verb: 'create-nodegroup',
  steps: [beginNodegroup('Preparing the node group', 'CREATE_IN_PROGRESS'), stack, built, labelStep],
  completed: (store, operation) =>
    recordSuccess(store, operation, {
      group: String(operation.parameters['nodegroup']),
      status: 'CREATE_COMPLETE',
      message: 'the node group is there',
    }),
  failed: (store, operation, reason) =>
    recordFailure(store, operation, {
      group: String(operation.parameters['nodegroup']),
      status: 'CREATE_FAILED',
      reason,
    }),
};
