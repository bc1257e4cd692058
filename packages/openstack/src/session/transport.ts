import { existsSync, readFileSync } from 'node:fs';
import type { Agent, IncomingMessage } from 'node:http';
import { NoAnswer } from './errors.ts';

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Milliseconds until the headers of the answer must be there, and again between parts of its body. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Parsed where the answer is JSON, else its text; undefined if empty. */
  readonly body: unknown;
}

/** Sends one request. Rejects with {@link NoAnswer} when there is no answer, never for a status. */
export type Transport = (request: HttpRequest) => Promise<HttpResponse>;

export interface TransportOptions {
  /** Paths of PEM files: certificates to trust instead of the system's. */
  readonly caFiles?: readonly string[];
  /** The same, as PEM. */
  readonly ca?: string;
  /** What the client shows of itself, as PEM. */
  readonly identity?: { readonly certificate: string; readonly key: string } | undefined;
  readonly insecure?: boolean;
  /** Connections to one host. */
  readonly connections?: number;
}

/** Milliseconds until a connection must stand, and for which one is kept without use. */
const CONNECT_TIMEOUT = 5_000;
const KEPT = 10_000;

/** Where Debian, Red Hat and SUSE keep the certificates that the machine trusts; Node would trust those it came with. */
export function systemCaFiles(): string[] {
  return [
    '/etc/ssl/certs/ca-certificates.crt',
    '/etc/pki/tls/certs/ca-bundle.crt',
    '/etc/ssl/ca-bundle.pem',
    process.env['NODE_EXTRA_CA_CERTS'] ?? '',
  ].filter((file) => existsSync(file));
}

/**
 * Node's own client, asked for by its name: an `import` of it would read each of its exports, and one of those loads a
 * whole browser's `fetch`, 15 MiB. Undici takes 20.
 */
const http = process.getBuiltinModule('node:http');

/** HTTP with kept connections. `close` ends what is under way as well. */
export function httpTransport(options: TransportOptions = {}): Transport & { close(): Promise<void> } {
  const common = { keepAlive: true, maxSockets: options.connections ?? 32, timeout: KEPT };
  const plain = new http.Agent(common);
  let secure: Agent | undefined;

  function agentFor(protocol: string): Agent {
    if (protocol !== 'https:') return plain;
    if (secure) return secure;
    const { caFiles = systemCaFiles(), identity, insecure } = options;
    const ca = options.ca ?? caFiles.map((file) => readFileSync(file, 'utf8')).join('\n');
    // Made once: a tenth of a second, which Node would spend on each connection.
    const secureContext = process.getBuiltinModule('node:tls').createSecureContext({
      // None at all leaves it to those that come with Node.
      ...(ca !== '' && { ca }),
      ...(identity && { cert: identity.certificate, key: identity.key }),
    });
    const { Agent } = process.getBuiltinModule('node:https');
    secure = new Agent({ ...common, secureContext, rejectUnauthorized: insecure !== true });
    return secure;
  }

  async function transport(asked: HttpRequest): Promise<HttpResponse> {
    try {
      const url = new URL(asked.url);
      const { statusCode = 0, headers, text } = await exchange(asked, url, agentFor(url.protocol));
      return { status: statusCode, headers, body: parse(text, headers['content-type']) };
    } catch (error) {
      if (asked.signal?.aborted) throw asked.signal.reason;
      throw new NoAnswer(
        { status: 0, reason: causeOf(error), method: asked.method, url: asked.url },
        { cause: error },
      );
    }
  }

  async function close(): Promise<void> {
    plain.destroy();
    secure?.destroy();
  }

  return Object.assign(transport, { close });
}

interface Answer extends Pick<IncomingMessage, 'statusCode' | 'headers'> {
  readonly text: string;
}

function exchange(asked: HttpRequest, url: URL, agent: Agent): Promise<Answer> {
  const { method, body, signal, timeoutMs: timeout } = asked;
  // Node says it by itself only for methods that it expects to have a body.
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const headers = { ...asked.headers, ...length };
  return new Promise((resolve, reject) => {
    const request = http.request(url, {
      ...{ method, headers, agent, timeout },
      ...(signal && { signal }),
    });
    request.once('socket', (socket) => {
      if (!socket.connecting) return;
      const late = setTimeout(() => {
        request.destroy(new Error(`no connection within ${CONNECT_TIMEOUT / 1000} s`));
      }, CONNECT_TIMEOUT);
      socket.once('connect', () => clearTimeout(late)).once('close', () => clearTimeout(late));
    });
    request.once('timeout', () => request.destroy(new Error(`nothing came for ${timeout / 1000} s`)));
    request.once('error', reject);
    request.once('response', (response) => {
      const { statusCode, headers } = response;
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.once('end', () => resolve({ statusCode, headers, text }));
      response.once('error', reject);
    });
    request.end(body);
  });
}

function parse(text: string, type: string | string[] | undefined): unknown {
  if (text === '') return undefined;
  if (!String(type).includes('json')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError) return causeOf(error.errors[0]);
  return error.message.trim() || error.name;
}
