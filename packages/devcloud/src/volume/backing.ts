import { execFile } from 'node:child_process';
import { mkdir, open, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where the data of volumes and snapshots is. Everything can be done twice. */
export interface Backing {
  /** What a volume's bytes are in, for whoever attaches it; undefined where there are none. */
  path(id: string): string | undefined;
  /** Makes a volume, empty or as a copy of another or of a snapshot. */
  create(id: string, sizeGiB: number, copyOf?: string): Promise<void>;
  extend(id: string, sizeGiB: number): Promise<void>;
  delete(id: string): Promise<void>;
}

/** Volumes that are rows only. */
export const simulatedBacking: Backing = {
  path: () => undefined,
  async create() {},
  async extend() {},
  async delete() {},
};

const GIB = 1024 ** 3;

/** Volumes as sparse files: they take the room of what was written to them. */
export function fileBacking(folder: string): Backing {
  const fileOf = (id: string): string => join(folder, `volume-${id}`);
  return {
    path: fileOf,
    async create(id, sizeGiB, copyOf) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = fileOf(id);
      // Node's own copy fills the holes; `cp` keeps them, and shares blocks where the file system can.
      if (copyOf !== undefined) await run('cp', ['--reflink=auto', '--sparse=always', fileOf(copyOf), file]);
      else await (await open(file, 'a', 0o600)).close();
      await truncate(file, sizeGiB * GIB);
    },
    async extend(id, sizeGiB) {
      await truncate(fileOf(id), sizeGiB * GIB);
    },
    async delete(id) {
      await rm(fileOf(id), { force: true });
    },
  };
}
