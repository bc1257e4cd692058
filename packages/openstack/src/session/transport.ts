import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
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
  /** Certificates to trust instead of the system's: path of a PEM file. */
  readonly caFile?: string | undefined;
  readonly insecure?: boolean;
  /** Connections to one host. */
  readonly connections?: number;
}

/** HTTP with kept connections, over undici. */
export function httpTransport(options: TransportOptions = {}): Transport & { close(): Promise<void> } {
  const agent = new Agent({
    connections: options.connections ?? 32,
    keepAliveTimeout: 10_000,
    connect: {
      timeout: 5_000,
      rejectUnauthorized: options.insecure !== true,
      ...(options.caFile === undefined ? {} : { ca: readFileSync(options.caFile) }),
    },
  });

  async function transport(asked: HttpRequest): Promise<HttpResponse> {
    try {
      const answer = await request(asked.url, {
        method: asked.method,
        headers: asked.headers,
        body: asked.body ?? null,
        signal: asked.signal ?? null,
        headersTimeout: asked.timeoutMs,
        bodyTimeout: asked.timeoutMs,
        dispatcher: agent,
      });
      const text = await answer.body.text();
      return {
        status: answer.statusCode,
        headers: answer.headers,
        body: parse(text, answer.headers['content-type']),
      };
    } catch (error) {
      if (asked.signal?.aborted) throw asked.signal.reason;
      throw new NoAnswer(
        { status: 0, reason: causeOf(error), method: asked.method, url: asked.url },
        { cause: error },
      );
    }
  }

  return Object.assign(transport, { close: () => agent.close() });
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
  return error.message === '' ? error.name : error.message;
}
