import type { ImageContext } from './context.ts';

/**
 * Makes the rows agree with the data after a process ended in any way: an upload that was cut off, and an
 * image whose data is gone (it was in memory), wait for data again instead of failing at each use.
 */
export function recoverImages({ tables, data, cloud }: ImageContext): void {
  data.clean();
  for (const row of tables.images.all()) {
    if (row.status === 'queued' || (row.status !== 'saving' && data.has(row.id))) continue;
    cloud.log.warn({ image: row.id, status: row.status }, 'image has no data, set back to queued');
    tables.images.put({ ...row, status: 'queued', size: null, checksum: null, hashValue: null });
  }
}
