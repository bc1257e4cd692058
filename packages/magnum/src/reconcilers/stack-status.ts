import type { Observation } from '../drivers/driver.ts';
import { loadCluster, withDriver, type LoadedCluster } from '../operations/driver-context.ts';
import { messageOf } from '../operations/failures.ts';
import type { OperationServices } from '../operations/verb.ts';
import type { Wake } from '../operations/wake.ts';
import type { Cluster, ClusterStatus, OperationCaller } from '../store/rows.ts';
import type { Reconciler } from './reconciler.ts';
import { recordDeadline, recordObservation } from './record-status.ts';

/** Milliseconds between looks at a cluster: quick at first, then ever slower. */
const FIRST_LOOK = 300;
const SLOWEST_LOOK = 10_000;
/** Milliseconds between looks at the database when no cluster is being built. */
const IDLE = 5_000;
/** Every so many looks, the cluster's resources are counted, for its progress. */
const COUNT_EVERY = 3;
/** How many clusters are looked at side by side. */
const CONCURRENCY = 8;
/** Milliseconds after the deadline in which Heat may still say itself that it is over. */
const GRACE = 20_000;

const WATCHED: readonly ClusterStatus[] = [
  'CREATE_IN_PROGRESS',
  'UPDATE_IN_PROGRESS',
  'ROLLBACK_IN_PROGRESS',
  'DELETE_IN_PROGRESS',
];

export interface StackStatusOptions extends Pick<
  OperationServices,
  'store' | 'sessions' | 'drivers' | 'certificates' | 'remover' | 'clock' | 'log'
> {
  readonly wake: Wake;
  /** Filled here: how much of each cluster's stack is there, 0 to 1. */
  readonly stackProgress: Map<string, number>;
  /** Minutes, for clusters that say none. */
  readonly createTimeoutMinutes: number;
}

interface Schedule {
  readonly at: number;
  readonly interval: number;
  readonly looks: number;
}

/** Brings the rows of clusters up to what Heat says of their stacks, and ends what takes too long. */
export function stackStatus(options: StackStatusOptions): Reconciler & { hurry(uuid: string): void } {
  const { store, clock, log } = options;
  const schedules = new Map<string, Schedule>();

  const unknown = new Set<string>();

  async function look(cluster: Cluster, looks: number, signal: AbortSignal): Promise<void> {
    if (cluster.status === 'DELETE_IN_PROGRESS') return adoptDeletion(cluster);
    // Changes are watched by the operations that ordered them. Left are those that another Magnum began.
    if (cluster.status !== 'CREATE_IN_PROGRESS' && (await isUnderWay(cluster))) return;
    if (cluster.stack_id === null) return overdue(cluster, undefined);
    const loaded = await loadCluster(options, cluster.uuid);
    if (!loaded) return;
    const seen = await observe(loaded, looks, signal);
    if (unknown.delete(cluster.uuid)) await statusKnown(cluster, 'True', 'Heat answers');
    if (seen.kind === 'present' && seen.progress !== undefined) {
      options.stackProgress.set(cluster.uuid, seen.progress);
    }
    const changed = await recordObservation(store, loaded, seen);
    if (changed) options.wake.notify(cluster.uuid);
    else if (seen.kind === 'present') await overdue(cluster, loaded, signal);
  }

  function observe(loaded: LoadedCluster, looks: number, signal: AbortSignal): Promise<Observation> {
    const driver = loaded.driver ?? options.remover;
    const detail = looks % COUNT_EVERY === COUNT_EVERY - 1;
    return withDriver(options, loaded, signal, (context) => driver.observe(context, { detail }));
  }

  /** The deadline is ours: Heat's own clock stops with Heat, and begins anew with each of its updates. */
  async function overdue(
    cluster: Cluster,
    loaded: LoadedCluster | undefined,
    signal?: AbortSignal,
  ): Promise<void> {
    if (cluster.status !== 'CREATE_IN_PROGRESS') return;
    const minutes = cluster.create_timeout || options.createTimeoutMinutes;
    const since = cluster.created_at?.getTime() ?? clock.now().getTime();
    if (clock.now().getTime() < since + minutes * 60_000 + GRACE) return;
    const driver = loaded && (loaded.driver ?? options.remover);
    const pending =
      driver && signal && (await withDriver(options, loaded, signal, (context) => driver.pending(context)));
    if (await recordDeadline(store, cluster, minutes, pending)) options.wake.notify(cluster.uuid);
  }

  /** A deletion that another Magnum began on this database and nobody carries out any more. */
  async function adoptDeletion(cluster: Cluster): Promise<void> {
    if (await isUnderWay(cluster)) return;
    const { uuid } = cluster;
    await store.operations.enqueue({
      cluster_uuid: uuid,
      verb: 'delete',
      parameters: {},
      caller: ownerOf(cluster),
    });
    options.wake.notify(uuid);
  }

  async function isUnderWay({ uuid }: Cluster): Promise<boolean> {
    return (await store.operations.of(uuid)).some(({ state }) => state === 'queued' || state === 'running');
  }

  async function lookSafely(cluster: Cluster, looks: number, signal: AbortSignal): Promise<void> {
    try {
      await look(cluster, looks, signal);
    } catch (error) {
      if (signal.aborted) return;
      // Whatever it is, it may pass; the deadline ends what doesn't.
      log.warn({ err: error, cluster: cluster.uuid }, 'the status of a cluster could not be read');
      unknown.add(cluster.uuid);
      await statusKnown(cluster, 'False', messageOf(error));
      await overdue(cluster, undefined);
    }
  }

  async function statusKnown(cluster: Cluster, status: 'True' | 'False', message: string): Promise<void> {
    const reason = status === 'True' ? 'Answered' : 'NotAnswered';
    await store.conditions.set({ cluster_uuid: cluster.uuid, type: 'StatusKnown', status, reason, message });
  }

  return {
    name: 'stack-status',
    /** Something happened to this cluster: begin to look quickly again. */
    hurry(uuid) {
      schedules.delete(uuid);
    },
    async pass(signal) {
      const clusters = await store.clusters.inStatus(WATCHED);
      const now = clock.now().getTime();
      const watched = new Set(clusters.map(({ uuid }) => uuid));
      for (const uuid of schedules.keys()) {
        if (!watched.has(uuid)) {
          schedules.delete(uuid);
          options.stackProgress.delete(uuid);
        }
      }
      const due = clusters.filter(({ uuid }) => (schedules.get(uuid)?.at ?? 0) <= now);
      const queue = due.values();
      const worker = async (): Promise<void> => {
        for (const cluster of queue) {
          const { interval, looks } = schedules.get(cluster.uuid) ?? { interval: FIRST_LOOK, looks: 0 };
          await lookSafely(cluster, looks, signal);
          const next = clock.now().getTime() + interval;
          const slower = Math.min(interval * 1.2, SLOWEST_LOOK);
          schedules.set(cluster.uuid, { at: next, interval: slower, looks: looks + 1 });
        }
      };
      await Promise.all(Array.from({ length: CONCURRENCY }, worker));
      const next = Math.min(...clusters.map(({ uuid }) => schedules.get(uuid)?.at ?? 0));
      return Math.max(Math.min(next - clock.now().getTime(), IDLE), 50);
    },
  };
}

function ownerOf(cluster: Cluster): OperationCaller {
  return {
    user_id: cluster.user_id,
    project_id: cluster.project_id,
    user_domain_id: null,
    project_domain_id: null,
    roles: [],
    trust_id: null,
    sealed_token: null,
    token_expires_at: null,
    request_id: null,
  };
}
