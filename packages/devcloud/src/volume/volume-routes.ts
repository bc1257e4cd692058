import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { badRequest, notFound } from '../http/fault.ts';
import { asBoolean, Closed, Nullable, parseBody } from '../http/openstack-schema.ts';
import { pageOf, param, queryOf, volumeCaller, type VolumeContext } from './context.ts';
import { createVolume, VolumeMetadata } from './create-volume.ts';
import { findVolume } from './find.ts';
import type { VolumeRow } from './tables.ts';
import { volumeSummary, volumeView } from './volume-view.ts';

const Text = Type.Optional(Nullable(Type.String({ maxLength: 255 })));
const UpdateVolume = Type.Object({
  volume: Type.Object({
    name: Text,
    display_name: Text,
    description: Text,
    display_description: Text,
    metadata: Type.Optional(Nullable(VolumeMetadata)),
  }),
});
const AllMetadata = Closed({ metadata: VolumeMetadata });
const OneMetadatum = Closed({ meta: VolumeMetadata });

const SORT: Readonly<Record<string, (row: VolumeRow) => unknown>> = {
  id: ({ id }) => id,
  status: ({ status }) => status,
  size: ({ size }) => size,
  availability_zone: ({ zone }) => zone,
  name: ({ name }) => name,
  display_name: ({ name }) => name,
  bootable: ({ bootable }) => bootable,
  created_at: ({ createdAt }) => createdAt,
  updated_at: ({ updatedAt }) => updatedAt,
};

/** From which statuses a volume can be deleted. */
const DELETABLE = ['available', 'error', 'error_deleting', 'error_extending'];

export function volumeRoutes(app: FastifyInstance, context: VolumeContext): void {
  const { volumes } = context.tables;

  const listed = (request: FastifyRequest, path: string) => {
    const caller = volumeCaller(request);
    const query = queryOf(request);
    const everybody = caller.isAdmin && asBoolean(query['all_tenants'] ?? query['all_projects']);
    const project = everybody ? query['project_id'] : caller.projectId;
    let rows = project === undefined ? volumes.all() : volumes.by('project', project);
    for (const [name, value] of Object.entries(query)) rows = rows.filter(filterFor(name, value));
    return pageOf(request, rows, path, SORT);
  };

  app.get('/volumes', async (request) => {
    const { rows, links } = listed(request, '/volumes');
    return {
      volumes: rows.map((row) => volumeSummary(request, row)),
      ...(links ? { volumes_links: links } : {}),
    };
  });

  app.get('/volumes/detail', async (request) => {
    const { rows, links } = listed(request, '/volumes/detail');
    return {
      volumes: rows.map((row) => volumeView(context, request, row)),
      ...(links ? { volumes_links: links } : {}),
    };
  });

  app.get('/volumes/summary', async (request) => {
    const own = volumes.by('project', volumeCaller(request).projectId);
    return {
      'volume-summary': {
        total_size: own.reduce((total, { size }) => total + size, 0),
        total_count: own.length,
        metadata: {},
      },
    };
  });

  app.post('/volumes', async (request, reply) => {
    const row = await createVolume(context, request);
    return reply.code(202).send({ volume: volumeView(context, request, row) });
  });

  app.get('/volumes/:volume', async (request) => ({
    volume: volumeView(context, request, findVolume(context, request)),
  }));

  const change = (row: VolumeRow, patch: Partial<VolumeRow>): VolumeRow =>
    volumes.put({ ...row, ...patch, updatedAt: context.cloud.now().toISOString() });

  app.put('/volumes/:volume', async (request) => {
    const row = findVolume(context, request);
    const { volume: asked } = parseBody(UpdateVolume, request.body);
    const name = asked.name ?? asked.display_name;
    const description = asked.description ?? asked.display_description;
    const changed = change(row, {
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      ...(asked.metadata ? { metadata: asked.metadata } : {}),
    });
    return { volume: volumeView(context, request, changed) };
  });

  app.delete('/volumes/:volume', async (request, reply) => {
    const query = queryOf(request);
    deleteVolume(context, findVolume(context, request), {
      force: asBoolean(query['force']) && (request.caller?.isAdmin ?? false),
      cascade: asBoolean(query['cascade']),
    });
    return reply.code(202).send();
  });

  app.get('/volumes/:volume/metadata', async (request) => ({
    metadata: findVolume(context, request).metadata,
  }));
  app.post('/volumes/:volume/metadata', async (request) => {
    const row = findVolume(context, request);
    const { metadata } = parseBody(AllMetadata, request.body);
    return { metadata: change(row, { metadata: { ...row.metadata, ...metadata } }).metadata };
  });
  app.put('/volumes/:volume/metadata', async (request) => {
    const row = findVolume(context, request);
    return { metadata: change(row, { metadata: parseBody(AllMetadata, request.body).metadata }).metadata };
  });
  app.get('/volumes/:volume/metadata/:key', async (request) => {
    const key = param(request, 'key');
    const value = findVolume(context, request).metadata[key];
    if (value === undefined) throw notFound(`Volume has no metadata with key ${key}.`);
    return { meta: { [key]: value } };
  });
  app.put('/volumes/:volume/metadata/:key', async (request) => {
    const row = findVolume(context, request);
    const { meta } = parseBody(OneMetadatum, request.body);
    if (!(param(request, 'key') in meta)) throw badRequest('Request body and URI mismatch');
    change(row, { metadata: { ...row.metadata, ...meta } });
    return { meta };
  });
  app.delete('/volumes/:volume/metadata/:key', async (request, reply) => {
    const row = findVolume(context, request);
    const key = param(request, 'key');
    if (!(key in row.metadata)) throw notFound(`Volume ${row.id} has no metadata with key ${key}.`);
    const { [key]: _gone, ...metadata } = row.metadata;
    change(row, { metadata });
    return reply.send();
  });
}

/** @throws Fault 400 if it is used, or has snapshots that shall not go with it */
export function deleteVolume(
  context: VolumeContext,
  row: VolumeRow,
  how: { readonly force: boolean; readonly cascade: boolean },
): void {
  const { tables, work } = context;
  if (row.status === 'deleting') return;
  const snapshots = tables.snapshots.by('volume', row.id);
  const attached = tables.attachments.by('volume', row.id).length > 0;
  const ready = how.force || DELETABLE.includes(row.status);
  if (!ready || (attached && !how.force) || (snapshots.length > 0 && !how.cascade)) {
    throw badRequest(
      'Invalid volume: Volume status must be available or error or error_restoring or error_extending or ' +
        'error_managing and must not be migrating, attached, belong to a group, have snapshots, awaiting a ' +
        'transfer, or be disassociated from snapshots after volume transfer.',
    );
  }
  const updatedAt = context.cloud.now().toISOString();
  context.cloud.store.transaction(() => {
    for (const snapshot of snapshots) tables.snapshots.put({ ...snapshot, status: 'deleting', updatedAt });
    for (const { id } of tables.attachments.by('volume', row.id)) tables.attachments.delete(id);
    tables.volumes.put({ ...row, status: 'deleting', updatedAt });
  });
  for (const { id } of snapshots) work.snapshot(id);
  work.volume(row.id);
}

/** `{'key': 'value'}`: Cinder's clients send what Python prints. */
function metadataFilter(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/u?(['"])(.*?)\1\s*:\s*u?(['"])(.*?)\3/g)];
  return Object.fromEntries(pairs.map(([, , key = '', , value = '']) => [key, value]));
}

/** What of a query isn't about a row filters nothing. */
function filterFor(name: string, value: string): (row: VolumeRow) => boolean {
  switch (name) {
    case 'name':
    case 'display_name':
      return (row) => row.name === value;
    case 'name~':
      return (row) => (row.name ?? '').includes(value);
    case 'status':
      return (row) => row.status === value;
    case 'bootable':
      return (row) => row.bootable === asBoolean(value);
    case 'availability_zone':
      return (row) => row.zone === value;
    case 'size':
      return (row) => String(row.size) === value;
    case 'user_id':
      return (row) => row.userId === value;
    case 'volume_type_id':
      return (row) => row.typeId === value;
    case 'metadata': {
      const wanted = Object.entries(metadataFilter(value));
      return (row) => wanted.every(([key, text]) => row.metadata[key] === text);
    }
    default:
      return () => true;
  }
}
