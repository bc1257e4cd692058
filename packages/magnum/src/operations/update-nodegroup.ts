import { recordFailure, recordSuccess, showChanging } from './change-outcome.ts';
import { changeTarget, stillPossible } from './change-target.ts';
import { labelStep } from './label-nodes.ts';
import type { Step, VerbDefinition } from './verb.ts';

const begin: Step = {
  name: 'begin',
  doing: 'Preparing the nodes',
  progress: 10,
  async do(context) {
    await stillPossible(context, 'nodegroup');
    const { cluster, group } = await changeTarget(context);
    await showChanging(context.store, cluster.uuid, group);
  },
};

/** Brings the nodes of a group to the labels that its row says. */
export const updateNodegroup: VerbDefinition = {
  verb: 'update-nodegroup',
  steps: [begin, labelStep],
  completed: (store, operation) =>
    recordSuccess(store, operation, {
      group: String(operation.parameters['nodegroup']),
      status: 'UPDATE_COMPLETE',
      message: 'the nodes have the labels of their group',
    }),
  failed: (store, operation, reason) =>
    recordFailure(store, operation, {
      group: String(operation.parameters['nodegroup']),
      status: 'UPDATE_FAILED',
      reason,
    }),
};
