import { policy, type Enforcer, type Rule } from '@gantry/oslo';
import { policyDenied } from '../clusters/errors.ts';
import type { RequestContext } from '@gantry/oslo';

const { admin, allOf, anyOf, not, projectMember, projectReader, sameUser } = policy;

/** The user that Magnum made for the nodes of this cluster. */
const clusterUser: Rule = (context, target) =>
  typeof target.trustee_user_id === 'string' && context.userId === target.trustee_user_id;

const memberAndUser = allOf(projectMember, sameUser);
const readerAndUser = allOf(projectReader, sameUser);

/** @param inTrusteeDomain whether a caller is a user that Magnum made for some cluster */
export function magnumPolicies(inTrusteeDomain: (context: RequestContext) => boolean) {
  const notClusterUser = not((context) => inTrusteeDomain(context));
  const member = allOf(anyOf(admin, projectMember), notClusterUser);
  const reader = allOf(anyOf(admin, projectReader), notClusterUser);
  const projectAdmin = anyOf(admin, projectMember);
  return {
    'cluster:create': member,
    'cluster:delete': member,
    'cluster:detail': reader,
    'cluster:get': reader,
    'cluster:get_all': reader,
    'cluster:delete_all_projects': admin,
    'cluster:detail_all_projects': admin,
    'cluster:get_all_all_projects': admin,
    'cluster:get_one_all_projects': admin,
    'clustertemplate:create': member,
    'clustertemplate:delete': projectAdmin,
    'clustertemplate:detail': reader,
    'clustertemplate:get': reader,
    'clustertemplate:get_all': reader,
    'clustertemplate:publish': admin,
    'clustertemplate:update': projectAdmin,
    'clustertemplate:delete_all_projects': admin,
    'clustertemplate:detail_all_projects': admin,
    'clustertemplate:get_all_all_projects': admin,
    'clustertemplate:get_one_all_projects': admin,
    'clustertemplate:update_all_projects': admin,
    'certificate:create': anyOf(admin, memberAndUser, clusterUser),
    'certificate:get': anyOf(admin, readerAndUser, clusterUser),
    'nodegroup:get': anyOf(admin, projectReader),
    'nodegroup:get_all': anyOf(admin, projectReader),
    'quota:create': admin,
    'quota:delete': admin,
    'quota:get': anyOf(admin, projectReader),
    'quota:get_all': admin,
    'quota:update': admin,
    'stats:get_all': anyOf(admin, projectReader),
    'magnum-service:get_all': admin,
  } as const satisfies Record<string, Rule>;
}

export type MagnumPolicies = ReturnType<typeof magnumPolicies>;
export type PolicyName = keyof MagnumPolicies;

/** @throws MagnumError 403 */
export function enforce(
  enforcer: Enforcer<MagnumPolicies>,
  name: PolicyName,
  context: RequestContext,
  target: policy.Target,
): void {
  if (!enforcer.allows(name, context, target)) throw policyDenied(name);
}
