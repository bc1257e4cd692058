import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { unauthorized } from '@gantry/oslo';

/** Answers as keystonemiddleware does before a service to whoever has no valid token. */
export function turnAway(reply: FastifyReply, authUrl: string): FastifyReply {
  const { status, headers, body } = unauthorized(authUrl);
  return reply.code(status).headers(headers).send(body);
}

/** Lets nobody without a valid token further than `isPublic` says. */
export function turnAwayStrangers(
  app: FastifyInstance,
  options: { readonly authUrl: string; isPublic(request: FastifyRequest): boolean },
): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.caller || options.isPublic(request)) return undefined;
    return turnAway(reply, options.authUrl);
  });
}
