import { randomInt } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { badRequest, forbidden, projectCaller, type ProjectCaller } from '../http/fault.ts';
import { asBoolean } from '../http/openstack-schema.ts';
import { askedDisks, bootImage, imageProperties } from './asked-disks.ts';
import { askedNics, askedSecurityGroups } from './asked-networks.ts';
import { minor, timestamp, type ComputeContext } from './context.ts';
import { visibleFlavor } from './flavors.ts';
import { keypairId } from './keypairs.ts';
import { volumeOf } from './server-disks.ts';
import { limitOf, requireQuota } from './quota.ts';
import { parseCreateServer, type CreateServerBody } from './server-body.ts';
import { hostnameFrom } from './server-row.ts';
import { recordAction } from './server-actions-log.ts';
import { POWER, type OwnFlavor, type ServerDisk, type ServerRow } from './tables.ts';

export interface Created {
  readonly servers: readonly ServerRow[];
  readonly reservationId: string;
  /** The answer is the reservation's id only. */
  readonly asReservation: boolean;
  readonly securityGroups: readonly { readonly name: string }[];
}

/**
 * Takes an order for servers: everything that can be refused is refused here, before there is a row.
 *
 * @throws Fault, SchemaError in Nova's words
 */
export async function createServers(context: ComputeContext, request: FastifyRequest): Promise<Created> {
  const caller = projectCaller(request);
  const version = minor(request);
  const body = parseCreateServer(version, request.body);
  const { server: asked } = body;
  const hints = body['os:scheduler_hints'] ?? body['OS-SCH-HNT:scheduler_hints'] ?? {};
  const count = countOf(asked);
  const flavor = flavorFor(context, caller, asked);
  const key = keyFor(context, caller, asked.key_name);
  const zone = zoneFor(context, caller, asked.availability_zone);
  const disks = await askedDisks(context, caller, asked, version);
  const image = await imageFor(context, caller, asked, flavor, disks);
  if (count > 1 && disks.some(({ source }) => source === 'volume')) {
    throw badRequest('Cannot attach one or more volumes to multiple instances');
  }
  const nics = await askedNics(context, caller, asked.networks, count);
  const securityGroups = asked.security_groups ?? [];
  const securityGroupIds = nics.some(({ preserve }) => !preserve)
    ? await askedSecurityGroups(context, caller, securityGroups)
    : [];
  const groupId = groupFor(context, caller, hints.group, count);
  requireOwnLimits(context, caller, asked);
  requireQuota(context, caller.projectId, {
    instances: count,
    cores: flavor.vcpus * count,
    ram: flavor.ram * count,
  });

  const reservationId = `r-${randomText(8).toLowerCase()}`;
  const now = timestamp(context.cloud);
  const servers = context.cloud.store.transaction(() =>
    Array.from({ length: count }, (_unused, at) => {
      const id = context.cloud.uuid();
      const name = count > 1 ? `${asked.name}-${at + 1}` : asked.name;
      const actionId = recordAction(context, request, id, 'create');
      return context.tables.servers.put({
        id,
        name,
        // Until 2.19 the description was the name.
        description: version < 19 ? name : (asked.description ?? null),
        hostname: asked.hostname ?? hostnameFrom(name, id),
        projectId: caller.projectId,
        userId: caller.userId,
        createdAt: now,
        updatedAt: now,
        launchedAt: undefined,
        image,
        flavor,
        resizedFrom: undefined,
        vmState: 'building',
        taskState: 'scheduling',
        powerState: POWER.none,
        key,
        userData: asked.user_data?.replaceAll(/\s/g, ''),
        metadata: asked.metadata ?? {},
        tags: [...new Set(asked.tags ?? [])],
        configDrive: asBoolean(asked.config_drive),
        zone,
        pinnedZone: asked.availability_zone ?? null,
        host: null,
        groupId,
        hints,
        reservationId,
        launchIndex: at,
        adminPass: asked.adminPass ?? randomText(12),
        files: asked.personality ?? [],
        accessIPv4: asked.accessIPv4 ?? '',
        accessIPv6: asked.accessIPv6 ?? '',
        diskConfig: asked['OS-DCF:diskConfig'] ?? 'MANUAL',
        securityGroupIds,
        nics,
        disks: disks.map((disk) => ({ ...disk, id: context.cloud.uuid() })),
        lock: undefined,
        fault: undefined,
        job: { verb: 'build' },
        actionId,
        deleting: false,
      });
    }),
  );
  for (const { id } of servers) context.work.wake(id);
  return {
    servers,
    reservationId,
    asReservation: asBoolean(asked.return_reservation_id),
    securityGroups: securityGroups.length > 0 ? securityGroups : [{ name: 'default' }],
  };
}

function countOf(asked: CreateServerBody['server']): number {
  const min = Number(asked.min_count ?? 1);
  const max = Number(asked.max_count ?? min);
  if (min > max) throw badRequest('min_count must be <= max_count');
  if (max > 1 && asked.hostname !== undefined) {
    throw badRequest("max_count cannot be greater than 1 if 'hostname' is specified.");
  }
  return max;
}

function flavorFor(
  context: ComputeContext,
  caller: ProjectCaller,
  asked: CreateServerBody['server'],
): OwnFlavor {
  // Some clients send the flavor's address.
  const id = String(asked.flavorRef).split('/').at(-1) ?? '';
  const flavor = visibleFlavor(context, caller, id);
  if (!flavor) throw badRequest(`Flavor ${id} could not be found.`);
  const { name, vcpus, ram, disk, ephemeral, swap, extraSpecs } = flavor;
  return { id, name, vcpus, ram, disk, ephemeral, swap, extraSpecs };
}

function keyFor(context: ComputeContext, caller: ProjectCaller, name: string | undefined): ServerRow['key'] {
  if (name === undefined) return undefined;
  const key = context.tables.keypairs.get(keypairId(caller.userId, name));
  if (!key) throw badRequest('Invalid key_name provided.');
  return { name, type: key.type, publicKey: key.publicKey };
}

/** `zone`, or, for administrators, `zone:host` and `zone:host:node`. */
function zoneFor(context: ComputeContext, caller: ProjectCaller, asked: string | undefined): string {
  const [zone = '', host] = (asked ?? '').split(':');
  if (host !== undefined && host !== '') {
    if (!caller.isAdmin) {
      throw forbidden("Policy doesn't allow os_compute_api:servers:create:forced_host to be performed.");
    }
    if (host !== context.host) throw badRequest(`Compute host ${host} could not be found.`);
  }
  if (zone === '') return context.zones[0] ?? 'nova';
  if (!context.zones.includes(zone)) throw badRequest('The requested availability zone is not available');
  return zone;
}

async function imageFor(
  context: ComputeContext,
  caller: ProjectCaller,
  asked: CreateServerBody['server'],
  flavor: OwnFlavor,
  disks: readonly ServerDisk[],
): Promise<ServerRow['image']> {
  const boot = disks.find(({ bootIndex }) => bootIndex === 0);
  const fromVolume = boot?.destination === 'volume';
  const id = asked.imageRef || (boot?.source === 'image' ? boot.sourceId : undefined);
  if (id !== undefined && id !== '') {
    const image = await bootImage(context, caller, id, flavor, fromVolume);
    // A server that boots from a volume shows no image, but what the image says still counts.
    return { id: fromVolume ? '' : image.id, properties: imageProperties(image) };
  }
  if (!boot) throw badRequest('Invalid imageRef provided.');
  const volume = boot.volumeId === undefined ? undefined : await volumeOf(context, caller, boot.volumeId);
  return { id: '', properties: volume?.volume_image_metadata ?? {} };
}

function groupFor(
  context: ComputeContext,
  caller: ProjectCaller,
  hint: string | string[] | undefined,
  count: number,
): string | undefined {
  const id = Array.isArray(hint) ? hint[0] : hint;
  if (id === undefined) return undefined;
  const group = context.tables.groups.get(id);
  if (!group || (group.projectId !== caller.projectId && !caller.isAdmin)) {
    throw badRequest(`Instance group ${id} could not be found.`);
  }
  const members = context.tables.servers.by('group', id).length;
  if (members + count > limitOf(context, caller.projectId, 'server_group_members')) {
    throw forbidden('Quota exceeded, too many servers in group');
  }
  return id;
}

function requireOwnLimits(
  context: ComputeContext,
  caller: ProjectCaller,
  asked: CreateServerBody['server'],
): void {
  const limit = (name: Parameters<typeof limitOf>[2]): number => limitOf(context, caller.projectId, name);
  if (Object.keys(asked.metadata ?? {}).length > limit('metadata_items')) {
    throw forbidden(`Maximum number of metadata items exceeds ${limit('metadata_items')}`);
  }
  const files = asked.personality ?? [];
  if (files.length > limit('injected_files')) throw forbidden('Personality file limit exceeded');
  for (const { path, contents } of files) {
    if (path.length > limit('injected_file_path_bytes')) throw forbidden('Personality file path too long');
    if ((contents.length * 3) / 4 > limit('injected_file_content_bytes')) {
      throw forbidden('Personality file content too long');
    }
  }
}

/** Letters and digits that are not taken for one another. */
const LETTERS = '23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

export function randomText(length: number): string {
  return Array.from({ length }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}
