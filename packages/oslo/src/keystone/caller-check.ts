import { allowedByRules, type Asked } from './access-rules.ts';
import type { RequestContext } from './request-context.ts';
import type { TokenCheck } from './token-check.ts';

/** Of `[keystone_authtoken]`. */
export interface CallerSettings {
  /** As the catalog and access rules call the service that is asked. */
  readonly service_type: string;
  /** Services that have one of these may bring a user's token that has expired meanwhile. */
  readonly service_token_roles: readonly string[];
  /** Whether a service's token without any of them is refused. */
  readonly service_token_roles_required: boolean;
}

export interface AskedBy extends Asked {
  /** `X-Auth-Token` */
  readonly token: string | undefined;
  /** `X-Service-Token`: that of a service which asks in the user's name. */
  readonly serviceToken: string | undefined;
}

/**
 * Who asks, as keystonemiddleware finds it out.
 *
 * @returns undefined if it is to be answered 401
 * @throws KeystoneUnavailable if Keystone can't be asked
 */
export async function callerOf(
  tokens: TokenCheck,
  settings: CallerSettings,
  { token, serviceToken, ...asked }: AskedBy,
): Promise<RequestContext | undefined> {
  if (token === undefined) return undefined;
  if (serviceToken === undefined || serviceToken === '') {
    const context = await tokens.check(token);
    const allowed =
      !context?.accessRules || allowedByRules(context.accessRules, settings.service_type, asked);
    return allowed ? context : undefined;
  }
  const service = await tokens.check(serviceToken);
  const wanted = settings.service_token_roles.map((role) => role.toLowerCase());
  const hasRole = service?.roles.some((role) => wanted.includes(role)) === true;
  if (!service || (settings.service_token_roles_required && !hasRole)) return undefined;
  return tokens.check(token, { expired: hasRole });
}
