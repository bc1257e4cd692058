import { StateFileError } from '../cloud/store.ts';
import { buildServer } from './build-server.ts';
import { timestamp, type ComputeContext } from './context.ts';
import { changeServer, specOf } from './server-row.ts';
import { attachDisks } from './server-disks.ts';
import { plugPorts } from './server-ports.ts';
import { snapshotServer } from './snapshot-server.ts';
import { POWER, type Job, type ServerRow, type VmState } from './tables.ts';

/** What a job leaves behind when all went well. */
type Outcome = Partial<ServerRow>;

const RUNNING: Outcome = { vmState: 'active', powerState: POWER.running };
const STOPPED: Outcome = { vmState: 'stopped', powerState: POWER.shutdown };

/**
 * Carries out a server's job and writes down how it ended. A job that was interrupted stays in the row: it
 * is begun again by the next process, or given up for the deletion that interrupted it.
 */
export async function runJob(
  context: ComputeContext,
  server: ServerRow,
  job: Job,
  signal: AbortSignal,
): Promise<void> {
  try {
    signal.throwIfAborted();
    const outcome = await carryOut(context, server, job, signal);
    signal.throwIfAborted();
    changeServer(context, server.id, {
      ...outcome,
      taskState: null,
      job: undefined,
      fault: undefined,
      actionId: undefined,
    });
    finishAction(context, server, undefined);
  } catch (error) {
    if (signal.aborted) return;
    // A full disk is no failure of the server: its job stays in the row, and is begun again.
    if (error instanceof StateFileError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    context.cloud.log.warn({ err: error, server: server.id, job: job.verb }, 'a server failed');
    changeServer(context, server.id, {
      vmState: failedState(server, job),
      taskState: null,
      job: undefined,
      actionId: undefined,
      fault: {
        code: 500,
        created: timestamp(context.cloud),
        message,
        details: error instanceof Error ? (error.stack ?? '') : '',
      },
    });
    finishAction(context, server, message);
  }
}

/** A snapshot that failed harms no server. */
function failedState(server: ServerRow, job: Job): VmState {
  return job.verb === 'snapshot' ? server.vmState : 'error';
}

function finishAction(context: ComputeContext, server: ServerRow, error: string | undefined): void {
  const action = server.actionId === undefined ? undefined : context.tables.actions.get(server.actionId);
  if (action) context.tables.actions.put({ ...action, finishedAt: timestamp(context.cloud), error });
}

async function carryOut(
  context: ComputeContext,
  server: ServerRow,
  job: Job,
  signal: AbortSignal,
): Promise<Outcome> {
  const { hypervisor, cloud } = context;
  switch (job.verb) {
    case 'build':
      await buildServer(context, server, signal);
      return { ...RUNNING, launchedAt: timestamp(cloud) };
    case 'start':
    case 'resume':
      await hypervisor.start(await wholeSpec(context, server, signal));
      return RUNNING;
    case 'stop':
      await hypervisor.stop(server.id);
      return STOPPED;
    case 'suspend':
      await hypervisor.stop(server.id);
      return { vmState: 'suspended', powerState: POWER.shutdown };
    case 'reboot':
      await hypervisor.reboot(await wholeSpec(context, server, signal), job.type);
      return RUNNING;
    case 'pause':
      await hypervisor.pause(server.id);
      return { vmState: 'paused', powerState: POWER.paused };
    case 'unpause':
      await hypervisor.unpause(server.id);
      return RUNNING;
    case 'rebuild':
      await hypervisor.delete(server.id);
      await hypervisor.create(await wholeSpec(context, server, signal), signal);
      return { ...RUNNING, launchedAt: timestamp(cloud) };
    case 'resize':
      return resize(context, server, job.to);
    case 'confirmResize':
      return { ...(server.resizedFrom?.stopped ? STOPPED : RUNNING), resizedFrom: undefined };
    case 'revertResize':
      return revert(context, server);
    case 'snapshot':
      await snapshotServer(context, server, job.imageId);
      return {};
  }
}

async function wholeSpec(context: ComputeContext, server: ServerRow, signal: AbortSignal) {
  const nics = await plugPorts(context, server);
  const volumes = await attachDisks(context, server, signal);
  return specOf(context.tables.servers.get(server.id) ?? server, nics, volumes);
}

async function resize(context: ComputeContext, server: ServerRow, to: ServerRow['flavor']): Promise<Outcome> {
  await context.hypervisor.resize(server.id, { vcpus: to.vcpus, ramMiB: to.ram, diskGiB: to.disk });
  const stopped = server.vmState === 'stopped';
  return {
    vmState: 'resized',
    powerState: stopped ? POWER.shutdown : POWER.running,
    flavor: to,
    resizedFrom: { flavor: server.flavor, stopped },
  };
}

async function revert(context: ComputeContext, server: ServerRow): Promise<Outcome> {
  const before = server.resizedFrom;
  if (!before) return RUNNING;
  const { vcpus, ram, disk } = before.flavor;
  await context.hypervisor.resize(server.id, { vcpus, ramMiB: ram, diskGiB: disk });
  return { ...(before.stopped ? STOPPED : RUNNING), flavor: before.flavor, resizedFrom: undefined };
}
