import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Caller, Cloud } from '../cloud/service.ts';
import { watchRoutes } from '../http/known-routes.ts';
import { turnAwayStrangers } from '../http/strangers.ts';
import { badRequest, ImageError, renderError } from './image-error.ts';

/** Image data comes as a stream, all else as text that is JSON or nothing. */
export function takeBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    try {
      const value: unknown = JSON.parse(String(body));
      return done(null, value);
    } catch {
      return done(badRequest('Malformed JSON in request body.'));
    }
  });
}

/** Refuses strangers as keystonemiddleware does, and renders every failure as Glance does. */
export function answerErrors(app: FastifyInstance, cloud: Cloud): void {
  turnAwayStrangers(app, {
    authUrl: `${cloud.publicUrl}/identity`,
    isPublic: (request) => /^\/image\/?(versions\/?)?$/.test(request.url.split('?')[0] ?? ''),
  });

  app.setErrorHandler(async (error, request, reply) => {
    const { status, message } = told(error);
    if (status >= 500)
      cloud.log.error({ err: error, method: request.method, url: request.url }, 'image request failed');
    const { type, body } = renderError(status, message, request.headers.accept);
    return reply.code(status).type(type).send(body);
  });

  const routes = watchRoutes(app);
  app.setNotFoundHandler(async (request, reply) => {
    const methods = routes.methodsFor(request.url);
    const status = methods.length > 0 ? 405 : 404;
    const message =
      status === 405
        ? `The method ${request.method} is not allowed for this resource.`
        : 'The resource could not be found.';
    const { type, body } = renderError(status, message, request.headers.accept);
    if (status === 405) reply.header('allow', methods.join(', '));
    return reply.code(status).type(type).send(body);
  });
}

function told(error: unknown): { status: number; message: string } {
  if (error instanceof ImageError) return { status: error.status, message: error.message };
  const status = error instanceof Error ? Reflect.get(error, 'statusCode') : undefined;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return { status, message: error instanceof Error ? error.message : '' };
  }
  if (error instanceof Error && Reflect.get(error, 'code') === 'ENOSPC') {
    return { status: 413, message: 'There is not enough disk space on the image storage media.' };
  }
  return {
    status: 500,
    message: 'The server has either erred or is incapable of performing the requested operation.',
  };
}

/** Who asks; the hook above let nobody else through. */
export function callerOf(request: FastifyRequest): Caller {
  const { caller } = request;
  if (!caller) throw new ImageError(401, 'The request you have made requires authentication.');
  return caller;
}
