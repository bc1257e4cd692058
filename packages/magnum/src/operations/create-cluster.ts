import type { ClusterTemplate } from '../store/rows.ts';
import { inCallersName } from './caller-session.ts';
import { driverContext, loadCluster, type LoadedCluster } from './driver-context.ts';
import { OperationFailure } from './failures.ts';
import type { Step, StepContext, VerbDefinition } from './verb.ts';

/** Milliseconds between looks at the cluster's row, where no hint says that it changed. */
const LOOK_AGAIN = 2_000;

const credential: Step = {
  name: 'credential',
  doing: 'Letting the cluster act for its owner',
  condition: 'CredentialReady',
  progress: 5,
  do: (context) => context.credentials.obtain(context),
  undo: (context) => context.credentials.discard(context),
};

const certificates: Step = {
  name: 'certificates',
  doing: "Making the cluster's certificates",
  condition: 'CertificatesReady',
  progress: 10,
  do: (context) => context.certificates.createClusterCertificates(context.operation.cluster_uuid),
  undo: (context) => context.certificates.deleteClusterCertificates(context.operation.cluster_uuid),
};

const stack: Step = {
  name: 'stack',
  doing: 'Ordering the stack from Heat',
  progress: 15,
  async do(context) {
    const loaded = await load(context);
    const { cluster, template, driver } = loaded;
    if (!template || !driver) throw noDriver(template);
    const stackId = await inCallersName(context, cluster, (session) =>
      driver.create(driverContext(context, loaded, session, context.signal)),
    );
    await context.store.transaction(async (store) => {
      await store.clusters.update(cluster.uuid, { stack_id: stackId });
      await store.nodegroups.updateAll(cluster.uuid, { stack_id: stackId });
    });
    const { caller } = context.operation;
    if (caller.sealed_token !== null) await context.changeCaller({ ...caller, sealed_token: null });
    await context.tell('info', 'StackOrdered', `Heat builds the cluster as stack ${stackId}`);
  },
  async undo(context) {
    const loaded = await load(context);
    const session = context.sessions.ofOwner(loaded.cluster);
    if (!session) return;
    // A stack that was begun although we were told otherwise. Without its trust it can't be told to go later.
    await context.remover.delete(driverContext(context, loaded, session, context.signal));
  },
};

/** Heat builds, the status reconciler watches; the operation stays until both are done, so that others queue behind it. */
const built: Step = {
  name: 'built',
  doing: 'Building the cluster',
  progress: 99,
  keepsOnFailure: true,
  async do(context) {
    const { cluster } = await load(context);
    if (cluster.status === 'CREATE_IN_PROGRESS') {
      return { again: LOOK_AGAIN, done: context.stackProgress.get(cluster.uuid) };
    }
    if (cluster.status !== 'CREATE_FAILED') return undefined;
    throw new OperationFailure(
      cluster.status_reason ?? 'the stack failed without a reason',
      'Delete the cluster once you have seen what you need.',
    );
  },
};

/** Builds a cluster whose rows are there already. */
export const createCluster: VerbDefinition = {
  verb: 'create',
  steps: [credential, certificates, stack, built],
  // The status reconciler has written the good end already.
  completed: () => Promise.resolve(),
  async failed(store, operation, reason) {
    const { cluster_uuid } = operation;
    const changed = await store.clusters.update(
      cluster_uuid,
      { status: 'CREATE_FAILED', status_reason: reason },
      ['CREATE_IN_PROGRESS'],
    );
    if (!changed) return;
    await store.nodegroups.updateAll(cluster_uuid, { status: 'CREATE_FAILED', status_reason: reason });
    await store.conditions.set({
      cluster_uuid,
      type: 'Ready',
      status: 'False',
      reason: 'CreateFailed',
      message: reason,
    });
    await store.events.add({
      cluster_uuid,
      operation_uuid: operation.uuid,
      level: 'error',
      reason: 'CreateFailed',
      message: reason,
    });
  },
};

async function load(context: StepContext): Promise<LoadedCluster> {
  const loaded = await loadCluster(context, context.operation.cluster_uuid);
  if (loaded) return loaded;
  throw new OperationFailure('the cluster is not in the database any more', 'Create it again.');
}

function noDriver(template: ClusterTemplate | undefined): OperationFailure {
  if (!template) {
    return new OperationFailure(
      'the template of the cluster is not there any more',
      'Create it from another template.',
    );
  }
  const type = `${template.server_type}, ${template.cluster_distro}, ${template.coe}`;
  return new OperationFailure(
    `no driver builds clusters of type ${type}`,
    'Use an image with another os_distro, or have the operator enable the driver.',
  );
}
