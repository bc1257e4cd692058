import type { Row, Store, Table } from '../cloud/store.ts';

export type VolumeStatus =
  | 'creating'
  | 'available'
  | 'reserved'
  | 'attaching'
  | 'in-use'
  | 'detaching'
  | 'extending'
  | 'deleting'
  | 'maintenance'
  | 'error'
  | 'error_deleting'
  | 'error_extending';

export interface VolumeRow extends Row {
  readonly name: string | null;
  readonly description: string | null;
  readonly projectId: string;
  readonly userId: string;
  /** GiB */
  readonly size: number;
  readonly status: VolumeStatus;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly zone: string;
  readonly typeId: string;
  readonly snapshotId: string | null;
  readonly sourceId: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** What the image said that it was made from. */
  readonly imageMetadata: Readonly<Record<string, string>> | undefined;
  readonly bootable: boolean;
  readonly multiattach: boolean;
  readonly readonly: boolean;
  /** GiB it grows to while it is `extending`. */
  readonly growingTo: number | undefined;
  /** A request with the same key and project gets this volume instead of another. */
  readonly idempotencyKey: string | undefined;
}

export interface AttachmentRow extends Row {
  readonly volumeId: string;
  readonly projectId: string;
  readonly serverId: string | null;
  readonly status: 'reserved' | 'attaching' | 'attached';
  readonly mode: 'rw' | 'ro';
  readonly host: string | null;
  readonly device: string | null;
  readonly attachedAt: string | null;
}

export interface SnapshotRow extends Row {
  readonly name: string | null;
  readonly description: string | null;
  readonly projectId: string;
  readonly userId: string;
  readonly volumeId: string;
  readonly size: number;
  readonly status: 'creating' | 'available' | 'deleting' | 'error';
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface VolumeTypeRow extends Row {
  readonly name: string;
  readonly description: string | null;
  readonly isPublic: boolean;
  readonly extraSpecs: Readonly<Record<string, string>>;
  readonly projects: readonly string[];
}

export interface QuotaRow extends Row {
  readonly limits: Readonly<Record<string, number>>;
}

export interface VolumeTables {
  readonly volumes: Table<VolumeRow>;
  readonly attachments: Table<AttachmentRow>;
  readonly snapshots: Table<SnapshotRow>;
  readonly types: Table<VolumeTypeRow>;
  readonly quotas: Table<QuotaRow>;
}

export function volumeTables(store: Store): VolumeTables {
  return {
    volumes: store.table<VolumeRow>('volume/volumes', { project: (row) => row.projectId }),
    attachments: store.table<AttachmentRow>('volume/attachments', { volume: (row) => row.volumeId }),
    snapshots: store.table<SnapshotRow>('volume/snapshots', {
      project: (row) => row.projectId,
      volume: (row) => row.volumeId,
    }),
    types: store.table<VolumeTypeRow>('volume/types', { name: (row) => row.name }),
    quotas: store.table<QuotaRow>('volume/quotas'),
  };
}
