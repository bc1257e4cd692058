import type { FastifyRequest } from 'fastify';
import { notFound, projectCaller } from '../http/fault.ts';
import { param, type ComputeContext } from './context.ts';
import type { ServerRow } from './tables.ts';

/** @throws Fault 404 if there is no such server for whoever asks */
export function findServer(context: ComputeContext, request: FastifyRequest): ServerRow {
  const id = param(request, 'server');
  const caller = projectCaller(request);
  const server = context.tables.servers.get(id);
  if (!server || (server.projectId !== caller.projectId && !caller.isAdmin)) {
    throw notFound(`Instance ${id} could not be found.`);
  }
  return server;
}
