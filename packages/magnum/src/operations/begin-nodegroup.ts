import type { ClusterStatus } from '../store/rows.ts';
import { showChanging } from './change-outcome.ts';
import { changeTarget, stillPossible } from './change-target.ts';
import type { Step } from './verb.ts';

/** The first step of building or removing a node group: it and its cluster show that. */
export function beginNodegroup(doing: string, status: ClusterStatus): Step {
  return {
    name: 'begin',
    doing,
    progress: 5,
    async do(context) {
      await stillPossible(context, 'nodegroup');
      const { cluster, group } = await changeTarget(context);
      await context.store.transaction(async (store) => {
        await showChanging(store, cluster.uuid);
        await store.nodegroups.update(group.uuid, { status, status_reason: null });
      });
    },
  };
}
