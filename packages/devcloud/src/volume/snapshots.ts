import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { badRequest } from '../http/fault.ts';
import { asBoolean, Nullable, OsBoolean, parseBody, Uuid } from '../http/openstack-schema.ts';
import { minor, pageOf, queryOf, shownTime, volumeCaller, type VolumeContext } from './context.ts';
import { VolumeMetadata } from './create-volume.ts';
import { findSnapshot, findVolume } from './find.ts';
import { requireVolumeQuota } from './quota.ts';
import type { SnapshotRow } from './tables.ts';

const Text = Type.Optional(Nullable(Type.String({ maxLength: 255 })));
const Create = Type.Object({
  snapshot: Type.Object({
    volume_id: Uuid,
    name: Text,
    display_name: Text,
    description: Text,
    force: Type.Optional(Nullable(OsBoolean)),
    metadata: Type.Optional(Nullable(VolumeMetadata)),
  }),
});
const Update = Type.Object({ snapshot: Type.Object({ name: Text, description: Text }) });

const SORT: Readonly<Record<string, (row: SnapshotRow) => unknown>> = {
  id: ({ id }) => id,
  status: ({ status }) => status,
  name: ({ name }) => name,
  display_name: ({ name }) => name,
  created_at: ({ createdAt }) => createdAt,
};

export function snapshotRoutes(app: FastifyInstance, context: VolumeContext): void {
  const { snapshots } = context.tables;

  const listed = (request: FastifyRequest, path: string) => {
    const caller = volumeCaller(request);
    const query = queryOf(request);
    const everybody = caller.isAdmin && asBoolean(query['all_tenants']);
    const rows = (everybody ? snapshots.all() : snapshots.by('project', caller.projectId)).filter(
      (row) =>
        (query['volume_id'] ?? row.volumeId) === row.volumeId &&
        (query['status'] ?? row.status) === row.status &&
        (query['name'] ?? row.name) === row.name,
    );
    return pageOf(request, rows, path, SORT);
  };

  for (const path of ['/snapshots', '/snapshots/detail']) {
    app.get(path, async (request) => {
      const { rows, links } = listed(request, path);
      return {
        snapshots: rows.map((row) => view(request, row)),
        ...(links ? { snapshots_links: links } : {}),
      };
    });
  }
  app.get('/snapshots/:snapshot', async (request) => ({
    snapshot: view(request, findSnapshot(context, request)),
  }));

  app.post('/snapshots', async (request, reply) => {
    const caller = volumeCaller(request);
    const { snapshot: asked } = parseBody(Create, request.body);
    const volume = findVolume(context, request, asked.volume_id);
    // From 3.66 on a volume in use needs no force.
    const forced = minor(request) >= 66 || asBoolean(asked.force ?? false);
    if (volume.status !== 'available' && !(forced && volume.status === 'in-use')) {
      throw badRequest(
        `Invalid volume: Volume ${volume.id} status must be available, but current status is: ${volume.status}.`,
      );
    }
    requireVolumeQuota(context, caller.projectId, { snapshots: 1, gigabytes: volume.size });
    const now = context.cloud.now().toISOString();
    const row = snapshots.put({
      id: context.cloud.uuid(),
      name: asked.name ?? asked.display_name ?? null,
      description: asked.description ?? null,
      projectId: volume.projectId,
      userId: caller.userId,
      volumeId: volume.id,
      size: volume.size,
      status: 'creating',
      createdAt: now,
      updatedAt: now,
      metadata: asked.metadata ?? {},
    });
    context.work.snapshot(row.id);
    return reply.code(202).send({ snapshot: view(request, row) });
  });

  app.put('/snapshots/:snapshot', async (request) => {
    const row = findSnapshot(context, request);
    const { name, description } = parseBody(Update, request.body).snapshot;
    const changed = snapshots.put({
      ...row,
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      updatedAt: context.cloud.now().toISOString(),
    });
    return { snapshot: view(request, changed) };
  });

  app.delete('/snapshots/:snapshot', async (request, reply) => {
    const row = findSnapshot(context, request);
    if (row.status !== 'available' && row.status !== 'error') {
      throw badRequest(
        `Invalid snapshot: Snapshot status must be available or error to be deleted. It is ${row.status}.`,
      );
    }
    snapshots.put({ ...row, status: 'deleting', updatedAt: context.cloud.now().toISOString() });
    context.work.snapshot(row.id);
    return reply.code(202).send();
  });
}

function view(request: FastifyRequest, row: SnapshotRow): object {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    status: row.status,
    size: row.size,
    volume_id: row.volumeId,
    created_at: shownTime(row.createdAt),
    updated_at: shownTime(row.updatedAt),
    metadata: row.metadata,
    'os-extended-snapshot-attributes:project_id': row.projectId,
    'os-extended-snapshot-attributes:progress': row.status === 'available' ? '100%' : '0%',
    ...(minor(request) >= 14 ? { group_snapshot_id: null } : {}),
    ...(minor(request) >= 41 ? { user_id: row.userId } : {}),
    ...(minor(request) >= 65 ? { consumes_quota: true } : {}),
  };
}
