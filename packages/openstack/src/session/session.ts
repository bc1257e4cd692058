import { setTimeout as delay } from 'node:timers/promises';
import { authRequest, type CatalogEntry, type Credentials, type TokenBody } from './auth.ts';
import { EndpointNotFound, OpenStackError, reasonIn } from './errors.ts';
import { httpTransport, type HttpResponse, type Transport } from './transport.ts';

export type Interface = 'public' | 'internal' | 'admin';

export interface SessionOptions {
  /** Keystone's address, with or without `/v3`. */
  readonly authUrl: string;
  readonly credentials: Credentials;
  readonly interface?: Interface;
  readonly region?: string | undefined;
  readonly transport?: Transport;
  /** Milliseconds for one request; 30 s unless told. */
  readonly timeoutMs?: number;
  readonly now?: () => number;
  /** Waits so many milliseconds before a request is sent again; must end early, by rejecting or not, when aborted. */
  readonly pause?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Addresses that win over the catalog, by service type. */
  readonly endpoints?: Readonly<Record<string, string>>;
}

export interface Ask {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the service's endpoint, beginning with `/`. */
  readonly path: string;
  readonly query?: Query | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
  /**
   * How often a transient failure is tried again; 3 for GET and HEAD, else 0, because a request whose answer
   * was lost may have been carried out. Give a number for a write that can safely be sent twice.
   */
  readonly retries?: number;
}

/** Query parameters; a list repeats its key, undefined leaves it out. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export interface Token {
  readonly id: string;
  readonly body: TokenBody;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A caller of OpenStack: it logs in when it must, finds endpoints in the catalog, and tells failures apart. */
export interface Session {
  /** Asks a service. @throws OpenStackError for every status from 400 on, NoAnswer (a kind of it) without any. */
  ask<T = unknown>(service: string, ask: Ask): Promise<T>;
  /** The same, with status and headers. */
  askFully(service: string, ask: Ask): Promise<HttpResponse>;
  token(): Promise<Token>;
  /** Address of a service in the catalog, without a trailing slash. @throws EndpointNotFound */
  endpoint(service: string): Promise<string>;
  readonly authUrl: string;
}

/** Other names under which catalogs list a service. Source: OpenStack service-types authority. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  volumev3: ['volumev3', 'block-storage', 'volume'],
  'container-infra': ['container-infra', 'container-infrastructure', 'container-infrastructure-management'],
};

/** Catalogs give these services without their version; our paths come after it. */
const VERSIONS: Readonly<Record<string, string>> = {
  network: '/v2.0',
  image: '/v2',
  'load-balancer': '/v2',
};

/** A token is renewed this many milliseconds before it expires, so that it outlives the request it is used for. */
const RENEW_BEFORE = 120_000;

export function createSession(options: SessionOptions): Session {
  const transport = options.transport ?? httpTransport();
  const now = options.now ?? Date.now;
  const pause =
    options.pause ?? ((milliseconds, signal) => delay(milliseconds, undefined, signal ? { signal } : {}));
  const timeoutMs = options.timeoutMs ?? 30_000;
  const authUrl = options.authUrl.replace(/\/+$/, '').replace(/\/v3$/, '');
  let current: Token | undefined;
  let pending: Promise<Token> | undefined;

  async function login(): Promise<Token> {
    const url = `${authUrl}/v3/auth/tokens`;
    const answer = await sendWithRetries(3, {
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(authRequest(options.credentials)),
      timeoutMs,
    });
    const id = answer.headers['x-subject-token'];
    if (typeof id !== 'string') {
      throw new OpenStackError({
        status: answer.status,
        reason: 'no X-Subject-Token in the answer',
        method: 'POST',
        url,
      });
    }
    const { token } = answer.body as { token: TokenBody };
    return { id, body: token, expiresAt: Date.parse(token.expires_at) };
  }

  /** Whoever asks while a login is under way waits for that one. */
  function token(): Promise<Token> {
    if (current && current.expiresAt - RENEW_BEFORE > now()) return Promise.resolve(current);
    pending ??= login()
      .then((fresh) => (current = fresh))
      .finally(() => (pending = undefined));
    return pending;
  }

  async function endpoint(service: string): Promise<string> {
    const given = options.endpoints?.[service];
    if (given !== undefined) return withVersion(service, given.replace(/\/+$/, ''));
    if (service === 'identity') return `${authUrl}/v3`;
    const { body } = await token();
    return findEndpoint(body.catalog ?? [], service, options.interface ?? 'public', options.region);
  }

  async function sendWithRetries(retries: number, request: Parameters<Transport>[0]): Promise<HttpResponse> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await transport(request);
        if (answer.status < 400) return answer;
        throw new OpenStackError({
          status: answer.status,
          reason: reasonIn(answer.body, `HTTP ${answer.status}`),
          method: request.method,
          url: request.url,
          requestId: requestId(answer),
        });
      } catch (error) {
        if (!(error instanceof OpenStackError) || !error.transient || attempt >= retries) throw error;
        await pause(Math.min(200 * 2 ** attempt, 2_000), request.signal);
        request.signal?.throwIfAborted();
      }
    }
  }

  async function askFully(service: string, ask: Ask): Promise<HttpResponse> {
    const retries = ask.retries ?? (ask.method === 'GET' || ask.method === 'HEAD' ? 3 : 0);
    for (let renewed = false; ; renewed = true) {
      const { id } = await token();
      const url = (await endpoint(service)) + ask.path + queryString(ask.query);
      try {
        return await sendWithRetries(retries, {
          method: ask.method,
          url,
          headers: {
            accept: 'application/json',
            ...(ask.body === undefined ? {} : { 'content-type': 'application/json' }),
            ...ask.headers,
            'x-auth-token': id,
          },
          ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
          timeoutMs: ask.timeoutMs ?? timeoutMs,
          signal: ask.signal,
        });
      } catch (error) {
        // Revoked before its time, or Keystone lost it: one new login.
        const refused = error instanceof OpenStackError && error.status === 401;
        if (!refused || renewed || options.credentials.type === 'token') throw error;
        if (current?.id === id) current = undefined;
      }
    }
  }

  return {
    authUrl,
    token,
    endpoint,
    askFully,
    async ask<T>(service: string, ask: Ask): Promise<T> {
      return (await askFully(service, ask)).body as T;
    },
  };
}

function findEndpoint(
  catalog: readonly CatalogEntry[],
  service: string,
  wanted: Interface,
  region: string | undefined,
): string {
  const names = ALIASES[service] ?? [service];
  for (const name of names) {
    for (const entry of catalog) {
      if (entry.type !== name) continue;
      const found = entry.endpoints.find(
        (candidate) =>
          candidate.interface === wanted && (region === undefined || candidate.region === region),
      );
      if (found) return withVersion(service, found.url.replace(/\/+$/, ''));
    }
  }
  const where = region === undefined ? '' : ` in region ${region}`;
  throw new EndpointNotFound(`the catalog has no ${wanted} endpoint of type ${service}${where}`);
}

function withVersion(service: string, url: string): string {
  const version = VERSIONS[service] ?? '';
  return url.endsWith(version) ? url : url + version;
}

function requestId(answer: HttpResponse): string | undefined {
  const id = answer.headers['x-openstack-request-id'];
  return typeof id === 'string' ? id : undefined;
}

function queryString(query: Query | undefined): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    if (typeof value === 'object') for (const item of value) search.append(key, item);
    else search.append(key, String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}
