import type { Cloud } from '../cloud/service.ts';
import { StateFileError, WRITE_AGAIN_MS } from '../cloud/store.ts';
import type { Backing } from './backing.ts';
import type { SnapshotRow, VolumeRow, VolumeTables } from './tables.ts';

/** Carries out in the background what the statuses of the rows say is under way. */
export interface VolumeWork {
  /** Something is to be done to a volume: it is `creating`, `extending` or `deleting`. */
  volume(id: string): void;
  snapshot(id: string): void;
  /** Takes up what an earlier process left. */
  start(): void;
  stop(): Promise<void>;
}

export function volumeWork(cloud: Cloud, tables: VolumeTables, backing: Backing): VolumeWork {
  const underWay = new Set<Promise<void>>();
  /** One thing at a time for each volume. */
  const last = new Map<string, Promise<void>>();

  let stopped = false;

  const run = (id: string, work: () => Promise<void>): void => {
    const mine = (last.get(id) ?? Promise.resolve()).then(work).catch((error: unknown) => {
      cloud.log.error({ err: error, volume: id }, 'work on a volume failed');
      // A full disk: the row still says what is to be done.
      if (error instanceof StateFileError) setTimeout(() => stopped || run(id, work), WRITE_AGAIN_MS).unref();
    });
    last.set(id, mine);
    underWay.add(mine);
    void mine.finally(() => {
      underWay.delete(mine);
      if (last.get(id) === mine) last.delete(id);
    });
  };

  const change = (id: string, patch: Partial<VolumeRow>): void => {
    const row = tables.volumes.get(id);
    if (row) tables.volumes.put({ ...row, ...patch, updatedAt: cloud.now().toISOString() });
  };
  const changeSnapshot = (id: string, status: SnapshotRow['status']): void => {
    const row = tables.snapshots.get(id);
    if (row) tables.snapshots.put({ ...row, status, updatedAt: cloud.now().toISOString() });
  };

  async function stepVolume(id: string): Promise<void> {
    const row = tables.volumes.get(id);
    try {
      if (row?.status === 'creating') {
        await backing.create(id, row.size, row.snapshotId ?? row.sourceId ?? undefined);
        change(id, { status: 'available' });
      } else if (row?.status === 'extending') {
        const size = row.growingTo ?? row.size;
        await backing.extend(id, size);
        const attached = tables.attachments.by('volume', id).length > 0;
        change(id, { status: attached ? 'in-use' : 'available', size, growingTo: undefined });
      } else if (row?.status === 'deleting') {
        await backing.delete(id);
        tables.volumes.delete(id);
      }
    } catch (error) {
      if (error instanceof StateFileError) throw error;
      const failed = { creating: 'error', extending: 'error_extending', deleting: 'error_deleting' } as const;
      if (row && row.status in failed) change(id, { status: failed[row.status as keyof typeof failed] });
      throw error;
    }
  }

  async function stepSnapshot(id: string): Promise<void> {
    const row = tables.snapshots.get(id);
    try {
      if (row?.status === 'creating') {
        await backing.create(id, row.size, row.volumeId);
        changeSnapshot(id, 'available');
      } else if (row?.status === 'deleting') {
        await backing.delete(id);
        tables.snapshots.delete(id);
      }
    } catch (error) {
      if (error instanceof StateFileError) throw error;
      changeSnapshot(id, 'error');
      throw error;
    }
  }

  const work: VolumeWork = {
    volume: (id) => run(id, () => stepVolume(id)),
    snapshot: (id) => run(id, () => stepSnapshot(id)),
    start() {
      for (const { id } of tables.volumes.all()) work.volume(id);
      for (const { id } of tables.snapshots.all()) work.snapshot(id);
    },
    async stop() {
      stopped = true;
      await Promise.all(underWay);
    },
  };
  return work;
}
