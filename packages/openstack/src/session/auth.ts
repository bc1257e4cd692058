/** A project or user by id, or by name and domain. Domains themselves by `id` or `name`. */
export interface Reference {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly domainId?: string | undefined;
  readonly domainName?: string | undefined;
}

/** What a token is to be valid for. */
export type Scope =
  | { readonly project: Reference }
  | { readonly domain: Reference }
  | { readonly trustId: string }
  | { readonly system: true }
  | { readonly unscoped: true };

/** How to get a token. */
export type Credentials =
  | { readonly type: 'password'; readonly user: Reference; readonly password: string; readonly scope: Scope }
  | { readonly type: 'token'; readonly token: string; readonly scope: Scope }
  | { readonly type: 'application_credential'; readonly id: string; readonly secret: string };

/** Body of `POST /v3/auth/tokens`. Source: Identity API v3, "Password authentication with scoped authorization" and its siblings. */
export function authRequest(credentials: Credentials): object {
  if (credentials.type === 'application_credential') {
    const { id, secret } = credentials;
    return {
      auth: { identity: { methods: ['application_credential'], application_credential: { id, secret } } },
    };
  }
  const identity =
    credentials.type === 'password'
      ? {
          methods: ['password'],
          password: { user: { ...reference(credentials.user), password: credentials.password } },
        }
      : { methods: ['token'], token: { id: credentials.token } };
  return { auth: { identity, ...scopeOf(credentials.scope) } };
}

function scopeOf(scope: Scope): object {
  if ('project' in scope) return { scope: { project: reference(scope.project) } };
  if ('domain' in scope) {
    return { scope: { domain: scope.domain.id ? { id: scope.domain.id } : { name: scope.domain.name } } };
  }
  if ('trustId' in scope) return { scope: { 'OS-TRUST:trust': { id: scope.trustId } } };
  if ('system' in scope) return { scope: { system: { all: true } } };
  return {};
}

function reference(value: Reference): object {
  if (value.id !== undefined) return { id: value.id };
  const domain =
    value.domainId === undefined ? { name: value.domainName ?? 'Default' } : { id: value.domainId };
  return { name: value.name, domain };
}

/** What Keystone says of a token, as far as services here look at it. Source: Identity API v3, `token` object. */
export interface TokenBody {
  readonly user: { readonly id: string; readonly name: string; readonly domain: NamedId };
  readonly project?: NamedId & { readonly domain: NamedId };
  readonly domain?: NamedId;
  readonly system?: { readonly all: boolean };
  readonly roles?: readonly NamedId[];
  readonly catalog?: readonly CatalogEntry[];
  readonly expires_at: string;
  readonly issued_at: string;
  readonly methods: readonly string[];
  readonly 'OS-TRUST:trust'?: {
    readonly id: string;
    readonly impersonation: boolean;
    readonly trustor_user: { readonly id: string };
    readonly trustee_user: { readonly id: string };
  };
  readonly application_credential?: {
    readonly id: string;
    readonly restricted: boolean;
    readonly access_rules?: readonly AccessRule[];
  };
}

/** What alone an application credential is for. */
export interface AccessRule {
  /** Type in the catalog. */
  readonly service: string;
  readonly method: string;
  readonly path: string;
}

/** Sent to Keystone by whoever heeds access rules: else it says nothing of the tokens that have some. */
export const HEEDS_ACCESS_RULES = { 'openstack-identity-access-rules': '1' } as const;

export interface NamedId {
  readonly id: string;
  readonly name: string;
}

export interface CatalogEntry {
  readonly type: string;
  readonly name?: string;
  readonly endpoints: readonly {
    readonly interface: 'public' | 'internal' | 'admin';
    readonly region?: string | null;
    readonly url: string;
  }[];
}
