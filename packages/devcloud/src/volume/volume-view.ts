import type { FastifyRequest } from 'fastify';
import { linksOf, minor, shownTime, type VolumeContext } from './context.ts';
import type { AttachmentRow, VolumeRow } from './tables.ts';

export function volumeSummary(request: FastifyRequest, row: VolumeRow): object {
  return { id: row.id, name: row.name, links: linksOf(request, `/volumes/${row.id}`) };
}

export function volumeView(context: VolumeContext, request: FastifyRequest, row: VolumeRow): object {
  const version = minor(request);
  const isAdmin = request.caller?.isAdmin ?? false;
  const attachments = context.tables.attachments.by('volume', row.id);
  return {
    ...volumeSummary(request, row),
    status: row.status,
    size: row.size,
    availability_zone: row.zone,
    created_at: shownTime(row.createdAt),
    updated_at: shownTime(row.updatedAt),
    attachments: attachments.filter(({ status }) => status === 'attached').map(inVolume),
    description: row.description,
    volume_type: context.tables.types.get(row.typeId)?.name ?? null,
    snapshot_id: row.snapshotId,
    source_volid: row.sourceId,
    metadata: row.readonly ? { ...row.metadata, readonly: 'True' } : row.metadata,
    user_id: row.userId,
    bootable: String(row.bootable),
    encrypted: false,
    replication_status: null,
    consistencygroup_id: null,
    multiattach: row.multiattach,
    'os-vol-tenant-attr:tenant_id': row.projectId,
    ...(row.imageMetadata ? { volume_image_metadata: row.imageMetadata } : {}),
    ...(isAdmin
      ? {
          migration_status: null,
          'os-vol-host-attr:host': `${context.host}@gantry#gantry`,
          'os-vol-mig-status-attr:migstat': null,
          'os-vol-mig-status-attr:name_id': null,
        }
      : {}),
    ...(version >= 13 ? { group_id: null } : {}),
    ...(version >= 21 && isAdmin ? { provider_id: null } : {}),
    ...(version >= 48 ? { service_uuid: null, shared_targets: version >= 69 ? null : false } : {}),
    ...(version >= 61 && isAdmin ? { cluster_name: null } : {}),
    ...(version >= 63 ? { volume_type_id: row.typeId } : {}),
    ...(version >= 65 ? { consumes_quota: true } : {}),
  };
}

function inVolume(row: AttachmentRow): object {
  return {
    id: row.volumeId,
    attachment_id: row.id,
    volume_id: row.volumeId,
    server_id: row.serverId,
    host_name: row.host,
    device: row.device,
    attached_at: row.attachedAt === null ? null : shownTime(row.attachedAt),
  };
}
