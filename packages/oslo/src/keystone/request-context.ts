import type { AccessRule, TokenBody } from '@gantry/openstack';

/** Who asks, as far as policies and services look at it. */
export interface RequestContext {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly tokenExpiresAt: number;
  readonly userId: string;
  readonly userName: string;
  readonly userDomainId: string;
  readonly userDomainName: string;
  /** Undefined for a token that is scoped to a domain, the system, or nothing. */
  readonly projectId: string | undefined;
  readonly projectName: string | undefined;
  readonly projectDomainId: string | undefined;
  readonly domainId: string | undefined;
  readonly systemScope: boolean;
  /** Names, in lower case; implied ones included, because Keystone lists them. */
  readonly roles: readonly string[];
  readonly isAdmin: boolean;
  readonly trustId: string | undefined;
  /** Of the application credential that the token was made with: what alone it is for. */
  readonly accessRules?: readonly AccessRule[];
}

export function contextOf(token: string, body: TokenBody): RequestContext {
  const rules = body.application_credential?.access_rules;
  const roles = (body.roles ?? []).map((role) => role.name.toLowerCase());
  return {
    token,
    tokenExpiresAt: Date.parse(body.expires_at),
    userId: body.user.id,
    userName: body.user.name,
    userDomainId: body.user.domain.id,
    userDomainName: body.user.domain.name,
    projectId: body.project?.id,
    projectName: body.project?.name,
    projectDomainId: body.project?.domain.id,
    domainId: body.domain?.id,
    systemScope: body.system?.all === true,
    roles,
    isAdmin: roles.includes('admin'),
    trustId: body['OS-TRUST:trust']?.id,
    ...(rules && { accessRules: rules }),
  };
}
