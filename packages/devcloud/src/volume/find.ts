import type { FastifyRequest } from 'fastify';
import { notFound } from '../http/fault.ts';
import { param, volumeCaller, type VolumeContext } from './context.ts';
import type { SnapshotRow, VolumeRow, VolumeTypeRow } from './tables.ts';

/** @throws Fault 404 for what isn't there for whoever asks */
export function findVolume(
  context: VolumeContext,
  request: FastifyRequest,
  id = param(request, 'volume'),
): VolumeRow {
  const caller = volumeCaller(request);
  const row = context.tables.volumes.get(id);
  if (!row || (row.projectId !== caller.projectId && !caller.isAdmin)) {
    throw notFound(`Volume ${id} could not be found.`);
  }
  return row;
}

export function findSnapshot(
  context: VolumeContext,
  request: FastifyRequest,
  id = param(request, 'snapshot'),
): SnapshotRow {
  const caller = volumeCaller(request);
  const row = context.tables.snapshots.get(id);
  if (!row || (row.projectId !== caller.projectId && !caller.isAdmin)) {
    throw notFound(`Snapshot ${id} could not be found.`);
  }
  return row;
}

/** A volume type by id or name. */
export function findType(context: VolumeContext, request: FastifyRequest, wanted: string): VolumeTypeRow {
  const { types } = context.tables;
  const row = types.get(wanted) ?? types.by('name', wanted)[0];
  const caller = volumeCaller(request);
  if (!row || !(row.isPublic || caller.isAdmin || row.projects.includes(caller.projectId))) {
    throw notFound(`Volume type ${wanted} could not be found.`);
  }
  return row;
}
