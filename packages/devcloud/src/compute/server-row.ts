import { Buffer } from 'node:buffer';
import { timestamp, type ComputeContext } from './context.ts';
import type { AttachedVolume, Nic, ServerSpec } from './hypervisor.ts';
import type { ServerRow } from './tables.ts';

/**
 * Changes a server as it is now: others may have changed it since the caller last looked.
 *
 * @returns undefined if it is gone
 */
export function changeServer(
  context: Pick<ComputeContext, 'cloud' | 'tables'>,
  id: string,
  change: Partial<ServerRow> | ((server: ServerRow) => Partial<ServerRow>),
): ServerRow | undefined {
  const server = context.tables.servers.get(id);
  if (!server) return undefined;
  const patch = typeof change === 'function' ? change(server) : change;
  const row = context.tables.servers.put({ ...server, ...patch, updatedAt: timestamp(context.cloud) });
  context.cloud.signals.emit('server', id);
  return row;
}

/** A server as its hypervisor gets it. */
export function specOf(
  server: ServerRow,
  nics: readonly Nic[],
  volumes: readonly AttachedVolume[],
): ServerSpec {
  return {
    id: server.id,
    name: server.name,
    hostname: server.hostname,
    projectId: server.projectId,
    userId: server.userId,
    availabilityZone: server.zone,
    imageId: server.disks.some((disk) => disk.bootIndex === 0 && disk.destination === 'volume')
      ? undefined
      : server.image?.id,
    imageProperties: server.image?.properties ?? {},
    flavor: { vcpus: server.flavor.vcpus, ramMiB: server.flavor.ram, diskGiB: server.flavor.disk },
    userData: server.userData === undefined ? undefined : Buffer.from(server.userData, 'base64'),
    metadata: server.metadata,
    sshKeys: server.key?.type === 'ssh' ? [{ name: server.key.name, publicKey: server.key.publicKey }] : [],
    adminPass: server.adminPass,
    nics,
    volumes,
    files: server.files.map(({ path, contents }) => ({ path, contents: Buffer.from(contents, 'base64') })),
  };
}

/** A server's name as a host name: Nova's rule, which keeps letters, digits, dashes and dots. */
export function hostnameFrom(name: string, id: string): string {
  const fit = name
    .normalize('NFKD')
    .replaceAll(/[ _]/g, '-')
    .replaceAll(/[^\w.-]/g, '')
    .toLowerCase()
    .replaceAll('.', '-')
    .slice(0, 63)
    .replaceAll(/^[-.]+|[-.]+$/g, '');
  return fit === '' ? `Server-${id}` : fit;
}
