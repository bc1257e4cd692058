import { hash } from 'node:crypto';
import {
  createSession,
  HEEDS_ACCESS_RULES,
  httpTransport,
  sharedReads,
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

/** Owners' sessions kept, each with its token, so that looking at a cluster doesn't begin with a login. */
const MAX_OWNERS = 1000;

/** What Keystone says of callers' tokens is kept for so many, so that not each of their requests asks it. */
const MAX_CALLERS = 1000;

export function createSessions(access: CloudAccess): Sessions {
  const transport = access.transport ?? httpTransport();
  const clock = access.clock ?? systemClock;
  // Callers ask for the same images, flavors and networks again and again.
  const callersTransport = sharedReads(transport);
  const owners = new Map<string, Session>();
  const callers = new Map<string, TokenBody>();
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
    ofCaller(token) {
      return createSession({
        ...common,
        transport: withGivenToken(callersTransport, token, callers),
        credentials: { type: 'token', token, scope: { unscoped: true } },
      });
    },
    ofOwner(cluster) {
      const { trust_id, trustee_user_id, trustee_password } = cluster;
      if (trust_id === null || trustee_user_id === null || trustee_password === null) return undefined;
      const key = `${trust_id} ${trustee_password}`;
      const known = owners.get(key);
      if (known) return known;
      const session = createSession({
        ...common,
        credentials: {
          type: 'password',
          user: { id: trustee_user_id },
          password: trustee_password,
          scope: { trustId: trust_id },
        },
      });
      keep(owners, key, session, MAX_OWNERS);
      return session;
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

/** Adds an entry, and gives up the oldest where there would be more than `most`. */
function keep<T>(kept: Map<string, T>, key: string, value: T, most: number): void {
  const [oldest] = kept.keys();
  if (kept.size >= most && oldest !== undefined) kept.delete(oldest);
  kept.set(key, value);
}

/**
 * A session logs in first. Here the token is there already: instead of making another from it, which Keystone
 * forbids for some kinds, the login is answered by what Keystone says of this one.
 *
 * @param known what it said before; holds no token that could be used
 */
function withGivenToken(transport: Transport, token: string, known: Map<string, TokenBody>): Transport {
  const key = hash('sha256', token, 'base64');
  return async (request) => {
    if (request.method !== 'POST' || !request.url.endsWith('/v3/auth/tokens')) return transport(request);
    const before = known.get(key);
    if (before) return { status: 200, headers: { 'x-subject-token': token }, body: { token: before } };
    const answer = await transport({
      method: 'GET',
      url: request.url,
      headers: {
        accept: 'application/json',
        'x-auth-token': token,
        'x-subject-token': token,
        ...HEEDS_ACCESS_RULES,
      },
      timeoutMs: request.timeoutMs,
    });
    if (answer.status !== 200) return answer;
    const body = answer.body as { readonly token: TokenBody };
    keep(known, key, body.token, MAX_CALLERS);
    return { ...answer, headers: { ...answer.headers, 'x-subject-token': token }, body };
  };
}
