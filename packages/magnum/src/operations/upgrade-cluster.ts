import type { ClusterTemplate } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { recordFailure, recordSuccess, showChanging } from './change-outcome.ts';
import { changeTarget, stillPossible, type ChangeTarget } from './change-target.ts';
import { withDriver } from './driver-context.ts';
import { OperationFailure } from './failures.ts';
import type { Step, StepContext, VerbDefinition } from './verb.ts';
import { watchChange } from './watch-stack.ts';

const begin: Step = {
  name: 'begin',
  doing: 'Preparing the upgrade',
  progress: 5,
  async do(context) {
    await stillPossible(context, 'resize');
    const { cluster, group } = await changeTarget(context);
    await showChanging(context.store, cluster.uuid, group);
  },
};

const order: Step = {
  name: 'order',
  doing: 'Ordering the upgrade from Heat',
  progress: 15,
  do: async (context) => orderUpgrade(context, await changeTarget(context)),
};

const upgraded: Step = {
  name: 'upgraded',
  doing: 'Upgrading the nodes',
  progress: 90,
  keepsOnFailure: true,
  async do(context) {
    await watchChange(context, (target) => orderUpgrade(context, target));
    const target = await changeTarget(context);
    const template = await templateOf(context);
    await context.store.transaction((store) => recordUpgrade(store, target, template));
  },
};

/**
 * Brings the nodes of a group to what another template says. Parameters: `nodegroup`, `cluster_template` (UUIDs),
 * `max_batch_size`.
 */
export const upgradeCluster: VerbDefinition = {
  verb: 'upgrade',
  steps: [begin, order, upgraded],
  completed: (store, operation) =>
    recordSuccess(store, operation, {
      group: String(operation.parameters['nodegroup']),
      status: 'UPDATE_COMPLETE',
      message: 'the node group is upgraded',
    }),
  failed: (store, operation, reason) =>
    recordFailure(store, operation, {
      group: String(operation.parameters['nodegroup']),
      status: 'UPDATE_FAILED',
      reason,
    }),
};

async function orderUpgrade(context: StepContext, target: ChangeTarget): Promise<void> {
  const { operation } = context;
  const { driver, group } = target;
  const { upgrade } = driver;
  if (!upgrade) {
    const advice = 'Create a cluster from the new template.';
    throw new OperationFailure(`clusters of the driver ${driver.name} can not be upgraded`, advice);
  }
  const template = await templateOf(context);
  const maxBatchSize = Number(operation.parameters['max_batch_size'] ?? 1);
  const change = { id: operation.uuid, rollback: false };
  await withDriver(context, target, context.signal, (inner) =>
    upgrade(inner, { template, group, maxBatchSize, change }),
  );
}

/** Other groups follow the cluster's template; only the default ones lead, and do so together. */
async function recordUpgrade(
  store: Store,
  { cluster, group, nodegroups, driver }: ChangeTarget,
  template: ClusterTemplate,
): Promise<void> {
  const taken = driver.upgradedLabels?.(template) ?? {};
  const upgraded = group.is_default ? nodegroups.filter(({ is_default }) => is_default) : [group];
  for (const { uuid, labels } of upgraded) {
    await store.nodegroups.update(uuid, { labels: { ...labels, ...taken } });
  }
  if (!group.is_default) return;
  const labels = { ...cluster.labels, ...taken };
  await store.clusters.update(cluster.uuid, { cluster_template_id: template.uuid, labels });
}

async function templateOf({ store, operation }: StepContext): Promise<ClusterTemplate> {
  const template = await store.templates.get(String(operation.parameters['cluster_template']));
  if (template) return template;
  throw new OperationFailure('the new template is not there any more', 'Order the upgrade to another one.');
}
