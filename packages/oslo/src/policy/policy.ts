import type { RequestContext } from '../keystone/request-context.ts';

/** What is acted upon, as far as rules look at it. */
export interface Target {
  readonly project_id?: string | undefined;
  readonly user_id?: string | undefined;
  readonly trustee_user_id?: string | null | undefined;
}

export type Rule = (context: RequestContext, target: Target) => boolean;

export type Policies = Readonly<Record<string, Rule>>;

/** Decides who may do what. */
export interface Enforcer<P extends Policies> {
  allows(policy: keyof P & string, context: RequestContext, target: Target): boolean;
}

/** Rules that all of OpenStack's services have in their defaults. */
export const admin: Rule = (context) => context.isAdmin;
export const projectMember: Rule = (context, target) =>
  context.roles.includes('member') && sameProject(context, target);
export const projectReader: Rule = (context, target) =>
  context.roles.includes('reader') && sameProject(context, target);
/** The target is the caller's own. */
export const sameUser: Rule = (context, target) => context.userId === target.user_id;

export const anyOf =
  (...rules: readonly Rule[]): Rule =>
  (context, target) =>
    rules.some((rule) => rule(context, target));

export const allOf =
  (...rules: readonly Rule[]): Rule =>
  (context, target) =>
    rules.every((rule) => rule(context, target));

export const not =
  (rule: Rule): Rule =>
  (context, target) =>
    !rule(context, target);

/**
 * Decides by a table of rules. All of them are for tokens of a project, so that a token scoped to the system is
 * refused whatever its roles (oslo.policy: `enforce_scope`).
 */
export function createEnforcer<P extends Policies>(policies: P): Enforcer<P> {
  return {
    allows(policy, context, target) {
      const rule = policies[policy];
      return rule !== undefined && !context.systemScope && rule(context, target);
    },
  };
}

function sameProject(context: RequestContext, target: Target): boolean {
  return context.projectId !== undefined && context.projectId === target.project_id;
}
