import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { turnAwayStrangers } from '../../http/strangers.ts';
import { badRequest, HeatError } from '../errors.ts';

const TITLES: Readonly<Record<number, readonly [title: string, explanation: string]>> = {
  400: [
    'Bad Request',
    'The server could not comply with the request since it is either malformed or otherwise incorrect.',
  ],
  403: ['Forbidden', 'Access was denied to this resource.'],
  404: ['Not Found', 'The resource could not be found.'],
  405: ['Method Not Allowed', 'The method specified is not allowed for this resource.'],
  409: ['Conflict', 'There was a conflict when trying to complete your request.'],
  413: ['Request Entity Too Large', 'The body of your request was too large for this server.'],
  415: ['Unsupported Media Type', 'The request media type is not supported by this server.'],
  500: [
    'Internal Server Error',
    'The server has either erred or is incapable of performing the requested operation.',
  ],
};

/** An error in the form of Heat's fault middleware. */
export function faultBody(status: number, type: string, message: string): object {
  const [title, explanation] = TITLES[status] ?? TITLES[500] ?? ['', ''];
  return { code: status, error: { message, traceback: null, type }, explanation, title };
}

/**
 * Gives errors and unknown paths of a scope the form of Heat's, and turns away whoever has no token.
 *
 * @param isPublic requests that need no token
 */
export function answerWithFaults(
  app: FastifyInstance,
  options: { authUrl: string; isPublic(request: FastifyRequest): boolean },
): void {
  turnAwayStrangers(app, options);
  // Signals come as whatever curl or a script calls them, and deletions with a content type and no body.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, text, done) => {
    if (String(text).trim() === '') return done(null, undefined);
    try {
      done(null, JSON.parse(String(text)));
    } catch (error) {
      done(badRequest(`Malformed request body: ${error instanceof Error ? error.message : String(error)}`));
    }
  });
  app.setErrorHandler((error: FastifyError | Error, request, reply) => answer(error, request, reply));
}

function answer(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof HeatError)
    return reply.code(error.status).send(faultBody(error.status, typeOf(error), error.message));
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
  if (status < 500) return reply.code(status).send(faultBody(status, 'HTTPBadRequest', error.message));
  request.log.error({ err: error }, 'a request failed');
  return reply.code(500).send(faultBody(500, error.name, error.message));
}

function typeOf(error: HeatError): string {
  return error.name;
}
