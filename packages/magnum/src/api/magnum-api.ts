import { randomUUID } from 'node:crypto';
import {
  createTokenCheck,
  KeystoneUnavailable,
  newRequestId,
  publicAddress,
  unauthorized,
  type RequestContext,
} from '@gantry/oslo';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { badRequest, MagnumError, methodNotAllowed } from '../clusters/errors.ts';
import { administrationRoutes } from './administration-routes.ts';
import { certificateRoutes } from './certificate-routes.ts';
import { clusterRoutes } from './cluster-routes.ts';
import { rootDocument, versionDocument } from './discovery.ts';
import { errorBody } from './error-view.ts';
import {
  atLeast,
  MAX_VERSION,
  negotiate,
  notInVersion,
  versionHeaders,
  type Microversion,
} from './microversion.ts';
import { nodegroupRoutes } from './nodegroup-routes.ts';
import { createPolicies } from './policies.ts';
import { quotaRoutes } from './quota-routes.ts';
import { parseBody } from './request-body.ts';
import { matchRoute, type ApiReply, type Route } from './route.ts';
import type { ApiServices } from './services.ts';
import { templateRoutes } from './template-routes.ts';

export interface MagnumApiOptions extends Omit<
  ApiServices,
  'policies' | 'inTrusteeDomain' | 'now' | 'uuid' | 'random'
> {
  /** The domain in which Magnum makes users for clusters; undefined if there is none. */
  readonly trusteeDomainId?: (() => Promise<string | undefined>) | undefined;
  /** Keystone's address for clients, in the challenge of a 401. */
  readonly authUrl: string;
  /** In which the operator's policy is looked for, unless its path is absolute; by default nowhere. */
  readonly configFolders?: readonly string[];
  /** The newest version offered, to stand in for an older release. */
  readonly maxVersion?: Microversion;
  readonly now?: () => Date;
  readonly uuid?: () => string;
  /** A number from 0 up to 1. */
  readonly random?: () => number;
}

/**
 * Magnum's API as a fastify plugin: at the root of a server of its own, or below a prefix of another's. It takes
 * every path there, with its own rules about slashes, so it does not depend on how the server routes.
 */
export function createMagnumApi(options: MagnumApiOptions): FastifyPluginAsync {
  const max = options.maxVersion ?? MAX_VERSION;
  let trusteeDomain: string | undefined;
  const inTrusteeDomain = (context: RequestContext): boolean =>
    trusteeDomain !== undefined && context.userDomainId === trusteeDomain;
  const now = options.now ?? (() => new Date());
  const services: ApiServices = {
    ...options,
    now,
    uuid: options.uuid ?? randomUUID,
    random: options.random ?? Math.random,
    inTrusteeDomain,
    policies: createPolicies({
      settings: options.settings.oslo_policy,
      folders: options.configFolders ?? [],
      trusteeDomain: () => trusteeDomain,
      log: options.log,
      now: () => now().getTime(),
    }),
  };
  const routes = [
    ...templateRoutes(services),
    ...clusterRoutes(services),
    ...nodegroupRoutes(services),
    ...certificateRoutes(services),
    ...quotaRoutes(services),
    ...administrationRoutes(services),
  ];
  const tokens = createTokenCheck({
    session: options.sessions.ofService(),
    cacheSeconds: options.settings.keystone_authtoken.token_cache_time,
    now: () => now().getTime(),
  });

  async function answer(request: FastifyRequest, base: string, requestId: string): Promise<ApiReply> {
    const segments = segmentsOf(request);
    const [first, ...rest] = segments;
    const versioned = first === 'v1';
    const below = versioned ? rest : segments;
    if (below.length === 0) return discovery(request, base, versioned);
    if (first === 'healthcheck')
      return { status: 200, body: 'OK', headers: { 'content-type': 'text/plain' } };
    const context = await callerOf(request);
    if (!context) return unauthorized(options.authUrl);
    const negotiated = negotiate(oneHeader(request, 'openstack-api-version'), max);
    if (!('version' in negotiated)) {
      return { status: 406, body: negotiated.refusal, headers: negotiated.headers };
    }
    const { version } = negotiated;
    const reply = await dispatch(routes, below, { request, context, version, base, requestId });
    return { ...reply, headers: { ...versionHeaders(version, max), ...reply.headers } };
  }

  function discovery(request: FastifyRequest, base: string, versioned: boolean): ApiReply {
    if (request.method !== 'GET') return refused(methodNotAllowed('Method Not Allowed'), '');
    if (!versioned) return { status: 200, body: rootDocument(base, max) };
    const negotiated = negotiate(oneHeader(request, 'openstack-api-version'), max);
    if (!('version' in negotiated)) {
      return { status: 406, body: negotiated.refusal, headers: negotiated.headers };
    }
    return { status: 200, body: versionDocument(base), headers: versionHeaders(negotiated.version, max) };
  }

  async function callerOf(request: FastifyRequest): Promise<RequestContext | undefined> {
    const token = oneHeader(request, 'x-auth-token');
    if (token === undefined) return undefined;
    trusteeDomain ??= await options.trusteeDomainId?.();
    const context = await tokens.check(token);
    return context && services.policies.withAdmin(context);
  }

  async function dispatch(
    known: readonly Route[],
    segments: readonly string[],
    { request, context, version, base, requestId }: Dispatch,
  ): Promise<ApiReply> {
    try {
      const matched = matchRoute(known, request.method, segments);
      if (matched === undefined) return { status: 404, body: errorBody(404, '', '', 'Not Found') };
      if (matched === 'wrong method') return refused(methodNotAllowed('Method Not Allowed'), '');
      const { route, params } = matched;
      if (route.since && !atLeast(version, route.since)) {
        return refused(new MagnumError(406, notInVersion(version, route.method.toLowerCase())), '');
      }
      const query = queryOf(request, route.query ?? []);
      const body = (): unknown => parseBody(bytesOf(request), oneHeader(request, 'content-type'));
      return await route.handle({ context, version, params, query, body, base, requestId });
    } catch (error) {
      return failed(error, requestId);
    }
  }

  function failed(error: unknown, requestId: string): ApiReply {
    if (error instanceof MagnumError) {
      if (error.cause !== undefined) options.log.info({ requestId, err: error.cause }, error.message);
      return refused(error, error.status < 500 ? 'client' : 'server');
    }
    options.log.error({ requestId, err: error }, 'a request failed');
    const detail = `The server failed on this request; its log says why, under ${requestId}.`;
    return { status: 500, body: errorBody(500, 'server', detail, 'Internal Server Error') };
  }

  return async (scope: FastifyInstance) => {
    const address = {
      prefix: scope.prefix.replace(/\/+$/, ''),
      trustProxy: options.settings.oslo_middleware.enable_proxy_headers_parsing,
      fallbackHost: `${options.settings.api.host}:${options.settings.api.port}`,
    };
    scope.removeAllContentTypeParsers();
    const bodyLimit = options.settings.oslo_middleware.max_request_body_size;
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) =>
      done(null, body),
    );
    scope.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
      const requestId = newRequestId();
      const status = error.statusCode ?? 500;
      const known = status < 500 ? new MagnumError(status, error.message) : error;
      return send(reply, failed(known, requestId), requestId, request);
    });
    const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const requestId = newRequestId(services.uuid);
      let answered: ApiReply;
      try {
        answered = await answer(request, publicAddress(request, address), requestId);
      } catch (error) {
        answered = error instanceof KeystoneUnavailable ? keystoneDown(error) : failed(error, requestId);
      }
      return send(reply, answered, requestId, request);
    };
    scope.all('/', handle);
    scope.all('/*', handle);
  };

  function keystoneDown(error: KeystoneUnavailable): ApiReply {
    options.log.warn({ err: error }, error.message);
    return { status: 503, body: errorBody(503, 'server', 'Keystone can not be asked at the moment.') };
  }
}

interface Dispatch {
  readonly request: FastifyRequest;
  readonly context: RequestContext;
  readonly version: Microversion;
  readonly base: string;
  readonly requestId: string;
}

function send(
  reply: FastifyReply,
  answer: ApiReply,
  requestId: string,
  request: FastifyRequest,
): FastifyReply {
  reply.status(answer.status).header('x-openstack-request-id', requestId);
  for (const [name, value] of Object.entries(answer.headers ?? {})) reply.header(name, value);
  if (answer.body === undefined || request.method === 'HEAD') return reply.send();
  if (typeof answer.body === 'string') return reply.send(answer.body);
  // As bytes, so that no charset is added to the type: the original sends it bare.
  return reply.header('content-type', 'application/json').send(Buffer.from(JSON.stringify(answer.body)));
}

function refused(error: MagnumError, code: 'client' | 'server' | ''): ApiReply {
  return { status: error.status, body: errorBody(error.status, code, error.message) };
}

/** The path below the plugin's prefix, in decoded parts; slashes that are doubled or last don't count. */
function segmentsOf(request: FastifyRequest): string[] {
  const params = request.params as { readonly '*'?: string };
  const path = params['*'] ?? '';
  return path.split('/').filter((segment) => segment !== '');
}

function queryOf(request: FastifyRequest, known: readonly string[]): Record<string, string> {
  const query: Record<string, string> = {};
  const start = request.url.indexOf('?');
  const search = new URLSearchParams(start < 0 ? '' : request.url.slice(start + 1));
  for (const [name, value] of search) {
    if (!known.includes(name)) throw badRequest(`Unknown argument: "${name}"`);
    query[name] = value;
  }
  return query;
}

function bytesOf(request: FastifyRequest): Uint8Array | undefined {
  return request.body instanceof Uint8Array ? request.body : undefined;
}

function oneHeader(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
