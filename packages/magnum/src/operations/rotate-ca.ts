import { refsOf } from '../certificates/cluster-certificates.ts';
import { recordFailure, recordSuccess, showChanging } from './change-outcome.ts';
import { changedCluster, stillPossible } from './change-target.ts';
import { withDriver } from './driver-context.ts';
import { OperationFailure } from './failures.ts';
import type { Step, StepContext, VerbDefinition } from './verb.ts';

/** Milliseconds between looks at the nodes, and for how long. */
const LOOK_AGAIN = 1_000;
const PATIENCE = 15 * 60_000;

/** References to the certificates of before. */
const OLD = 'old';
const PATIENT_UNTIL = 'patientUntil';

const authorities: Step = {
  name: 'authorities',
  doing: 'Making new certificate authorities',
  progress: 20,
  async do(context) {
    await stillPossible(context, 'resize');
    const { cluster } = await changedCluster(context);
    await showChanging(context.store, cluster.uuid);
    if (context.operation.results[OLD] === undefined) await context.remember(OLD, refsOf(cluster));
    await context.certificates.replaceClusterCertificates(cluster.uuid, oldRefs(context));
  },
  async undo(context) {
    const { operation, certificates } = context;
    if (operation.results[OLD] === undefined) return;
    await certificates.restoreClusterCertificates(operation.cluster_uuid, oldRefs(context));
  },
};

/** From here on nodes may trust the new ones only, so there is no way back. */
const nodes: Step = {
  name: 'nodes',
  doing: 'Having the nodes take new certificates',
  progress: 90,
  keepsOnFailure: true,
  async do(context) {
    const loaded = await changedCluster(context);
    const { rotateCa: rotate } = loaded.driver;
    if (!rotate) {
      const advice = 'Create another cluster, and move over.';
      throw new OperationFailure(`clusters of the driver ${loaded.driver.name} keep their CA`, advice);
    }
    const now = context.clock.now().getTime();
    const until = Number(context.operation.results[PATIENT_UNTIL] ?? now + PATIENCE);
    await context.remember(PATIENT_UNTIL, until);
    const previous = await context.certificates.clientCredentialsOf({
      ...loaded.cluster,
      ...oldRefs(context),
    });
    const change = { id: context.operation.uuid, rollback: false };
    const done = await withDriver(context, loaded, context.signal, (inner) =>
      rotate(inner, change, previous),
    );
    if (done) return undefined;
    if (now < until) return { again: LOOK_AGAIN };
    throw new OperationFailure(
      `not all nodes took new certificates within ${PATIENCE / 60_000} minutes`,
      "Look at the consoles of the nodes, and whether Magnum reaches the cluster's API.",
    );
  },
};

const discard: Step = {
  name: 'discard',
  doing: 'Removing the certificates of before',
  progress: 95,
  keepsOnFailure: true,
  do: (context) => context.certificates.discardCertificates(oldRefs(context)),
};

/** Gives a cluster new certificate authorities, and its nodes certificates of them. */
export const rotateCa: VerbDefinition = {
  verb: 'rotate-ca',
  steps: [authorities, nodes, discard],
  completed: (store, operation) =>
    recordSuccess(store, operation, {
      group: undefined,
      status: 'UPDATE_COMPLETE',
      message: 'the cluster has new certificate authorities',
    }),
  failed: (store, operation, reason) =>
    recordFailure(store, operation, { group: undefined, status: 'UPDATE_FAILED', reason }),
};

function oldRefs({ operation }: StepContext) {
  const old = operation.results[OLD];
  return refsOf(typeof old === 'object' && old !== null ? old : {});
}
