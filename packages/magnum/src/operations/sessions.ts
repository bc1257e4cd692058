import {
  createSession,
  httpTransport,
  type Credentials,
  type Interface,
  type Reference,
  type Session,
  type TokenBody,
  type Transport,
} from '@gantry/openstack';
import type { Cluster } from '../store/rows.ts';
import { systemClock, type Clock } from './clock.ts';

/** In whose names a conductor acts. */
export interface Sessions {
  /** A user, by the token they came with; that token itself, not another made from it. */
  ofCaller(token: string): Session;
  /** The cluster's owner, through its trust; undefined if it has none. */
  ofOwner(cluster: Cluster): Session | undefined;
  /** Magnum itself. */
  ofService(): Session;
  /** Magnum itself, asking for the resources of a project. */
  ofServiceIn(projectId: string): Promise<Session>;
  /** The one who may make users in the domain of trustees; undefined if the configuration names none. */
  ofTrusteeDomain(): Session | undefined;
}

export interface CloudAccess {
  readonly authUrl: string;
  readonly region?: string | undefined;
  /** Where the conductor reaches other services. */
  readonly interface?: Interface;
  readonly transport?: Transport;
  readonly clock?: Clock;
  /** `[keystone_auth]` */
  readonly service: Credentials;
  /** `[trust] trustee_domain_*` */
  readonly trusteeDomain: TrusteeDomainAccess | undefined;
}

export interface TrusteeDomainAccess {
  /** By `id` or `name`. */
  readonly domain: Reference;
  readonly admin: Reference;
  readonly password: string;
}

/** Sessions of this many owners, and of as many callers, are kept with what Keystone says of their tokens. */
const MAX_KEPT = 500;

export function createSessions(access: CloudAccess): Sessions {
  const transport = access.transport ?? httpTransport();
  const clock = access.clock ?? systemClock;
  const ownerSession = keptSessions();
  const callerSession = keptSessions();
  const common = {
    authUrl: access.authUrl,
    transport,
    region: access.region,
    interface: access.interface ?? 'public',
    ...(access.clock && {
      now: () => clock.now().getTime(),
      pause: (milliseconds: number, signal?: AbortSignal) => clock.sleep(milliseconds, signal),
    }),
  } as const;
  const service = createSession({ ...common, credentials: access.service });
  const trusteeDomain =
    access.trusteeDomain &&
    createSession({
      ...common,
      credentials: {
        type: 'password',
        user: access.trusteeDomain.admin,
        password: access.trusteeDomain.password,
        scope: { domain: access.trusteeDomain.domain },
      },
    });

  return {
    ofCaller: (token) =>
      callerSession(token, () =>
        createSession({
          ...common,
          transport: withGivenToken(transport, token),
          credentials: { type: 'token', token, scope: { unscoped: true } },
        }),
      ),
    ofOwner(cluster) {
      const { trust_id, trustee_user_id, trustee_password } = cluster;
      if (trust_id === null || trustee_user_id === null || trustee_password === null) return undefined;
      const credentials = {
        type: 'password',
        user: { id: trustee_user_id },
        password: trustee_password,
        scope: { trustId: trust_id },
      } as const;
      return ownerSession(`${trust_id} ${trustee_password}`, () => createSession({ ...common, credentials }));
    },
    ofService: () => service,
    async ofServiceIn(projectId) {
      const { body } = await service.token();
      const own = body.project?.id;
      const heat = await service.endpoint('orchestration');
      // Heat's addresses end in the project they are about.
      const there = own === undefined ? heat : heat.replace(own, projectId);
      return createSession({
        ...common,
        credentials: access.service,
        endpoints: { orchestration: there },
      });
    },
    ofTrusteeDomain: () => trusteeDomain,
  };
}

/** Sessions by what they log in with, so that not each of them begins with a login. The oldest are given up. */
function keptSessions(): (key: string, make: () => Session) => Session {
  const kept = new Map<string, Session>();
  return (key, make) => {
    const known = kept.get(key);
    if (known) return known;
    const session = make();
    const [oldest] = kept.keys();
    if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest);
    kept.set(key, session);
    return session;
  };
}

/**
 * A session logs in first. Here the token is there already: instead of making another from it, which Keystone
 * forbids for some kinds, the login is answered by what Keystone says of this one.
 */
function withGivenToken(transport: Transport, token: string): Transport {
  return async (request) => {
    if (request.method !== 'POST' || !request.url.endsWith('/v3/auth/tokens')) return transport(request);
    const answer = await transport({
      method: 'GET',
      url: request.url,
      headers: { accept: 'application/json', 'x-auth-token': token, 'x-subject-token': token },
      timeoutMs: request.timeoutMs,
    });
    if (answer.status !== 200) return answer;
    const body = answer.body as { readonly token: TokenBody };
    return { ...answer, headers: { ...answer.headers, 'x-subject-token': token }, body };
  };
}
