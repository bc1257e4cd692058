import { removeClusterStack, removeGroupStack } from './remove-stack.ts';
import type { Step, VerbDefinition } from './verb.ts';

const begin: Step = {
  name: 'begin',
  doing: 'Preparing the deletion',
  progress: 5,
  async do({ store, operation: { cluster_uuid } }) {
    await store.clusters.update(cluster_uuid, { status: 'DELETE_IN_PROGRESS', status_reason: null });
    await store.nodegroups.updateAll(cluster_uuid, { status: 'DELETE_IN_PROGRESS', status_reason: null });
  },
};

/** Before the cluster's own, whose network they use. */
const nodegroups: Step = {
  name: 'nodegroups',
  doing: 'Deleting the stacks of added node groups',
  progress: 30,
  async do(context) {
    const groups = await context.store.nodegroups.of(context.operation.cluster_uuid);
    const added = groups.filter(({ is_default }) => !is_default);
    await Promise.all(added.map((group) => removeGroupStack(context, group)));
  },
};

const stack: Step = {
  name: 'stack',
  doing: 'Deleting the stack',
  condition: 'StackDeleted',
  progress: 80,
  do: removeClusterStack,
};

const certificates: Step = {
  name: 'certificates',
  doing: "Removing the cluster's certificates",
  progress: 85,
  do: (context) => context.certificates.deleteClusterCertificates(context.operation.cluster_uuid),
};

const credential: Step = {
  name: 'credential',
  doing: 'Taking back what let the cluster act for its owner',
  progress: 95,
  do: (context) => context.credentials.discard(context),
};

/** Removes a cluster and everything made for it, in whatever state it is. */
export const deleteCluster: VerbDefinition = {
  verb: 'delete',
  steps: [begin, nodegroups, stack, certificates, credential],
  async completed(store, operation) {
    const { cluster_uuid } = operation;
    await store.clusters.destroy(cluster_uuid);
    await store.events.add({
      cluster_uuid,
      operation_uuid: operation.uuid,
      level: 'info',
      reason: 'Deleted',
      message: 'the cluster is deleted',
    });
  },
  async failed(store, operation, reason) {
    const { cluster_uuid } = operation;
    await store.clusters.update(cluster_uuid, { status: 'DELETE_FAILED', status_reason: reason });
    await store.nodegroups.updateAll(cluster_uuid, { status: 'DELETE_FAILED', status_reason: reason });
    await store.conditions.set({
      cluster_uuid,
      type: 'Ready',
      status: 'False',
      reason: 'DeleteFailed',
      message: reason,
    });
    await store.events.add({
      cluster_uuid,
      operation_uuid: operation.uuid,
      level: 'error',
      reason: 'DeleteFailed',
      message: reason,
    });
  },
};
