import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { linksOf, minor, seconds } from './context.ts';
import { embeddedFlavor } from './flavors.ts';
import type { NetworkView } from './network-view.ts';
import { statusOf } from './server-state.ts';
import type { ServerRow } from './tables.ts';

/** Where `progress` is shown. */
const WITH_PROGRESS = ['ACTIVE', 'BUILD', 'REBUILD', 'RESIZE', 'VERIFY_RESIZE'];

export function serverLinks(request: FastifyRequest, server: ServerRow): object {
  return { id: server.id, links: linksOf(request, `/servers/${server.id}`) };
}

/** What lists without details show. */
export function serverSummary(request: FastifyRequest, server: ServerRow): object {
  return { ...serverLinks(request, server), name: server.name };
}

/** A server with all the details that the request's microversion has. */
export function serverView(request: FastifyRequest, server: ServerRow, network: NetworkView): object {
  const version = minor(request);
  const status = statusOf(server);
  const isAdmin = request.caller?.isAdmin ?? false;
  return {
    ...serverSummary(request, server),
    status,
    tenant_id: server.projectId,
    user_id: server.userId,
    metadata: server.metadata,
    hostId: hostIdOf(server),
    image: imageView(request, server),
    flavor: embeddedFlavor(request, server.flavor),
    created: seconds(server.createdAt),
    updated: seconds(server.updatedAt),
    addresses: network.addresses,
    accessIPv4: server.accessIPv4,
    accessIPv6: server.accessIPv6,
    'OS-DCF:diskConfig': server.diskConfig,
    ...(status === 'ERROR' && server.fault ? { fault: faultView(server.fault, isAdmin) } : {}),
    ...(WITH_PROGRESS.includes(status) ? { progress: server.vmState === 'building' ? 0 : 100 } : {}),
    'OS-EXT-AZ:availability_zone': server.host === null ? '' : server.zone,
    config_drive: server.configDrive ? 'True' : '',
    key_name: server.key?.name ?? null,
    'OS-SRV-USG:launched_at':
      server.launchedAt === undefined ? null : `${seconds(server.launchedAt).slice(0, -1)}.000000`,
    'OS-SRV-USG:terminated_at': null,
    ...(network.securityGroups.length > 0
      ? { security_groups: network.securityGroups.map((name) => ({ name })) }
      : {}),
    ...(isAdmin ? adminView(server, version) : {}),
    'OS-EXT-STS:task_state': server.deleting ? 'deleting' : server.taskState,
    'OS-EXT-STS:vm_state': server.vmState,
    'OS-EXT-STS:power_state': server.powerState,
    'os-extended-volumes:volumes_attached': server.disks.flatMap((disk) =>
      disk.volumeId === undefined
        ? []
        : [
            {
              id: disk.volumeId,
              ...(version >= 3 ? { delete_on_termination: disk.deleteOnTermination } : {}),
            },
          ],
    ),
    ...(version >= 9 ? { locked: server.lock !== undefined } : {}),
    ...(version >= 16 && isAdmin ? { host_status: server.host === null ? '' : 'UP' } : {}),
    ...(version >= 19 ? { description: server.description } : {}),
    ...(version >= 26 ? { tags: server.tags } : {}),
    ...(version >= 63 ? { trusted_image_certificates: null } : {}),
    ...(version >= 71 ? { server_groups: server.groupId === undefined ? [] : [server.groupId] } : {}),
    ...(version >= 73 ? { locked_reason: server.lock?.reason ?? null } : {}),
    ...(version >= 90 ? { 'OS-EXT-SRV-ATTR:hostname': server.hostname } : {}),
  };
}

function adminView(server: ServerRow, version: number): object {
  return {
    'OS-EXT-SRV-ATTR:host': server.host,
    'OS-EXT-SRV-ATTR:hypervisor_hostname': server.host,
    'OS-EXT-SRV-ATTR:instance_name': `instance-${server.id.slice(0, 8)}`,
    ...(version >= 3
      ? {
          'OS-EXT-SRV-ATTR:hostname': server.hostname,
          'OS-EXT-SRV-ATTR:kernel_id': '',
          'OS-EXT-SRV-ATTR:ramdisk_id': '',
          'OS-EXT-SRV-ATTR:launch_index': server.launchIndex,
          'OS-EXT-SRV-ATTR:reservation_id': server.reservationId,
          'OS-EXT-SRV-ATTR:root_device_name': '/dev/vda',
          'OS-EXT-SRV-ATTR:user_data': server.userData ?? null,
        }
      : {}),
  };
}

/** The same for the servers of one project on one host, and tells nobody which host that is. */
function hostIdOf(server: ServerRow): string {
  if (server.host === null) return '';
  return createHash('sha224')
    .update(server.projectId + server.host)
    .digest('hex');
}

function imageView(request: FastifyRequest, server: ServerRow): object | string {
  if (!server.image?.id) return '';
  return { id: server.image.id, links: linksOf(request, `/images/${server.image.id}`).slice(1) };
}

/** Details are for administrators, but for faults that are the user's own. */
function faultView(fault: NonNullable<ServerRow['fault']>, isAdmin: boolean): object {
  return {
    code: fault.code,
    created: seconds(fault.created),
    message: fault.message,
    ...(isAdmin || fault.code !== 500 ? { details: fault.details } : {}),
  };
}
