import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { ownImage, visibleImage } from './access.ts';
import { timestamp, type ImageContext } from './context.ts';
import { callerOf } from './edge.ts';
import { badRequest, conflict, forbidden, ImageError } from './image-error.ts';
import type { ImageRow } from './tables.ts';

interface ById {
  Params: { id: string };
}

interface Range {
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

/** `/v2/images/{id}/file`: data in, data out. */
export function dataRoutes(app: FastifyInstance, context: ImageContext): void {
  const { tables, data, cloud } = context;

  app.put<ById>('/v2/images/:id/file', async (request, reply) => {
    const { id } = request.params;
    const row = ownImage(tables, callerOf(request), id, 'upload_image');
    const body = request.body ?? Readable.from([]);
    if (!(body instanceof Readable)) {
      throw new ImageError(415, 'Image data must be sent as application/octet-stream.');
    }
    if (row.status !== 'queued') {
      throw conflict(`Image status transition from ${row.status} to saving is not allowed`);
    }
    if (row.diskFormat === null || row.containerFormat === null) {
      const missing = [
        ...(row.diskFormat === null ? ['disk_format'] : []),
        ...(row.containerFormat === null ? ['container_format'] : []),
      ];
      throw badRequest(`Properties ${missing.join(', ')} must be set prior to saving data.`);
    }
    tables.images.put({ ...row, status: 'saving', updatedAt: timestamp(cloud.now()) });
    await save(id, body);
    return reply.code(204).send();
  });

  app.get<ById>('/v2/images/:id/file', async (request, reply) => {
    const caller = callerOf(request);
    const row = visibleImage(tables, caller, request.params.id);
    if (row.status === 'deactivated' && !caller.isAdmin) {
      throw forbidden('The requested image has been deactivated. Image data download is forbidden.');
    }
    if (row.size === null || !data.has(row.id)) return reply.code(204).send();
    return send(row, row.size, request.headers.range, reply);
  });

  /** An upload that breaks off leaves the image as it was, waiting for data. */
  async function save(id: string, body: Readable): Promise<void> {
    try {
      const written = await data.write(id, body);
      const row = tables.images.get(id);
      if (!row) {
        await data.remove(id);
        throw new ImageError(
          410,
          `Image ${id} could not be found after upload. The image may have been deleted during the upload.`,
        );
      }
      tables.images.put({
        ...row,
        status: 'active',
        size: written.size,
        checksum: written.md5,
        hashValue: written.sha512,
        updatedAt: timestamp(cloud.now()),
      });
    } catch (error) {
      const row = tables.images.get(id);
      if (row?.status === 'saving') tables.images.put({ ...row, status: 'queued' });
      throw error;
    }
  }

  function send(row: ImageRow, size: number, header: string | undefined, reply: FastifyReply): FastifyReply {
    const range = header === undefined ? undefined : parseRange(header, size);
    reply.type('application/octet-stream');
    if (!range) {
      if (row.checksum !== null) reply.header('content-md5', row.checksum);
      reply.header('content-length', size);
      return reply.send(size === 0 ? '' : data.read(row.id, 0, size - 1));
    }
    reply
      .code(206)
      .header('content-range', `bytes ${range.start}-${range.end}/${size}`)
      .header('content-length', range.end - range.start + 1);
    return reply.send(data.read(row.id, range.start, range.end));
  }
}

/** One range of bytes (RFC 9110, 14.2). */
function parseRange(header: string, size: number): Range {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? [];
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if ((first === '' && last === '') || start > end) {
    throw new ImageError(416, `The range ${header} is not within the image of ${size} bytes.`);
  }
  return { start, end };
}
