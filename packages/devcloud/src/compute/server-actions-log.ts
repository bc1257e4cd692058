import type { FastifyInstance, FastifyRequest } from 'fastify';
import { notFound } from '../http/fault.ts';
import { minor, param, seconds, timestamp, type ComputeContext } from './context.ts';
import { findServer } from './find-server.ts';
import type { ActionRow } from './tables.ts';

/** Notes that something was asked of a server. @returns the id of the note */
export function recordAction(
  context: ComputeContext,
  request: FastifyRequest,
  serverId: string,
  action: string,
): string {
  const id = `req-${context.cloud.uuid()}`;
  context.tables.actions.put({
    id,
    serverId,
    action,
    requestId: id,
    userId: request.caller?.userId ?? '',
    projectId: request.caller?.projectId ?? '',
    startedAt: timestamp(context.cloud),
    finishedAt: undefined,
    error: undefined,
  });
  return id;
}

export function instanceActionRoutes(app: FastifyInstance, context: ComputeContext): void {
  app.get('/servers/:server/os-instance-actions', async (request) => {
    const rows = actionsOf(request).toReversed();
    return { instanceActions: rows.map((row) => view(request, row)) };
  });

  app.get('/servers/:server/os-instance-actions/:action', async (request) => {
    const id = param(request, 'action');
    const row = actionsOf(request).find(({ requestId }) => requestId === id);
    if (!row) throw notFound(`Action for request_id ${id} on instance ${param(request, 'server')} not found`);
    return { instanceAction: { ...view(request, row), events: eventsOf(request, row) } };
  });

  /** Those of a deleted server can still be read. */
  function actionsOf(request: FastifyRequest): ActionRow[] {
    const id = param(request, 'server');
    const rows = context.tables.actions.by('server', id);
    if (context.tables.servers.get(id)) findServer(context, request);
    const own = rows.filter(
      (row) => request.caller?.isAdmin === true || row.projectId === request.caller?.projectId,
    );
    if (own.length === 0) throw notFound(`Instance ${id} could not be found.`);
    return own;
  }
}

function eventsOf(request: FastifyRequest, row: ActionRow): object[] {
  return [
    {
      event: `compute_${row.action}`,
      start_time: precise(row.startedAt),
      finish_time: row.finishedAt === undefined ? null : precise(row.finishedAt),
      result: row.finishedAt === undefined ? null : row.error === undefined ? 'Success' : 'Error',
      traceback: null,
      ...(minor(request) >= 62 ? { hostId: '' } : {}),
      ...(minor(request) >= 84 ? { details: row.error ?? null } : {}),
    },
  ];
}

function view(request: FastifyRequest, row: ActionRow): object {
  return {
    action: row.action,
    instance_uuid: row.serverId,
    request_id: row.requestId,
    user_id: row.userId,
    project_id: row.projectId,
    start_time: precise(row.startedAt),
    message: row.error === undefined ? null : 'Error',
    ...(minor(request) >= 58 ? { updated_at: precise(row.finishedAt ?? row.startedAt) } : {}),
  };
}

/** `2026-11-21T20:46:13.000000` */
function precise(iso: string): string {
  return `${seconds(iso).slice(0, -1)}.${iso.slice(20, 23)}000`;
}
