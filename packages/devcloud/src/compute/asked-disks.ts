import { badRequest, conflict, type ProjectCaller } from '../http/fault.ts';
import { asBoolean } from '../http/openstack-schema.ts';
import type { ComputeContext } from './context.ts';
import { askFor } from './neighbour.ts';
import type { CreateServerBody, DeviceBody } from './server-body.ts';
import { nextDevice, volumeOf } from './server-disks.ts';
import type { OwnFlavor, ServerDisk } from './tables.ts';

export interface Image {
  readonly id: string;
  readonly status: string;
  readonly min_disk: number;
  readonly min_ram: number;
  readonly [property: string]: unknown;
}

/** What of an image's answer isn't one of its properties. */
const NOT_PROPERTIES = new Set(
  (
    'id name status visibility owner tags self file schema size min_disk min_ram created_at updated_at ' +
    'checksum protected virtual_size container_format disk_format direct_url locations stores ' +
    'os_hash_algo os_hash_value os_hidden'
  ).split(' '),
);

export function imageProperties(image: Image): Record<string, string> {
  const own = Object.entries(image).filter(([name, value]) => !NOT_PROPERTIES.has(name) && value !== null);
  return Object.fromEntries(
    own.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

/** @throws Fault 400 if there is no such image for `caller`, or it can't be booted on this flavor */
export async function bootImage(
  context: ComputeContext,
  caller: ProjectCaller,
  id: string,
  flavor: OwnFlavor,
  bootsFromVolume: boolean,
): Promise<Image> {
  const image = await askFor<Image>(context.cloud, caller, {
    service: 'image',
    method: 'GET',
    path: `/v2/images/${id}`,
  });
  if (!image) throw badRequest(`Image ${id} could not be found.`);
  if (image.status !== 'active') throw badRequest(`Image ${id} is not active.`);
  if (image.min_ram > flavor.ram) throw badRequest("Flavor's memory is too small for requested image.");
  // A disk of 0 is as large as the image needs; a volume has a size of its own.
  if (!bootsFromVolume && flavor.disk !== 0 && image.min_disk > flavor.disk) {
    throw badRequest(
      `Flavor's disk is too small for requested image. Flavor disk is ${flavor.disk} GB, minimum size is ${image.min_disk} GB.`,
    );
  }
  return image;
}

/**
 * The block devices of a new server. An image to boot from is the first of them, on the host's own disk.
 *
 * @throws Fault 400 or 409 in Nova's words
 */
export async function askedDisks(
  context: ComputeContext,
  caller: ProjectCaller,
  asked: CreateServerBody['server'],
  minor: number,
): Promise<ServerDisk[]> {
  const { block_device_mapping: old = [], block_device_mapping_v2: mapping = [] } = asked;
  if (old.length > 0 && mapping.length > 0) {
    throw badRequest('Using different block_device_mapping syntaxes is not allowed in the same request.');
  }
  const disks: ServerDisk[] = [];
  if (asked.imageRef && !mapping.some((device) => Number(device.boot_index ?? -1) === 0)) {
    disks.push(
      diskFrom(
        context,
        {
          source_type: 'image',
          destination_type: 'local',
          uuid: asked.imageRef,
          boot_index: 0,
          delete_on_termination: true,
        },
        disks,
      ),
    );
  }
  for (const [at, device] of [...old.map(fromLegacy), ...mapping].entries()) {
    if (device.no_device !== undefined && device.no_device !== false && device.no_device !== null) continue;
    if (minor < 67 && device.volume_type !== undefined) {
      throw badRequest(
        `Invalid input for field/attribute ${at}. Additional properties are not allowed ('volume_type' was unexpected)`,
      );
    }
    const disk = diskFrom(context, device, disks);
    // Boot image given both ways: once is enough.
    if (
      disk.source === 'image' &&
      disk.destination === 'local' &&
      disk.sourceId === asked.imageRef &&
      disks.length > 0
    )
      continue;
    await checkDisk(context, caller, disk, asked);
    disks.push(disk);
  }
  const bootable = disks.filter(({ bootIndex }) => bootIndex !== undefined && bootIndex >= 0);
  const order = bootable.map(({ bootIndex }) => bootIndex ?? 0).toSorted((a, b) => a - b);
  if (order.some((index, at) => index !== at)) {
    throw badRequest(
      'Block Device Mapping is Invalid: Boot sequence for the instance and image/block device mapping combination is not valid.',
    );
  }
  return disks;
}

/** Nova's first form of block devices knows volumes and snapshots only; the first boots if there is no image. */
function fromLegacy(device: DeviceBody): DeviceBody {
  return {
    ...device,
    source_type: device.snapshot_id === undefined ? 'volume' : 'snapshot',
    destination_type: 'volume',
    uuid: device.snapshot_id ?? device.volume_id ?? null,
    boot_index: /^(\/dev\/)?[svx]?v?da$/.test(device.device_name ?? '') ? 0 : -1,
  };
}

function diskFrom(context: ComputeContext, device: DeviceBody, others: readonly ServerDisk[]): ServerDisk {
  const source = device.source_type ?? impliedSource(device);
  const sourceId = device.uuid ?? device.volume_id ?? device.snapshot_id ?? device.image_id;
  const destination =
    device.destination_type ?? (source === 'image' || source === 'blank' ? 'local' : 'volume');
  const bootIndex =
    device.boot_index === undefined || device.boot_index === null ? undefined : Number(device.boot_index);
  const taken = others.map(({ device: name }) => name);
  const name = device.device_name ? `/dev/${device.device_name.replace(/^\/dev\//, '')}` : undefined;
  return {
    id: context.cloud.uuid(),
    source,
    sourceId: sourceId ?? undefined,
    destination,
    sizeGiB: device.volume_size === undefined ? undefined : Number(device.volume_size),
    bootIndex,
    // The device that boots comes first, wherever it stands in the list.
    device: name ?? (bootIndex === 0 ? '/dev/vda' : nextDevice(['/dev/vda', ...taken])),
    deleteOnTermination: asBoolean(device.delete_on_termination),
    volumeType: device.volume_type ?? undefined,
    tag: device.tag,
    volumeId: source === 'volume' ? (sourceId ?? undefined) : undefined,
    attachmentId: undefined,
    connected: false,
  };
}

function impliedSource(device: DeviceBody): ServerDisk['source'] {
  if (device.volume_id !== undefined) return 'volume';
  if (device.snapshot_id !== undefined) return 'snapshot';
  return device.image_id === undefined ? 'blank' : 'image';
}

async function checkDisk(
  context: ComputeContext,
  caller: ProjectCaller,
  disk: ServerDisk,
  asked: CreateServerBody['server'],
): Promise<void> {
  const { source, sourceId, destination, sizeGiB } = disk;
  if (source !== 'blank' && sourceId === undefined) throw badRequest('Missing device UUID.');
  if (source === 'blank' && sourceId !== undefined) throw badRequest('Invalid device UUID.');
  if (destination === 'local' && (source === 'volume' || source === 'snapshot')) {
    throw badRequest(`Mapping ${source} to local is not supported.`);
  }
  if (source === 'image' && destination === 'local' && sourceId !== asked.imageRef) {
    throw badRequest('Mapping image to local is not supported.');
  }
  if (destination === 'volume' && (source === 'image' || source === 'blank') && sizeGiB === undefined) {
    throw source === 'image'
      ? badRequest("Images with destination_type 'volume' need to have a non-zero size specified")
      : badRequest("Blank volumes (source: 'blank', dest: 'volume') need to have non-zero size");
  }
  if (source === 'snapshot') {
    const path = `/v3/${caller.projectId}/snapshots/${sourceId ?? ''}`;
    const found = await askFor(context.cloud, caller, { service: 'volumev3', method: 'GET', path });
    if (!found) throw invalid(`failed to get snapshot ${sourceId ?? ''}.`);
  }
  if (source !== 'volume' || sourceId === undefined) return;
  const volume = await volumeOf(context, caller, sourceId);
  if (!volume) throw invalid(`failed to get volume ${sourceId}.`);
  if (volume.status !== 'available' && !(volume.multiattach && volume.status === 'in-use')) {
    throw badRequest(
      `Invalid volume: volume ${sourceId} status must be 'available' or 'in-use' with multiattach. It is '${volume.status}'.`,
    );
  }
  if (disk.bootIndex === 0 && volume.bootable !== 'true') {
    throw invalid(`Volume ${sourceId} is not bootable: Block Device ${sourceId} is not bootable.`);
  }
  if (disk.deleteOnTermination && volume.multiattach && volume.status === 'in-use') {
    throw conflict(`Volume ${sourceId} is in use by another server and can't be deleted with this one.`);
  }
}

function invalid(why: string) {
  return badRequest(`Block Device Mapping is Invalid: ${why}`);
}
