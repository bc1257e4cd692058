import type { ImageRow, MemberRow } from './tables.ts';

export type ImageView = Readonly<Record<string, unknown>>;

/** An image as the API shows it: its own attributes and the properties side by side. */
export function imageView(row: ImageRow): ImageView {
  return {
    ...row.properties,
    name: row.name,
    disk_format: row.diskFormat,
    container_format: row.containerFormat,
    visibility: row.visibility,
    size: row.size,
    virtual_size: row.virtualSize,
    status: row.status,
    checksum: row.checksum,
    protected: row.protected,
    min_ram: row.minRam,
    min_disk: row.minDisk,
    owner: row.owner,
    os_hidden: row.hidden,
    os_hash_algo: row.hashValue === null ? null : 'sha512',
    os_hash_value: row.hashValue,
    id: row.id,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    tags: row.tags,
    self: `/v2/images/${row.id}`,
    file: `/v2/images/${row.id}/file`,
    schema: '/v2/schemas/image',
  };
}

export function memberView(row: MemberRow): ImageView {
  return {
    member_id: row.projectId,
    image_id: row.imageId,
    status: row.status,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    schema: '/v2/schemas/member',
  };
}
