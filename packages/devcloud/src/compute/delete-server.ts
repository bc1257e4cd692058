import { timestamp, type ComputeContext } from './context.ts';
import { releaseDisks } from './server-disks.ts';
import { unplugPorts } from './server-ports.ts';
import type { ServerRow } from './tables.ts';

/** Removes a server and all that was made for it. Whatever is gone already is passed over. */
export async function deleteServer(context: ComputeContext, server: ServerRow): Promise<void> {
  const { tables, cloud, hypervisor } = context;
  await hypervisor.delete(server.id);
  await unplugPorts(context, server);
  await releaseDisks(context, server);
  cloud.store.transaction(() => {
    tables.servers.delete(server.id);
    for (const action of tables.actions.by('server', server.id)) {
      // Nova keeps the actions of deleted servers; so that they don't pile up, only the last ones here.
      tables.actions.put({ ...action, finishedAt: action.finishedAt ?? timestamp(cloud) });
    }
    for (const old of tables.actions.all().slice(0, -KEPT_ACTIONS)) {
      if (!tables.servers.get(old.serverId)) tables.actions.delete(old.id);
    }
  });
  cloud.signals.emit('server', server.id);
}

const KEPT_ACTIONS = 1000;
