import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../cloud/service.ts';
import { turnAway } from '../../http/strangers.ts';
import type { Context } from '../model/context.ts';
import { NeutronError, badRequest, forbidden, httpBadRequest, revisionMismatch } from '../errors.ts';

/**
 * Makes a fastify scope speak as neutron-server does: JSON whatever the content type says, errors in
 * Neutron's envelope, 401 in keystonemiddleware's before anything else is looked at.
 */
export function speakNeutron(app: FastifyInstance, context: Context): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    if (body === '') return done(null, undefined);
    try {
      done(null, JSON.parse(String(body)));
    } catch {
      done(httpBadRequest('Body contains invalid data'));
    }
  });
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof NeutronError) return send(reply, error);
    const status = statusOf(error);
    if (status !== undefined && status < 500)
      return send(reply, httpBadRequest('Body contains invalid data'));
    context.cloud.log.error({ err: error }, 'network: a request failed');
    return send(
      reply,
      new NeutronError(
        500,
        'HTTPInternalServerError',
        'Request Failed: internal server error while processing your request.',
      ),
    );
  });
  app.setNotFoundHandler((request, reply) => {
    if (!request.caller) return turnAway(reply, `${context.cloud.publicUrl}/identity`);
    return reply.code(404).send({
      message: 'The resource could not be found.<br /><br />\n\n\n',
      code: '404 Not Found',
      title: 'Not Found',
    });
  });
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

function send(reply: FastifyReply, error: NeutronError): FastifyReply {
  return reply
    .code(error.status)
    .send({ NeutronError: { type: error.type, message: error.message, detail: '' } });
}

export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw new Error('a route was reached without a caller');
  return request.caller;
}

export function queryOf(request: FastifyRequest): URLSearchParams {
  const at = request.url.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : request.url.slice(at + 1));
}

/** A token whose only role is `reader` changes nothing. */
export function checkWriter(caller: Caller, rule: string): void {
  const readsOnly =
    !caller.isAdmin && caller.roles.length > 0 && caller.roles.every((role) => role === 'reader');
  if (readsOnly) throw forbidden(`rule:${rule}`);
}

/**
 * `If-Match: revision_number=N`: carries on only if the resource is still at that revision.
 *
 * @throws NeutronError 400 or 412
 */
export function checkRevision(request: FastifyRequest, row: { readonly revision_number: number }): void {
  const header = request.headers['if-match'];
  if (header === undefined) return;
  const etags = header
    .split(',')
    .map((etag) => etag.trim().replaceAll('"', ''))
    .filter((etag) => etag.startsWith('revision_number='));
  if (etags.length === 0) return;
  if (etags.length > 1) throw badRequest('if-match', 'Multiple revision_number etags are not supported.');
  const text = etags[0]?.slice('revision_number='.length) ?? '';
  if (!/^-?\d+$/.test(text)) {
    throw badRequest('if-match', 'Revision number etag must be in the format of revision_number=<int>');
  }
  if (Number(text) !== row.revision_number) throw revisionMismatch(Number(text), row.revision_number);
}
