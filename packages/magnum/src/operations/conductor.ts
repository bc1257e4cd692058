import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from '@gantry/oslo';
import type { Sealer } from '../certificates/sealing.ts';
import { stackRemover } from '../drivers/heat/stack-remover.ts';
import type { DriverRegistry } from '../drivers/registry.ts';
import { runReconciler, type LastPass, type ReconcilerRun } from '../reconcilers/reconciler.ts';
import { serviceHeartbeat } from '../reconcilers/service-heartbeat.ts';
import { stackStatus } from '../reconcilers/stack-status.ts';
import type { Store } from '../store/store.ts';
import { systemClock, type Clock } from './clock.ts';
import { createCluster } from './create-cluster.ts';
import { createNodegroup } from './create-nodegroup.ts';
import { deleteCluster } from './delete-cluster.ts';
import { deleteNodegroup } from './delete-nodegroup.ts';
import { createEngine } from './engine.ts';
import { resizeCluster } from './resize-cluster.ts';
import { rotateCa } from './rotate-ca.ts';
import type { Sessions } from './sessions.ts';
import { updateCluster } from './update-cluster.ts';
import { updateNodegroup } from './update-nodegroup.ts';
import { upgradeCluster } from './upgrade-cluster.ts';
import type { ConductorCertificates, CredentialStrategy, OperationServices, VerbDefinition } from './verb.ts';
import type { Wake } from './wake.ts';

export interface ConductorOptions {
  readonly store: Store;
  readonly sessions: Sessions;
  readonly drivers: DriverRegistry;
  readonly certificates: ConductorCertificates;
  readonly credentials: CredentialStrategy;
  /** Opens what the API sealed. */
  readonly sealer: Pick<Sealer, 'open'>;
  readonly wake: Wake;
  readonly log: Logger;
  /** As in `magnum_service`; this machine's name unless told. `[DEFAULT] host` */
  readonly host?: string;
  /** Minutes, for clusters that say none. `[cluster_heat] create_timeout` */
  readonly createTimeoutMinutes: number;
  /**
   * Whether no other process works on this database. Then nobody holds what was claimed before the start, and
   * it is taken up at once.
   */
  readonly alone?: boolean;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** What it can do; everything, unless told. */
  readonly verbs?: readonly VerbDefinition[];
}

export interface Conductor {
  start(): void;
  /** Waits until everything under way has reached a point from which another conductor goes on. */
  stop(): Promise<void>;
  /** By the reconciler's name: how its last pass went. */
  reconcilers(): ReadonlyMap<string, LastPass | undefined>;
}

const everyVerb: readonly VerbDefinition[] = [
  createCluster,
  updateCluster,
  resizeCluster,
  upgradeCluster,
  createNodegroup,
  updateNodegroup,
  deleteNodegroup,
  rotateCa,
  deleteCluster,
];

/** Everything that happens to clusters outside of requests: operations and reconcilers. Any number may share one database. */
export function createConductor(options: ConductorOptions): Conductor {
  const clock = options.clock ?? systemClock;
  const host = options.host ?? hostname();
  const stackProgress = new Map<string, number>();
  const services: OperationServices = {
    ...options,
    remover: stackRemover(options),
    stackProgress,
    clock,
    random: options.random ?? Math.random,
  };
  const engine = createEngine(services, {
    owner: `${host}-${process.pid}-${randomUUID()}`,
    verbs: options.verbs ?? everyVerb,
    wake: options.wake,
    alone: options.alone ?? false,
  });
  const status = stackStatus({
    ...services,
    stackProgress,
    wake: options.wake,
    createTimeoutMinutes: options.createTimeoutMinutes,
  });
  const reconcilers = [status, serviceHeartbeat(options.store, host)];
  const runs = new Map<string, ReconcilerRun>();
  let unlisten: (() => void) | undefined;

  return {
    start() {
      engine.start();
      for (const reconciler of reconcilers)
        runs.set(reconciler.name, runReconciler(reconciler, { clock, log: options.log }));
      unlisten = options.wake.listen((uuid) => {
        status.hurry(uuid);
        runs.get(status.name)?.wake();
      });
    },
    async stop() {
      unlisten?.();
      await Promise.all([engine.stop(), ...[...runs.values()].map((run) => run.stop())]);
    },
    reconcilers: () => new Map([...runs].map(([name, run]) => [name, run.last()])),
  };
}
