import type { Row, Store, Table } from '../cloud/store.ts';

export const VISIBILITIES = ['community', 'public', 'private', 'shared'] as const;
export type Visibility = (typeof VISIBILITIES)[number];
export type ImageStatus = 'queued' | 'saving' | 'active' | 'deactivated';

export interface ImageRow extends Row {
  readonly name: string | null;
  readonly owner: string;
  readonly status: ImageStatus;
  readonly visibility: Visibility;
  readonly diskFormat: string | null;
  readonly containerFormat: string | null;
  /** Bytes; null until there is data. */
  readonly size: number | null;
  readonly virtualSize: number | null;
  /** MD5 of the data, hex. */
  readonly checksum: string | null;
  /** SHA-512 of the data, hex. */
  readonly hashValue: string | null;
  readonly minDisk: number;
  readonly minRam: number;
  readonly protected: boolean;
  readonly hidden: boolean;
  readonly tags: readonly string[];
  /** `os_distro`, `magnum_driver` and whatever else somebody set. */
  readonly properties: Readonly<Record<string, string | null>>;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export type MemberStatus = 'pending' | 'accepted' | 'rejected';

/** A project with which an image is shared. `id` is `<image>/<project>`. */
export interface MemberRow extends Row {
  readonly imageId: string;
  readonly projectId: string;
  readonly status: MemberStatus;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface ImageTables {
  readonly images: Table<ImageRow>;
  readonly members: Table<MemberRow>;
}

/** The image service's part of the store. Only the image service changes it. */
export function imageTables(store: Store): ImageTables {
  return {
    images: store.table<ImageRow>('image/images'),
    members: store.table<MemberRow>('image/members', {
      image: (row) => row.imageId,
      project: (row) => row.projectId,
    }),
  };
}
