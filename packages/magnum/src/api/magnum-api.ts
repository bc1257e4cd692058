import { randomUUID } from 'node:crypto';
import {
  callerOf,
  corsHeaders,
  createTokenCheck,
  healthcheck,
  KeystoneUnavailable,
  newRequestId,
  preflight,
  publicAddress,
  unauthorized,
  type RequestContext,
} from '@gantry/oslo';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { MagnumError, methodNotAllowed } from '../clusters/errors.ts';
import { rootDocument, versionDocument } from './discovery.ts';
import { errorBody } from './wire/error-view.ts';
import { bytesOf, oneHeader, queryOf, segmentsOf, send } from './wire/exchange.ts';
import {
  atLeast,
  MAX_VERSION,
  negotiate,
  notInVersion,
  versionIn,
  versionHeaders,
  type Microversion,
} from './wire/microversion.ts';
import { openApiDocument } from './openapi.ts';
import { createPolicies } from './policy/policies.ts';
import { parseBody } from './wire/request-body.ts';
import { routeFinder, type ApiReply } from './wire/route.ts';
import { apiRoutes } from './routes.ts';
import type { ApiServices } from './resources/services.ts';
import { refusalOf } from './wire/store-refusals.ts';

export interface MagnumApiOptions extends Omit<
  ApiServices,
  'policies' | 'inTrusteeDomain' | 'now' | 'uuid' | 'random' | 'stopping'
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
  const max = options.maxVersion ?? versionIn(options.settings.gantry.max_microversion) ?? MAX_VERSION;
  let trusteeDomain: string | undefined;
  const inTrusteeDomain = (context: RequestContext): boolean =>
    trusteeDomain !== undefined && context.userDomainId === trusteeDomain;
  const now = options.now ?? (() => new Date());
  const stop = new AbortController();
  const services: ApiServices = {
    ...options,
    stopping: stop.signal,
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
  const routes = apiRoutes(services, max);
  const findRoute = routeFinder(routes);
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
    if (`/${segments.join('/')}` === options.settings.healthcheck.path) return health(request);
    if (first === 'openapi.json' && rest.length === 0) return document(request, base);
    const context = await authenticated(request, `/${segments.join('/')}`);
    if (!context) return unauthorized(options.authUrl);
    // Gantry's own routes have no microversions.
    if (first === 'gantry') return dispatch(below, { request, context, version: max, base, requestId });
    const negotiated = negotiate(oneHeader(request, 'openstack-api-version'), max);
    if (!('version' in negotiated)) {
      return { status: 406, body: negotiated.refusal, headers: negotiated.headers };
    }
    const { version } = negotiated;
    const reply = await dispatch(below, { request, context, version, base, requestId });
    return { ...reply, headers: { ...versionHeaders(version, max), ...reply.headers } };
  }

  function health(request: FastifyRequest): ApiReply {
    const accept = oneHeader(request, 'accept');
    const { status, contentType, body } = healthcheck(options.settings.healthcheck, request.method, accept);
    return { status, body, headers: { 'content-type': contentType } };
  }

  function document(request: FastifyRequest, base: string): ApiReply {
    if (request.method !== 'GET') return wrongMethod(['GET']);
    return { status: 200, body: openApiDocument(routes, base, max) };
  }

  function discovery(request: FastifyRequest, base: string, versioned: boolean): ApiReply {
    if (request.method !== 'GET') return wrongMethod(['GET']);
    if (!versioned) return { status: 200, body: rootDocument(base, max) };
    const negotiated = negotiate(oneHeader(request, 'openstack-api-version'), max);
    if (!('version' in negotiated)) {
      return { status: 406, body: negotiated.refusal, headers: negotiated.headers };
    }
    return {
      status: 200,
      body: versionDocument(base, max),
      headers: versionHeaders(negotiated.version, max),
    };
  }

  async function authenticated(request: FastifyRequest, path: string): Promise<RequestContext | undefined> {
    const token = oneHeader(request, 'x-auth-token');
    if (token === undefined) return undefined;
    trusteeDomain ??= await options.trusteeDomainId?.().catch((error: unknown) => {
      throw new KeystoneUnavailable("the domain of trustees can't be asked for", { cause: error });
    });
    const serviceToken = oneHeader(request, 'x-service-token');
    const asked = { method: request.method, path, token, serviceToken };
    const context = await callerOf(tokens, options.settings.keystone_authtoken, asked);
    return context && services.policies.withAdmin(context);
  }

  async function dispatch(
    segments: readonly string[],
    { request, context, version, base, requestId }: Dispatch,
  ): Promise<ApiReply> {
    try {
      const matched = findRoute(request.method, segments);
      if (matched === undefined) return { status: 404, body: errorBody(404, '', '', 'Not Found') };
      if ('allowed' in matched) return wrongMethod(matched.allowed);
      const { route, params } = matched;
      if (route.since && !atLeast(version, route.since)) {
        return refused(new MagnumError(406, notInVersion(version, route.method.toLowerCase())), '');
      }
      const query = queryOf(request, route.query ?? []);
      const body = (): unknown => parseBody(bytesOf(request), oneHeader(request, 'content-type'));
      const lastEventId = oneHeader(request, 'last-event-id');
      return await route.handle({ context, version, params, query, body, base, requestId, lastEventId });
    } catch (error) {
      return failed(error, requestId);
    }
  }

  function failed(thrown: unknown, requestId: string): ApiReply {
    const error = refusalOf(thrown) ?? thrown;
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
      return respond(request, reply, failed(known, requestId), requestId);
    });
    // Streams would keep a stopping server waiting.
    scope.addHook('preClose', async () => stop.abort());
    const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const requestId = newRequestId(services.uuid);
      const allowed = preflight(options.settings.cors, request.method, request.headers);
      if (allowed) {
        return send(reply, { status: 200, headers: allowed }, request, {
          'x-openstack-request-id': requestId,
        });
      }
      let answered: ApiReply;
      try {
        answered = await answer(request, publicAddress(request, address), requestId);
      } catch (error) {
        answered = error instanceof KeystoneUnavailable ? keystoneDown(error) : failed(error, requestId);
      }
      return respond(request, reply, answered, requestId);
    };
    scope.all('/', handle);
    scope.all('/*', handle);
    // Methods that fastify doesn't know.
    scope.setNotFoundHandler(handle);
  };

  function respond(
    request: FastifyRequest,
    reply: FastifyReply,
    answered: ApiReply,
    requestId: string,
  ): FastifyReply {
    const cors = corsHeaders(options.settings.cors, request.headers, answered.headers?.['vary']);
    return send(reply, answered, request, { 'x-openstack-request-id': requestId, ...cors });
  }

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

function wrongMethod(allowed: readonly string[]): ApiReply {
  return {
    ...refused(methodNotAllowed('Method Not Allowed'), ''),
    headers: { allow: allowed.join(', ') },
  };
}

function refused(error: MagnumError, code: 'client' | 'server' | ''): ApiReply {
  return { status: error.status, body: errorBody(error.status, code, error.message) };
}
