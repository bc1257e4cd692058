import { Readable } from 'node:stream';
import { newRequestId } from '@gantry/oslo';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { badRequest } from '../../clusters/errors.ts';
import { errorBody } from './error-view.ts';
import type { ApiReply } from './route.ts';

/** Sends an answer. @param headers further ones, such as those for pages of other origins */
export function send(
  reply: FastifyReply,
  answer: ApiReply,
  request: FastifyRequest,
  headers: Readonly<Record<string, string>>,
): FastifyReply {
  const { body } = answer;
  reply.status(answer.status).headers({ ...answer.headers, ...headers });
  if (request.method === 'HEAD' || (body ?? answer.json) === undefined) return reply.send();
  if (typeof body === 'string' || body instanceof Uint8Array || body instanceof Readable)
    return reply.send(body);
  // As bytes, so that no charset is added to the type: the original sends it bare.
  return reply
    .header('content-type', 'application/json')
    .send(Buffer.from(answer.json ?? JSON.stringify(body)));
}

/** Answers for the server, which can't say where a request belongs whose address can't be read. */
export function refuseAddress(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const body = errorBody(400, 'client', `The address can't be read: ${error.message}`);
  send(reply, { status: 400, body }, request, { 'x-openstack-request-id': newRequestId() });
}

/** The path below the plugin's prefix, in decoded parts; slashes that are doubled or last don't count. */
export function segmentsOf(request: FastifyRequest): string[] {
  const params = request.params as { readonly '*'?: string };
  const path = params['*'] ?? '';
  return path.split('/').filter((segment) => segment !== '');
}

/** @throws MagnumError 400 for a parameter that isn't known, comes twice, or can't be read */
export function queryOf(request: FastifyRequest, known: readonly string[]): Record<string, string> {
  const query: Record<string, string> = {};
  const start = request.url.indexOf('?');
  if (start < 0) return query;
  const search = new URLSearchParams(request.url.slice(start + 1));
  for (const [name, value] of search) {
    if (!known.includes(name)) throw badRequest(`Unknown argument: "${name}"`);
    if (Object.hasOwn(query, name)) throw badRequest(`The argument "${name}" is given twice`);
    if (value.includes('\0'))
      throw badRequest(`Invalid input for field/attribute ${name}. It has a NUL character.`);
    query[name] = value;
  }
  return query;
}

export function bytesOf(request: FastifyRequest): Uint8Array | undefined {
  return request.body instanceof Uint8Array ? request.body : undefined;
}

export function oneHeader(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
