import type { FastifyInstance } from 'fastify';
import type { Caller } from '../cloud/service.ts';
import { isReaderOnly, ownImage, visibleImage } from './access.ts';
import { timestamp, type ImageContext } from './context.ts';
import { callerOf } from './edge.ts';
import { badRequest, conflict, forbidden, ImageError, mismatch, notAllowed } from './image-error.ts';
import { imageView } from './image-view.ts';
import { listImages } from './list-images.ts';
import { PATCH_TYPES, patchImage, type PatchVersion } from './patch-image.ts';
import { setAttribute } from './set-attribute.ts';
import type { ImageRow } from './tables.ts';

interface ById {
  Params: { id: string };
}
interface ByTag {
  Params: { id: string; tag: string };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** `/v2/images` and all of an image but its data. */
export function imageRoutes(app: FastifyInstance, context: ImageContext): void {
  const { tables, cloud, data } = context;
  const touched = (row: ImageRow): ImageRow => ({ ...row, updatedAt: timestamp(cloud.now()) });

  app.get('/v2/images', async (request) => {
    const at = request.url.indexOf('?');
    const query = new URLSearchParams(at < 0 ? '' : request.url.slice(at + 1));
    return listImages(tables, callerOf(request), query);
  });

  app.post('/v2/images', async (request, reply) => {
    const caller = callerOf(request);
    const row = newImage(context, caller, request.body);
    tables.images.put(row);
    reply.code(201).header('location', `${request.protocol}://${request.host}/image/v2/images/${row.id}`);
    return imageView(row);
  });

  app.get<ById>('/v2/images/:id', async (request) =>
    imageView(visibleImage(tables, callerOf(request), request.params.id)),
  );

  app.patch<ById>('/v2/images/:id', async (request) => {
    const caller = callerOf(request);
    const version = patchVersion(request.headers['content-type']);
    const before = ownImage(tables, caller, request.params.id, 'modify_image');
    const after = patchImage(before, version, request.body);
    guard(caller, before, after);
    return imageView(tables.images.put(touched(after)));
  });

  app.delete<ById>('/v2/images/:id', async (request, reply) => {
    const { id } = request.params;
    const row = ownImage(tables, callerOf(request), id, 'delete_image');
    if (row.protected) throw forbidden(`Image ${id} is protected and cannot be deleted.`);
    cloud.store.transaction(() => {
      for (const member of tables.members.by('image', id)) tables.members.delete(member.id);
      tables.images.delete(id);
    });
    await data.remove(id);
    return reply.code(204).send();
  });

  app.put<ByTag>('/v2/images/:id/tags/:tag', async (request, reply) => {
    const { id, tag } = request.params;
    const row = ownImage(tables, callerOf(request), id, 'modify_image');
    tables.images.put(touched(setAttribute(row, 'tags', [...row.tags, tag])));
    return reply.code(204).send();
  });

  app.delete<ByTag>('/v2/images/:id/tags/:tag', async (request, reply) => {
    const { id, tag } = request.params;
    const row = ownImage(tables, callerOf(request), id, 'modify_image');
    if (!row.tags.includes(tag)) throw new ImageError(404, 'The resource could not be found.');
    tables.images.put(touched({ ...row, tags: row.tags.filter((other) => other !== tag) }));
    return reply.code(204).send();
  });

  app.post<ById>('/v2/images/:id/actions/deactivate', async (request, reply) => {
    const row = ownImage(tables, callerOf(request), request.params.id, 'deactivate');
    if (row.status !== 'active' && row.status !== 'deactivated') throw wrongStatus(row, 'deactivated');
    tables.images.put(touched({ ...row, status: 'deactivated' }));
    return reply.code(204).send();
  });

  app.post<ById>('/v2/images/:id/actions/reactivate', async (request, reply) => {
    const row = ownImage(tables, callerOf(request), request.params.id, 'reactivate');
    if (row.status !== 'active' && row.status !== 'deactivated') throw wrongStatus(row, 'active');
    tables.images.put(touched({ ...row, status: 'active' }));
    return reply.code(204).send();
  });
}

function newImage(context: ImageContext, caller: Caller, body: unknown): ImageRow {
  const { tables, cloud } = context;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw mismatch('image', `${JSON.stringify(body) ?? 'None'} is not of type 'object'`);
  }
  const fields = new Map<string, unknown>(Object.entries(body));
  const id = fields.get('id') ?? cloud.uuid();
  fields.delete('id');
  if (typeof id !== 'string' || !UUID.test(id)) {
    throw mismatch('image', `${JSON.stringify(id)} does not match '^([0-9a-fA-F]){8}-…-([0-9a-fA-F]){12}$'`);
  }
  if (isReaderOnly(caller)) throw notAllowed('add_image');
  const now = timestamp(cloud.now());
  let row: ImageRow = {
    id,
    name: null,
    owner: caller.projectId ?? '',
    status: 'queued',
    visibility: 'shared',
    diskFormat: null,
    containerFormat: null,
    size: null,
    virtualSize: null,
    checksum: null,
    hashValue: null,
    minDisk: 0,
    minRam: 0,
    protected: false,
    hidden: false,
    tags: [],
    properties: {},
    createdAt: now,
    updatedAt: now,
  };
  for (const [name, value] of fields) row = setAttribute(row, name, value);
  if (row.owner === '') throw forbidden('An image belongs to a project: use a project-scoped token.');
  if (tables.images.get(id)) throw conflict(`Image ID ${id} already exists!`);
  guard(caller, undefined, row);
  return row;
}

/** What only an administrator may do, and what data that is there forbids. */
function guard(caller: Caller, before: ImageRow | undefined, after: ImageRow): void {
  if (after.visibility === 'public' && before?.visibility !== 'public' && !caller.isAdmin) {
    throw notAllowed('publicize_image');
  }
  const owner = before?.owner ?? caller.projectId;
  if (after.owner !== owner && !caller.isAdmin) {
    throw forbidden(`You are not permitted to create images owned by '${after.owner}'.`);
  }
  if (!before || before.status === 'queued') return;
  const changed = after.diskFormat !== before.diskFormat || after.containerFormat !== before.containerFormat;
  if (changed) {
    const attribute = after.diskFormat === before.diskFormat ? 'container_format' : 'disk_format';
    throw forbidden(`Attribute ${attribute} can be only replaced for a queued image.`);
  }
}

function patchVersion(contentType: string | undefined): PatchVersion {
  const type = contentType?.split(';')[0]?.trim() ?? '';
  for (const [known, version] of Object.entries(PATCH_TYPES)) {
    if (known === type) return version;
  }
  if (type === '') throw badRequest('A PATCH needs a content type.');
  throw new ImageError(
    415,
    `The request body is of the unsupported type ${type}; supported: ${Object.keys(PATCH_TYPES).join(', ')}`,
  );
}

function wrongStatus(row: ImageRow, wanted: string): ImageError {
  return forbidden(
    `Not allowed to ${wanted === 'active' ? 'reactivate' : 'deactivate'} image in status '${row.status}'`,
  );
}
