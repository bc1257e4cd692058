import { beginNodegroup } from './begin-nodegroup.ts';
import { recordFailure, recordSuccess } from './change-outcome.ts';
import { changeTarget } from './change-target.ts';
import { drainStep, forgetStep } from './leaving-nodes.ts';
import { removeGroupStack } from './remove-stack.ts';
import type { Step, VerbDefinition } from './verb.ts';

const stack: Step = {
  name: 'stack',
  doing: 'Deleting the stack of the node group',
  progress: 90,
  async do(context) {
    const { group } = await changeTarget(context);
    await removeGroupStack(context, group);
  },
};

/** Removes a node group that was added: its nodes leave the COE first. */
export const deleteNodegroup: VerbDefinition = {
  verb: 'delete-nodegroup',
  steps: [
    beginNodegroup('Preparing the deletion', 'DELETE_IN_PROGRESS'),
    drainStep(() => 0),
    stack,
    forgetStep,
  ],
  async completed(store, operation) {
    await store.nodegroups.destroy(String(operation.parameters['nodegroup']));
    await recordSuccess(store, operation, {
      group: undefined,
      status: 'UPDATE_COMPLETE',
      message: 'the node group is deleted',
    });
  },
  failed: (store, operation, reason) =>
    recordFailure(store, operation, {
      group: String(operation.parameters['nodegroup']),
      status: 'DELETE_FAILED',
      reason,
    }),
};
