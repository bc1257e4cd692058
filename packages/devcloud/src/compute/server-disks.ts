import type { Caller, InnerRequest } from '../cloud/service.ts';
import type { ComputeContext } from './context.ts';
import { HypervisorError, type AttachedVolume } from './hypervisor.ts';
import { ask, askFor, NeighbourError, pause } from './neighbour.ts';
import { changeServer } from './server-row.ts';
import type { ServerDisk, ServerRow } from './tables.ts';

export interface Volume {
  readonly id: string;
  readonly size: number;
  readonly status: string;
  readonly bootable: string;
  readonly multiattach: boolean;
  readonly volume_image_metadata?: Readonly<Record<string, string>>;
}

interface Attachment {
  readonly id: string;
  readonly connection_info?: { readonly device_path?: string };
}

/** A Cinder that knows `os-complete`. */
const HEADERS = { 'openstack-api-version': 'volume 3.44' };

/** How often a volume that is being made is looked at. */
const POLL_MS = 50;

function cinder(
  caller: Caller,
  method: InnerRequest['method'],
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  return {
    service: 'volumev3',
    method,
    path: `/v3/${caller.projectId ?? ''}${path}`,
    headers: { ...HEADERS, ...headers },
    ...(body === undefined ? {} : { body }),
  } as const;
}

/** Makes and attaches the volumes of a server; what a crash left half done is completed. */
export async function attachDisks(
  context: ComputeContext,
  server: ServerRow,
  signal: AbortSignal,
): Promise<AttachedVolume[]> {
  const attached: AttachedVolume[] = [];
  for (const disk of server.disks) {
    if (disk.destination === 'volume') attached.push(await attachDisk(context, server, disk, signal));
  }
  return attached;
}

/** Makes the volume if it has to be made, waits until it is there, and attaches it. */
export async function attachDisk(
  context: ComputeContext,
  server: ServerRow,
  disk: ServerDisk,
  signal: AbortSignal,
): Promise<AttachedVolume> {
  const caller = context.novaCaller(server.projectId);
  const note = (patch: Partial<ServerDisk>): void => {
    changeServer(context, server.id, (row) => ({
      disks: row.disks.map((other) => (other.id === disk.id ? { ...other, ...patch } : other)),
    }));
  };
  const volumeId = disk.volumeId ?? (await makeVolume(context, caller, server, disk));
  if (disk.volumeId === undefined) note({ volumeId });
  const volume = await untilMade(context, caller, volumeId, signal);
  const attachmentId =
    disk.attachmentId ??
    // A crash can have come between the reservation and the note of it.
    (await attachmentsOf(context, caller, server.id)).find((one) => one.volume_id === volumeId)?.id ??
    (await reserveVolume(context, caller, volumeId, server.id));
  if (disk.attachmentId === undefined) note({ attachmentId });
  const { attachment } = await ask<{ attachment: Attachment }>(
    context.cloud,
    caller,
    cinder(caller, 'PUT', `/attachments/${attachmentId}`, {
      attachment: { connector: { host: context.host, mountpoint: disk.device, platform: 'x86_64' } },
    }),
  );
  await ask(
    context.cloud,
    caller,
    cinder(caller, 'POST', `/attachments/${attachmentId}/action`, { 'os-complete': {} }),
  );
  if (!disk.connected) note({ connected: true });
  return {
    volumeId,
    sizeGiB: volume.size,
    device: disk.device,
    path: attachment.connection_info?.device_path,
    boot: disk.bootIndex === 0,
  };
}

async function makeVolume(
  context: ComputeContext,
  caller: Caller,
  server: ServerRow,
  disk: ServerDisk,
): Promise<string> {
  const source =
    disk.source === 'image'
      ? { imageRef: disk.sourceId }
      : disk.source === 'snapshot'
        ? { snapshot_id: disk.sourceId }
        : {};
  // The key makes a second request after a crash find the volume of the first.
  const key = { 'idempotency-key': `${server.id}/${disk.id}` };
  const { volume } = await ask<{ volume: Volume }>(
    context.cloud,
    caller,
    cinder(
      caller,
      'POST',
      '/volumes',
      {
        volume: {
          size: disk.sizeGiB ?? null,
          name: '',
          description: '',
          ...source,
          ...(disk.volumeType === undefined ? {} : { volume_type: disk.volumeType }),
        },
      },
      key,
    ),
  );
  return volume.id;
}

async function untilMade(
  context: ComputeContext,
  caller: Caller,
  volumeId: string,
  signal: AbortSignal,
): Promise<Volume> {
  for (;;) {
    const volume = await volumeOf(context, caller, volumeId);
    if (!volume) throw new HypervisorError(`Volume ${volumeId} could not be found.`);
    if (volume.status.startsWith('error')) {
      throw new HypervisorError(
        `Volume ${volumeId} did not finish being created: its status is ${volume.status}.`,
      );
    }
    if (!['creating', 'downloading'].includes(volume.status)) return volume;
    await pause(POLL_MS, signal);
  }
}

export async function volumeOf(
  context: ComputeContext,
  caller: Caller,
  volumeId: string,
): Promise<Volume | undefined> {
  const found = await askFor<{ volume: Volume }>(
    context.cloud,
    caller,
    cinder(caller, 'GET', `/volumes/${volumeId}`),
  );
  return found?.volume;
}

/** Keeps a volume for a server; from here on nobody else gets it. */
export async function reserveVolume(
  context: ComputeContext,
  caller: Caller,
  volumeId: string,
  serverId: string,
): Promise<string> {
  const { attachment } = await ask<{ attachment: Attachment }>(
    context.cloud,
    caller,
    cinder(caller, 'POST', '/attachments', {
      attachment: { volume_uuid: volumeId, instance_uuid: serverId, connector: null },
    }),
  );
  return attachment.id;
}

async function attachmentsOf(
  context: ComputeContext,
  caller: Caller,
  serverId: string,
): Promise<readonly { readonly id: string; readonly volume_id: string }[]> {
  try {
    const { attachments } = await ask<{ attachments: { id: string; volume_id: string }[] }>(
      context.cloud,
      caller,
      cinder(caller, 'GET', `/attachments?instance_id=${serverId}`),
    );
    return attachments;
  } catch (error) {
    // A cloud without a volume service can still have servers without volumes.
    if (error instanceof NeighbourError && error.status === 503) return [];
    throw error;
  }
}

/** Takes all volumes from a server that goes, those included that a crash left unnoted. */
export async function releaseDisks(context: ComputeContext, server: ServerRow): Promise<void> {
  for (const disk of server.disks) await releaseDisk(context, server, disk);
  const caller = context.novaCaller(server.projectId);
  for (const { id } of await attachmentsOf(context, caller, server.id)) {
    await askFor(context.cloud, caller, cinder(caller, 'DELETE', `/attachments/${id}`));
  }
}

/** Takes a volume from its server and, if that was agreed, deletes it. What is gone already is no fault. */
export async function releaseDisk(
  context: ComputeContext,
  server: ServerRow,
  disk: ServerDisk,
  keep = false,
): Promise<void> {
  if (disk.volumeId === undefined) return;
  const caller = context.novaCaller(server.projectId);
  if (disk.attachmentId !== undefined) {
    await askFor(context.cloud, caller, cinder(caller, 'DELETE', `/attachments/${disk.attachmentId}`));
  }
  if (keep || !disk.deleteOnTermination) return;
  try {
    await askFor(context.cloud, caller, cinder(caller, 'DELETE', `/volumes/${disk.volumeId}`));
  } catch (error) {
    // Snapshots or another attachment hold it: as with Nova, the server goes and the volume stays.
    if (!(error instanceof NeighbourError) || error.status >= 500) throw error;
    context.cloud.log.warn({ volume: disk.volumeId, err: error }, 'a volume outlives its server');
  }
}

/** The next free device name. */
export function nextDevice(taken: readonly string[]): string {
  for (let at = 0; ; at += 1) {
    const device = `/dev/vd${letters(at)}`;
    if (!taken.includes(device)) return device;
  }
}

function letters(at: number): string {
  const last = String.fromCodePoint(97 + (at % 26));
  return at < 26 ? last : letters(Math.floor(at / 26) - 1) + last;
}
