import type { RequestContext } from '../keystone/request-context.ts';
import type { Logger } from '../logs/logger.ts';
import { anyOf, type Check, type Credentials } from './check.ts';
import type { PolicyDefault, Scope } from './policy-defaults.ts';
import { PolicyError } from './policy-error.ts';
import { readPolicyFiles, stampOf, type FileRule, type PolicyPlaces } from './policy-files.ts';
import { parseRule, type ParsedRule } from './rule-parser.ts';

/** Decides who may do what. */
export interface Enforcer<N extends string = string> {
  /** @param target what is acted upon; rules look at its attributes */
  allows(rule: N, context: RequestContext, target: object): boolean;
}

export interface EnforcerOptions<N extends string> {
  readonly defaults: readonly PolicyDefault<N>[];
  readonly enforceScope: boolean;
  readonly enforceNewDefaults: boolean;
  /** Asked for where a rule is missing, if it is there. `[oslo_policy] policy_default_rule` */
  readonly defaultRule: string;
  /** Files of the operator's; undefined: none. */
  readonly places: PolicyPlaces | undefined;
  /** What rules see of the caller; by default {@link credentialsOf}. */
  readonly credentials?: (context: RequestContext) => Credentials;
  readonly log: Logger;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** Milliseconds between looks at whether the operator's files have changed. */
const LOOK_EVERY = 1000;

interface Rules {
  readonly checks: ReadonlyMap<string, Check>;
}

/**
 * Decides by a service's rules and what its operator has put in their place, as oslo.policy does. Changed files
 * count within a second; while they can't be understood, the rules before go on to count, and the log says why.
 *
 * @throws PolicyError at the start, for rules that can't be understood, or go round in a circle
 */
export function createEnforcer<N extends string>(options: EnforcerOptions<N>): Enforcer<N> {
  const { places, log } = options;
  const now = options.now ?? Date.now;
  const credentials = options.credentials ?? credentialsOf;
  const scopes = new Map<string, readonly Scope[] | undefined>(
    options.defaults.map((rule) => [rule.name, rule.scopes]),
  );
  let stamp = places && stampOf(places);
  let rules = load(options);
  let lookedAt = now();

  function refresh(): void {
    if (!places || now() - lookedAt < LOOK_EVERY) return;
    lookedAt = now();
    try {
      const present = stampOf(places);
      if (present === stamp) return;
      stamp = present;
      rules = load(options);
      log.info('the policy was read again');
    } catch (error) {
      log.error({ err: error }, 'the policy was changed to one that can not be used; the one before stays');
    }
  }

  function find(name: string): Check | undefined {
    return rules.checks.get(name) ?? rules.checks.get(options.defaultRule);
  }

  return {
    allows(name, context, target) {
      refresh();
      const allowed = scopes.get(name);
      if (options.enforceScope && allowed && !allowed.includes(scopeOf(context))) return false;
      return find(name)?.(credentials(context), target, find) ?? false;
    },
  };
}

/** What rules see of a caller: the names that oslo.context gives, and under `token` what Keystone says. */
export function credentialsOf(context: RequestContext): Credentials {
  const { userId, userName, projectId, projectName, projectDomainId, domainId, roles } = context;
  const userDomain = { id: context.userDomainId, name: context.userDomainName };
  return {
    user_id: userId,
    user_name: userName,
    user_domain_id: userDomain.id,
    user_domain_name: userDomain.name,
    project_id: projectId ?? null,
    project_name: projectName ?? null,
    project_domain_id: projectDomainId ?? null,
    domain_id: domainId ?? null,
    system_scope: context.systemScope ? 'all' : null,
    roles,
    is_admin: context.isAdmin,
    // Unless Keystone has a project for administrators, each counts as it.
    is_admin_project: true,
    trust_id: context.trustId ?? null,
    token: {
      user: { id: userId, name: userName, domain: userDomain },
      ...(projectId === undefined
        ? {}
        : { project: { id: projectId, name: projectName, domain: { id: projectDomainId } } }),
      ...(domainId === undefined ? {} : { domain: { id: domainId } }),
      roles: roles.map((name) => ({ name })),
    },
  };
}

function scopeOf(context: RequestContext): Scope {
  if (context.systemScope) return 'system';
  return context.domainId === undefined ? 'project' : 'domain';
}

function load<N extends string>(options: EnforcerOptions<N>): Rules {
  const { rules: own, problems } = options.places
    ? readPolicyFiles(options.places)
    : { rules: new Map<string, FileRule>(), problems: [] };
  const found = [...problems];
  const parsed = new Map<string, ParsedRule>(own);
  for (const rule of options.defaults) {
    if (!own.has(rule.name)) parsed.set(rule.name, defaultOf(rule, own, options.enforceNewDefaults));
  }
  found.push(...circlesIn(parsed));
  if (found.length > 0) throw new PolicyError(found);
  return { checks: new Map([...parsed].map(([name, { check }]) => [name, check])) };
}

/** What counts where the operator says nothing under the rule's present name. */
function defaultOf(
  rule: PolicyDefault,
  own: ReadonlyMap<string, FileRule>,
  newDefaultsOnly: boolean,
): ParsedRule {
  const { deprecated } = rule;
  const present = parseRule(rule.check);
  if (!deprecated) return present;
  const underOldName = deprecated.name === undefined ? undefined : own.get(deprecated.name);
  if (underOldName && underOldName.text !== deprecated.check && underOldName.text !== `rule:${rule.name}`) {
    return underOldName;
  }
  if (newDefaultsOnly || deprecated.check === rule.check) return present;
  const before = parseRule(deprecated.check);
  return {
    check: anyOf([present.check, before.check]),
    refersTo: [...present.refersTo, ...before.refersTo],
  };
}

function circlesIn(rules: ReadonlyMap<string, ParsedRule>): string[] {
  const problems: string[] = [];
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    const begin = path.indexOf(name);
    if (begin >= 0) {
      problems.push(`rules refer to each other in a circle: ${[...path.slice(begin), name].join(' → ')}`);
    } else if (!done.has(name)) {
      for (const next of rules.get(name)?.refersTo ?? []) visit(next, [...path, name]);
      done.add(name);
    }
  };
  for (const name of rules.keys()) visit(name, []);
  return problems;
}
