import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface Written {
  readonly size: number;
  readonly md5: string;
  readonly sha512: string;
}

/** Where the bytes of images are. */
export interface ImageData {
  /** Takes all of `source`; what was there before stays until the new data is complete. */
  write(id: string, source: Readable): Promise<Written>;
  has(id: string): boolean;
  /** @param start first byte; @param end last byte, inclusive */
  read(id: string, start: number, end: number): Readable;
  remove(id: string): Promise<void>;
  /** Drops what an upload that was cut off by the end of the process left. */
  clean(): void;
}

/** In files `<folder>/<image id>`, each complete or not there. */
export function imageFiles(folder: string): ImageData {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = (id: string): string => join(folder, id);
  return {
    async write(id, source) {
      const part = `${file(id)}.part`;
      try {
        const written = await copy(source, createWriteStream(part, { mode: 0o600 }));
        await rename(part, file(id));
        return written;
      } catch (error) {
        await rm(part, { force: true });
        throw error;
      }
    },
    has: (id) => existsSync(file(id)),
    read: (id, start, end) => createReadStream(file(id), { start, end }),
    remove: (id) => rm(file(id), { force: true }),
    clean() {
      for (const name of readdirSync(folder)) {
        if (name.endsWith('.part')) rmSync(join(folder, name), { force: true });
      }
    },
  };
}

/** In memory: for tests, and a cloud that keeps nothing. */
export function imageMemory(): ImageData {
  const images = new Map<string, Buffer>();
  return {
    async write(id, source) {
      const chunks: Buffer[] = [];
      const sink = new Writable({
        write(chunk: Buffer, _encoding, done) {
          chunks.push(chunk);
          done();
        },
      });
      const written = await copy(source, sink);
      images.set(id, Buffer.concat(chunks));
      return written;
    },
    has: (id) => images.has(id),
    read: (id, start, end) => Readable.from([(images.get(id) ?? Buffer.alloc(0)).subarray(start, end + 1)]),
    remove(id) {
      images.delete(id);
      return Promise.resolve();
    },
    clean: () => undefined,
  };
}

async function copy(source: Readable, sink: Writable): Promise<Written> {
  const md5 = createHash('md5');
  const sha512 = createHash('sha512');
  let size = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      md5.update(chunk);
      sha512.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  await pipeline(source, measure, sink);
  return { size, md5: md5.digest('hex'), sha512: sha512.digest('hex') };
}
