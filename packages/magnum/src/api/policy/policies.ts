import {
  createEnforcer,
  credentialsOf,
  type Enforcer,
  type Logger,
  type PolicyPlaces,
  type RequestContext,
} from '@gantry/oslo';
import { policyDenied } from '../../clusters/errors.ts';
import { policyDefaults, type PolicyName } from './policy-defaults.ts';
import type { ApiSettings } from '../configuration/settings.ts';

export type { AcrossProjects, PolicyName } from './policy-defaults.ts';

export interface Policies extends Enforcer<PolicyName> {
  /** The caller, `isAdmin` being what the rule `context_is_admin` says. */
  withAdmin(context: RequestContext): RequestContext;
}

export interface PolicyOptions {
  readonly settings: ApiSettings['oslo_policy'];
  /** Folders of the configuration, in which the operator's rules are looked for. */
  readonly folders: readonly string[];
  /** The domain in which Magnum makes users for clusters, once known. */
  readonly trusteeDomain: () => string | undefined;
  readonly log: Logger;
  /** Milliseconds. */
  readonly now?: () => number;
}

/**
 * Magnum's rules, and the operator's in their place.
 *
 * @throws PolicyError for files that can't be understood
 */
export function createPolicies(options: PolicyOptions): Policies {
  const { settings, folders, trusteeDomain } = options;
  const enforcer = createEnforcer({
    defaults: policyDefaults,
    enforceScope: settings.enforce_scope,
    enforceNewDefaults: settings.enforce_new_defaults,
    defaultRule: settings.policy_default_rule,
    places: { file: settings.policy_file, dirs: settings.policy_dirs, folders } satisfies PolicyPlaces,
    // The original calls the user's domain so, and what Keystone says of the token.
    credentials: (context) => {
      const { token, ...known } = credentialsOf(context);
      const domain = { domain_id: context.userDomainId, domain_name: context.userDomainName };
      return { ...known, ...domain, token, auth_token_info: { token } };
    },
    log: options.log,
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  return {
    allows(name, context, target) {
      const domain = trusteeDomain();
      const known = domain === undefined ? target : { ...target, trustee_domain_id: domain };
      return enforcer.allows(name, context, known);
    },
    withAdmin(context) {
      const isAdmin = enforcer.allows('context_is_admin', context, {});
      return isAdmin === context.isAdmin ? context : { ...context, isAdmin };
    },
  };
}

/** What is acted upon when nothing particular is: things of the caller's own. */
export function targetOf(context: RequestContext): { project_id: string | undefined; user_id: string } {
  return { project_id: context.projectId, user_id: context.userId };
}

/** @throws MagnumError 403 */
export function enforce(
  policies: Enforcer<PolicyName>,
  name: PolicyName,
  context: RequestContext,
  target: object,
): void {
  if (!policies.allows(name, context, target)) throw policyDenied(name);
}
