import { refuseAddress } from '@gantry/magnum';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';

/** What the servers of all our processes have in common. */
export const serverOptions = {
  routerOptions: { maxParamLength: 500 },
  forceCloseConnections: 'idle',
  // Requests and answers are checked by the services; to load what fastify has for that takes a fifth of the start.
  schemaController: { compilersFactory: { buildValidator: () => noSchema, buildSerializer: () => noSchema } },
  frameworkErrors: refuseAddress,
} as const satisfies FastifyServerOptions;

function noSchema(): never {
  throw new Error('no route has a schema for fastify');
}

/**
 * Ends a server: it takes no more requests, and what is under way is finished first. Clients that aren't done in time,
 * or never send the rest of a request, are cut off: else each could keep the process alive.
 *
 * @param seconds 0: they are waited for, however long it takes
 */
export async function closeServer(app: FastifyInstance, seconds: number): Promise<void> {
  const late = seconds > 0 ? setTimeout(() => app.server.closeAllConnections(), seconds * 1000) : undefined;
  await app.close().finally(() => clearTimeout(late));
}
