import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Driver } from '../driver/context.ts';
import { KuryrError, refusalOf } from '../driver/errors.ts';
import { readMessage } from './message.ts';
import { METHODS } from './methods.ts';

/** What Docker says it understands. */
const CONTENT_TYPE = 'application/vnd.docker.plugins.v1.2+json';
const LARGEST_BODY = 1024 * 1024;

/** Docker waits for ever, and holds the network's lock meanwhile; so nothing here waits longer than this, in milliseconds. */
export const DEADLINE_MS = 28_000;

/** The plug-in's HTTP server; not listening yet. */
export function pluginServer(driver: Driver): Server {
  const server = createServer(
    {
      // Docker sends an empty Host up to version 23.
      requireHostHeader: false,
      // A connection is Docker's to close: a request that meets a closing one is repeated without its body.
      keepAliveTimeout: 0,
      requestTimeout: 60_000,
    },
    (request, response) => {
      void respond(driver, request, response);
    },
  );
  return server;
}

async function respond(driver: Driver, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? '';
  const started = performance.now();
  let status = 200;
  let answer: object;
  let log = driver.log;
  try {
    const body = await bodyOf(request);
    answer = await answerTo(driver, request.method ?? '', path, body, (ids) => (log = log.child(ids)));
  } catch (error) {
    const refusal = refusalOf(error);
    status = refusal.status;
    answer = { Err: refusal.text };
    if (error instanceof KuryrError && error.cause === undefined) log.warn({ path, status }, refusal.text);
    else log.warn({ err: error, path, status }, refusal.text);
  }
  log.debug({ path, status, ms: Math.round((performance.now() - started) * 10) / 10 }, 'answered');
  // A body, even an empty one, is what Docker waits for.
  const text = `${JSON.stringify(answer)}\n`;
  response.writeHead(status, { 'content-type': CONTENT_TYPE, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

async function answerTo(
  driver: Driver,
  verb: string,
  path: string,
  body: string,
  identify: (ids: Record<string, string>) => void,
): Promise<object> {
  const method = Object.hasOwn(METHODS, path) ? METHODS[path] : undefined;
  if (!method) throw new KuryrError('not-found', `there is no method ${path}`);
  if (verb !== 'POST') throw new KuryrError('bad-request', `${path} must be asked with POST, not ${verb}`);
  if (!method.body) return method.answer(driver);
  const message = readMessage(body);
  const ids: Record<string, string> = {};
  for (const [key, name] of [
    ['NetworkID', 'networkId'],
    ['EndpointID', 'endpointId'],
    ['PoolID', 'poolId'],
  ] as const) {
    const id = message.text(key);
    if (id !== '') ids[name] = id;
  }
  identify(ids);
  return method.answer(driver, message, AbortSignal.timeout(DEADLINE_MS));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > LARGEST_BODY) throw new KuryrError('bad-request', 'the body is longer than a megabyte');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}
