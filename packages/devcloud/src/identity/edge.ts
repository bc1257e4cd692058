import type { FastifyInstance } from 'fastify';
import type { Logger } from '@gantry/oslo';
import { watchRoutes } from '../http/known-routes.ts';
import { badRequest, errorBody, IdentityError, missing } from './identity-error.ts';
import { isFields } from './request-body.ts';
import { rootOf } from './views.ts';

/** Reads bodies as Keystone does: JSON objects, and nothing at all where clients send an empty body with a type. */
export function takeJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    const type = request.headers['content-type'] ?? '';
    if (!/^(application\/json|application\/octet-stream|$)/.test(type)) {
      return done(missing('application/json', 'Content-Type header'));
    }
    try {
      const value: unknown = JSON.parse(String(body));
      return isFields(value) ? done(null, value) : done(missing('valid JSON', 'request body'));
    } catch {
      return done(missing('valid JSON', 'request body'));
    }
  });
}

/** Renders every failure in this scope as an identity error body. */
export function answerErrors(app: FastifyInstance, log: Logger): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('vary', 'X-Auth-Token');
  });

  app.setErrorHandler(async (error, request, reply) => {
    const shown = asIdentityError(error);
    if (shown.code >= 500)
      log.error({ err: error, method: request.method, url: request.url }, 'identity request failed');
    if (shown.code === 401) reply.header('www-authenticate', `Keystone uri="${rootOf(request)}"`);
    return reply.code(shown.code).send(errorBody(shown));
  });

  const routes = watchRoutes(app);
  app.setNotFoundHandler(async (request, reply) => {
    const methods = routes.methodsFor(request.url);
    if (methods.length > 0) {
      const refused = new IdentityError(405, 'The method is not allowed for the requested URL.');
      return reply.code(405).header('allow', methods.join(', ')).send(errorBody(refused));
    }
    const error = new IdentityError(
      404,
      'The requested URL was not found on the server. If you entered the URL manually please check your ' +
        'spelling and try again.',
    );
    return reply.code(404).send(errorBody(error));
  });
}

function asIdentityError(error: unknown): IdentityError {
  if (error instanceof IdentityError) return error;
  const status = isFields(error) || error instanceof Error ? Reflect.get(error, 'statusCode') : undefined;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    const message = error instanceof Error ? error.message : 'The request is malformed.';
    return status === 400 ? badRequest(message) : new IdentityError(status, message);
  }
  return new IdentityError(500, 'An unexpected error prevented the server from fulfilling your request.');
}
