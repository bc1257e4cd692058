import { loadCluster, withDriver } from './driver-context.ts';
import { OperationFailure } from './failures.ts';
import type { Step, StepContext, VerbDefinition } from './verb.ts';

/** Milliseconds between looks at the stack: quick at first, then ever slower. */
const FIRST_LOOK = 300;
const SLOWEST_LOOK = 10_000;

/** How often Heat is told again to delete a stack whose deletion failed; much of what is in the way goes by itself. */
const TRIES = 3;

const begin: Step = {
  name: 'begin',
  doing: 'Preparing the deletion',
  progress: 5,
  async do({ store, operation: { cluster_uuid } }) {
    await store.clusters.update(cluster_uuid, { status: 'DELETE_IN_PROGRESS', status_reason: null });
    await store.nodegroups.updateAll(cluster_uuid, { status: 'DELETE_IN_PROGRESS', status_reason: null });
  },
};

const stack: Step = {
  name: 'stack',
  doing: 'Deleting the stack',
  condition: 'StackDeleted',
  progress: 80,
  async do(context) {
    await deleteStack(context);
    let tries = 1;
    for (let look = FIRST_LOOK; ; look = Math.min(look * 1.5, SLOWEST_LOOK)) {
      const seen = await observeStack(context);
      if (seen.kind === 'missing') return;
      if (seen.status === 'DELETE_FAILED') {
        if (tries >= TRIES) throw notDeleted(seen.reason);
        tries += 1;
        await context.tell(
          'warning',
          'StackDeleteRetried',
          `the stack was not deleted: ${seen.reason ?? ''}`,
        );
        await deleteStack(context);
      } else if (seen.status !== 'DELETE_IN_PROGRESS') {
        // Heat forgot, or somebody else changed the stack meanwhile.
        await deleteStack(context);
      }
      await context.clock.sleep(look, context.signal);
      context.signal.throwIfAborted();
    }
  },
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
  steps: [begin, stack, certificates, credential],
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

async function deleteStack(context: StepContext): Promise<void> {
  const loaded = await loadCluster(context, context.operation.cluster_uuid);
  if (!loaded) return;
  const driver = loaded.driver ?? context.remover;
  await withDriver(context, loaded, context.signal, (inner) => driver.delete(inner));
}

async function observeStack(context: StepContext) {
  const loaded = await loadCluster(context, context.operation.cluster_uuid);
  if (!loaded) return { kind: 'missing' } as const;
  const driver = loaded.driver ?? context.remover;
  return withDriver(context, loaded, context.signal, (inner) => driver.observe(inner));
}

function notDeleted(reason: string | undefined): OperationFailure {
  return new OperationFailure(
    `Heat could not delete the stack: ${reason ?? 'it gave no reason'}`,
    'Remove what is in the way, then delete the cluster again.',
  );
}
