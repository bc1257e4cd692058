import { StateFileError, WRITE_AGAIN_MS } from '../cloud/store.ts';
import type { ComputeContext, ServerWork } from './context.ts';
import { deleteServer } from './delete-server.ts';
import { runJob } from './run-job.ts';
import { attachDisk } from './server-disks.ts';
import { changeServer } from './server-row.ts';
import { POWER, type ServerRow } from './tables.ts';

/** How long after a failed deletion it is tried again; after the last, the server says what is in the way. */
const DELETE_RETRY_MS = [100, 1000, 5000];

export function serverWork(getContext: () => ComputeContext): ServerWork {
  /** The end of each server's queue, and the way to interrupt what is at its front. */
  const queues = new Map<string, { last: Promise<unknown>; aborter: AbortController }>();
  let stopped = false;
  let unsubscribe: (() => void) | undefined;

  async function alone<T>(id: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const before = queues.get(id)?.last ?? Promise.resolve();
    const entry = { last: before, aborter: new AbortController() };
    const mine = before.then(async () => {
      // One aborter for the front of the queue: whoever runs replaces that of the one before.
      const current = queues.get(id);
      const aborter = new AbortController();
      if (current) current.aborter = aborter;
      if (stopped) aborter.abort(new Error('the cloud is stopping'));
      return work(aborter.signal);
    });
    entry.last = mine.then(
      () => undefined,
      () => undefined,
    );
    const known = queues.get(id);
    if (known) known.last = entry.last;
    else queues.set(id, entry);
    try {
      return await mine;
    } finally {
      if (queues.get(id)?.last === entry.last) queues.delete(id);
    }
  }

  function wake(id: string): void {
    if (stopped) return;
    const context = getContext();
    if (context.tables.servers.get(id)?.deleting) {
      queues.get(id)?.aborter.abort(new Error('the server is being deleted'));
    }
    alone(id, async (signal) => step(context, id, signal)).catch((error: unknown) => {
      context.cloud.log.error({ err: error, server: id }, 'work on a server failed');
      if (error instanceof StateFileError) later(() => wake(id));
    });
  }

  /** Once the disk has room again, work goes on where it was written down last. */
  function later(work: () => void): void {
    setTimeout(() => stopped || work(), WRITE_AGAIN_MS).unref();
  }

  async function step(context: ComputeContext, id: string, signal: AbortSignal): Promise<void> {
    const server = context.tables.servers.get(id);
    if (!server || stopped) return;
    if (server.deleting) await finallyDelete(context, server);
    else if (server.job) await runJob(context, server, server.job, signal);
  }

  async function finallyDelete(context: ComputeContext, server: ServerRow): Promise<void> {
    for (const wait of [...DELETE_RETRY_MS, undefined]) {
      try {
        await deleteServer(context, context.tables.servers.get(server.id) ?? server);
        return;
      } catch (error) {
        context.cloud.log.warn({ err: error, server: server.id }, 'a server could not be deleted');
        if (error instanceof StateFileError) throw error;
        if (stopped) return;
        if (wait === undefined) {
          changeServer(context, server.id, {
            deleting: false,
            taskState: null,
            vmState: 'error',
            fault: {
              code: 500,
              created: context.cloud.now().toISOString(),
              message: `Deleting failed: ${error instanceof Error ? error.message : String(error)}. Delete it again.`,
              details: error instanceof Error ? (error.stack ?? '') : '',
            },
          });
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  /** Completes the attaching of volumes that a crash came in between of. */
  function connectSoon(context: ComputeContext, server: ServerRow): void {
    alone(server.id, async (signal) => {
      for (const disk of server.disks) {
        if (disk.destination !== 'volume' || disk.connected) continue;
        await context.hypervisor.attachVolume(server.id, await attachDisk(context, server, disk, signal));
      }
    }).catch((error: unknown) => {
      context.cloud.log.error({ err: error, server: server.id }, 'a volume could not be attached');
    });
  }

  /** A machine changed by itself: what Nova's periodic look at power states does, at once. */
  function machineChanged(...change: Parameters<typeof noteChange>): void {
    try {
      noteChange(...change);
    } catch (error) {
      getContext().cloud.log.error(
        { err: error, server: change[0] },
        'the state of a server could not be noted',
      );
      if (error instanceof StateFileError) later(() => machineChanged(...change));
    }
  }

  function noteChange(id: string, state: 'running' | 'paused' | 'stopped' | 'missing'): void {
    const context = getContext();
    const server = context.tables.servers.get(id);
    if (stopped || !server || server.deleting || server.job || server.taskState !== null) return;
    if (server.vmState === 'active' && (state === 'stopped' || state === 'missing')) {
      changeServer(context, id, {
        vmState: 'stopped',
        powerState: state === 'missing' ? POWER.none : POWER.shutdown,
      });
    } else if (server.vmState === 'stopped' && state === 'running') {
      changeServer(context, id, { vmState: 'active', powerState: POWER.running });
    }
  }

  return {
    wake,
    alone,
    async start() {
      const context = getContext();
      unsubscribe = context.hypervisor.onChange(machineChanged);
      const machines = await context.hypervisor.state();
      for (const id of machines.keys()) {
        if (!context.tables.servers.get(id)) await context.hypervisor.delete(id);
      }
      for (const server of context.tables.servers.all()) {
        const running = machines.get(server.id) === 'running';
        if (server.deleting || server.job) {
          wake(server.id);
        } else if (server.vmState === 'active' && !running) {
          // The host was down, or the machine lived in the process that ended: it goes on.
          changeServer(context, server.id, { job: { verb: 'start' }, taskState: 'powering-on' });
          wake(server.id);
        } else if (
          server.disks.some(({ destination, connected }) => destination === 'volume' && !connected)
        ) {
          connectSoon(context, server);
        } else if (server.vmState === 'stopped' && running) {
          changeServer(context, server.id, { job: { verb: 'stop' }, taskState: 'powering-off' });
          wake(server.id);
        }
      }
    },
    async stop() {
      if (stopped) return;
      stopped = true;
      unsubscribe?.();
      for (const { aborter } of queues.values()) aborter.abort(new Error('the cloud is stopping'));
      await Promise.all([...queues.values()].map(({ last }) => last));
      await getContext().hypervisor.close();
    },
  };
}
