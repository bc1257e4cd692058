import type { ComputeContext } from './context.ts';
import { HypervisorError } from './hypervisor.ts';
import { attachDisks } from './server-disks.ts';
import { plugPorts } from './server-ports.ts';
import { changeServer, specOf } from './server-row.ts';
import type { ServerRow } from './tables.ts';

/** Builds a server, through the task states in which Nova's users see it. Each step may find itself done already. */
export async function buildServer(
  context: ComputeContext,
  server: ServerRow,
  signal: AbortSignal,
): Promise<void> {
  const { id } = server;
  schedule(context, server);
  changeServer(context, id, { host: context.host, taskState: 'networking' });
  const nics = await plugPorts(context, server);
  signal.throwIfAborted();
  changeServer(context, id, { taskState: 'block_device_mapping' });
  const volumes = await attachDisks(context, server, signal);
  signal.throwIfAborted();
  const row = changeServer(context, id, { taskState: 'spawning' }) ?? server;
  await context.hypervisor.create(specOf(row, nics, volumes), signal);
}

/** There is one host; what can't be on it can be nowhere. */
function schedule(context: ComputeContext, server: ServerRow): void {
  const group = server.groupId === undefined ? undefined : context.tables.groups.get(server.groupId);
  if (group?.policy !== 'anti-affinity') return;
  const others = context.tables.servers
    .by('group', group.id)
    .filter((other) => other.id !== server.id && other.host === context.host && !other.deleting);
  if (others.length >= (group.rules.max_server_per_host ?? 1)) {
    throw new HypervisorError(
      `No valid host was found. There are not enough hosts available: the server group ${group.name} is ` +
        `anti-affinity, and the only host, ${context.host}, has a server of it already.`,
    );
  }
}
