import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Caller } from '../cloud/service.ts';
import { watchRoutes } from './known-routes.ts';
import { SchemaError } from './openstack-schema.ts';
import { turnAwayStrangers } from './strangers.ts';

/** A refusal with the message its reader gets. Nova, Cinder: `{"<name of the status>": {"code", "message"}}`. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const badRequest = (message: string) => new Fault(400, message);
export const forbidden = (message: string) => new Fault(403, message);
export const notFound = (message: string) => new Fault(404, message);
export const conflict = (message: string) => new Fault(409, message);

/** Who asks, where the routes in front have made sure that somebody does; and on which project. */
export interface ProjectCaller extends Caller {
  readonly projectId: string;
}

const NAMES: Readonly<Record<number, string>> = {
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'itemNotFound',
  405: 'badMethod',
  409: 'conflictingRequest',
  413: 'overLimit',
  415: 'badMediaType',
  429: 'overLimit',
  501: 'notImplemented',
  503: 'serviceUnavailable',
};

export function faultBody(status: number, message: string): Record<string, object> {
  return { [NAMES[status] ?? 'computeFault']: { code: status, message } };
}

/**
 * Makes every error of a scope an answer of Nova's (and Cinder's) form, and lets nobody without a valid
 * token further than `isPublic` says.
 */
export function answerWithFaults(
  app: FastifyInstance,
  options: { readonly authUrl: string; isPublic(request: FastifyRequest): boolean },
): void {
  const known = watchRoutes(app);
  turnAwayStrangers(app, options);
  // Delete requests of some clients carry a content type and nothing else.
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    if (text === '') return done(null, undefined);
    try {
      done(null, JSON.parse(String(text)));
    } catch {
      done(badRequest('Malformed request body'));
    }
  });
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof Fault) return reply.code(error.status).send(faultBody(error.status, error.message));
    if (error instanceof SchemaError) return reply.code(400).send(faultBody(400, error.message));
    const status = statusOf(error);
    if (status === 413) return reply.code(413).send(faultBody(413, 'Request is too large.'));
    if (status === 415) return reply.code(415).send(faultBody(415, 'Unsupported Content-Type'));
    if (status >= 400 && status < 500) {
      return reply
        .code(status)
        .send(faultBody(status, error instanceof Error ? error.message : 'Bad request'));
    }
    request.log.error({ err: error }, 'a request failed');
    return reply
      .code(500)
      .send(
        faultBody(
          500,
          `Unexpected API Error: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`,
        ),
      );
  });
  app.setNotFoundHandler((request, reply) => {
    const methods = known.methodsFor(request.url);
    if (methods.length > 0) {
      return reply
        .code(405)
        .header('allow', methods.join(', '))
        .send(faultBody(405, 'The method is not allowed for the requested URL.'));
    }
    return reply.code(404).send({
      message: 'The resource could not be found.<br /><br />\n\n\n',
      code: '404 Not Found',
      title: 'Not Found',
    });
  });
}

function statusOf(error: unknown): number {
  return typeof error === 'object' && error !== null && 'statusCode' in error
    ? Number(error.statusCode)
    : 500;
}

/** @throws Fault 403 if the token isn't scoped to a project */
export function projectCaller(request: FastifyRequest): ProjectCaller {
  const { caller } = request;
  if (caller?.projectId === undefined) {
    throw forbidden("Policy doesn't allow this: the token is not scoped to a project.");
  }
  return { ...caller, projectId: caller.projectId };
}

/** @throws Fault 403 as oslo.policy words it */
export function requireAdmin(request: FastifyRequest, rule: string): void {
  if (!request.caller?.isAdmin) throw forbidden(`Policy doesn't allow ${rule} to be performed.`);
}
