import { HEEDS_ACCESS_RULES, type NamedId, type TokenBody } from '../session/auth.ts';
import type { Session } from '../session/session.ts';
import { collection, type Collection } from './collection.ts';

/** Source: Identity API v3. */
export interface User extends NamedId {
  readonly domain_id: string;
  readonly enabled: boolean;
}

export type NewUser = Partial<User> & { readonly password?: string };

export interface Project extends NamedId {
  readonly domain_id: string;
  readonly enabled: boolean;
}

export interface Domain extends NamedId {
  readonly enabled: boolean;
}

export interface Trust {
  readonly id: string;
  readonly trustor_user_id: string;
  readonly trustee_user_id: string;
  readonly project_id: string;
  readonly impersonation: boolean;
  readonly roles: readonly Partial<NamedId>[];
}

export interface CatalogService extends NamedId {
  readonly type: string;
}

export interface CatalogEndpoint {
  readonly id: string;
  readonly service_id: string;
  readonly interface: string;
  readonly region_id: string | null;
  readonly url: string;
}

export interface IdentityClient {
  readonly users: Collection<User, NewUser>;
  readonly projects: Collection<Project>;
  readonly domains: Collection<Domain>;
  readonly roles: Collection<NamedId>;
  readonly trusts: Collection<Trust>;
  readonly services: Collection<CatalogService>;
  readonly endpoints: Collection<CatalogEndpoint>;
  /**
   * What Keystone says of somebody's token. Whoever asks has to heed its access rules.
   *
   * @param options.expired whether it may have expired lately
   * @throws OpenStackError 404 if it is not valid
   */
  validate(token: string, options?: { readonly expired?: boolean }): Promise<TokenBody>;
}

export function identityClient(session: Session): IdentityClient {
  const kind = <T, New = Partial<T>>(path: string, singular: string, plural: string): Collection<T, New> =>
    collection<T, New>(session, { service: 'identity', path, singular, plural, updateMethod: 'PATCH' });
  return {
    users: kind('/users', 'user', 'users'),
    projects: kind('/projects', 'project', 'projects'),
    domains: kind('/domains', 'domain', 'domains'),
    roles: kind('/roles', 'role', 'roles'),
    trusts: kind('/OS-TRUST/trusts', 'trust', 'trusts'),
    services: kind('/services', 'service', 'services'),
    endpoints: kind('/endpoints', 'endpoint', 'endpoints'),
    async validate(token, { expired = false } = {}) {
      const headers = { 'x-subject-token': token, ...HEEDS_ACCESS_RULES };
      const answer = await session.ask<{ token: TokenBody }>('identity', {
        method: 'GET',
        path: '/auth/tokens',
        ...(expired && { query: { allow_expired: 1 } }),
        headers,
      });
      return answer.token;
    },
  };
}
