import type { PolicyDefault } from '@gantry/oslo';

/** Reason for all: the rules of before Magnum 17 knew only owners; those since know members and readers. */
const BEFORE = {
  projects: 'rule:deny_cluster_user',
  owner: 'rule:admin_or_owner',
  user: 'rule:admin_or_user or rule:cluster_user',
} as const;

/** Rules that others are put together from. An operator can replace these as well. */
const roles = {
  context_is_admin: 'role:admin',
  admin_api: 'rule:context_is_admin',
  is_user: 'user_id:%(user_id)s',
  admin_or_owner: 'is_admin:True or project_id:%(project_id)s',
  admin_or_user: 'is_admin:True or user_id:%(user_id)s',
  /** The user that Magnum made for the nodes of this cluster. */
  cluster_user: 'user_id:%(trustee_user_id)s',
  /** Not a user that Magnum made for some cluster. */
  deny_cluster_user: 'not domain_id:%(trustee_domain_id)s',
  project_member: 'role:member and project_id:%(project_id)s',
  project_reader: 'role:reader and project_id:%(project_id)s',
  admin_or_project_member: 'rule:context_is_admin or rule:project_member',
  admin_or_project_reader: 'rule:context_is_admin or rule:project_reader',
  admin_or_project_member_user: 'rule:context_is_admin or (rule:project_member and rule:is_user)',
  admin_or_project_reader_user: 'rule:context_is_admin or (rule:project_reader and rule:is_user)',
  project_member_deny_cluster_user: 'rule:project_member and rule:deny_cluster_user',
  project_reader_deny_cluster_user: 'rule:project_reader and rule:deny_cluster_user',
  admin_or_project_member_deny_cluster_user: 'rule:admin_or_project_member and rule:deny_cluster_user',
  admin_or_project_reader_deny_cluster_user: 'rule:admin_or_project_reader and rule:deny_cluster_user',
  admin_or_project_member_user_or_cluster_user: 'rule:admin_or_project_member_user or rule:cluster_user',
  admin_or_project_reader_user_or_cluster_user: 'rule:admin_or_project_reader_user or rule:cluster_user',
} as const;

const admin = ['rule:context_is_admin', undefined] as const;
const member = ['rule:admin_or_project_member_deny_cluster_user', BEFORE.projects] as const;
const reader = ['rule:admin_or_project_reader_deny_cluster_user', BEFORE.projects] as const;
const ownerWrites = ['rule:admin_or_project_member', BEFORE.owner] as const;
const ownerReads = ['rule:admin_or_project_reader', BEFORE.owner] as const;
const inBays = ['rule:deny_cluster_user', undefined] as const;

/** What routes ask for: the check, and what it was before Magnum 17 if that was another. */
const operations = {
  'bay:create': inBays,
  'bay:delete': inBays,
  'bay:detail': inBays,
  'bay:get': inBays,
  'bay:get_all': inBays,
  'bay:update': inBays,
  'baymodel:create': inBays,
  'baymodel:delete': inBays,
  'baymodel:detail': inBays,
  'baymodel:get': inBays,
  'baymodel:get_all': inBays,
  'baymodel:update': inBays,
  'baymodel:publish': admin,
  'certificate:create': ['rule:admin_or_project_member_user_or_cluster_user', BEFORE.user],
  'certificate:get': ['rule:admin_or_project_reader_user_or_cluster_user', BEFORE.user],
  'certificate:rotate_ca': ownerWrites,
  'cluster:create': member,
  'cluster:delete': member,
  'cluster:update': member,
  'cluster:resize': member,
  'cluster:upgrade': member,
  'cluster:detail': reader,
  'cluster:get': reader,
  'cluster:get_all': reader,
  'cluster:update_health_status': ['rule:admin_or_project_member_user_or_cluster_user', BEFORE.user],
  'cluster:delete_all_projects': admin,
  'cluster:detail_all_projects': admin,
  'cluster:get_all_all_projects': admin,
  'cluster:get_one_all_projects': admin,
  'cluster:update_all_projects': admin,
  'cluster:upgrade_all_projects': admin,
  'clustertemplate:create': member,
  'clustertemplate:delete': ownerWrites,
  'clustertemplate:update': ownerWrites,
  'clustertemplate:detail': reader,
  'clustertemplate:get': reader,
  'clustertemplate:get_all': reader,
  'clustertemplate:publish': admin,
  'clustertemplate:delete_all_projects': admin,
  'clustertemplate:detail_all_projects': admin,
  'clustertemplate:get_all_all_projects': admin,
  'clustertemplate:get_one_all_projects': admin,
  'clustertemplate:update_all_projects': admin,
  // A new credential belongs to who asks for it, so that an administrator can't have one made for others.
  'credential:rotate': ['rule:project_member_deny_cluster_user', undefined],
  'federation:create': member,
  'federation:delete': member,
  'federation:update': member,
  'federation:detail': reader,
  'federation:get': reader,
  'federation:get_all': reader,
  'magnum-service:get_all': admin,
  'nodegroup:create': ownerWrites,
  'nodegroup:delete': ownerWrites,
  'nodegroup:update': ownerWrites,
  'nodegroup:get': ownerReads,
  'nodegroup:get_all': ownerReads,
  'nodegroup:get_all_all_projects': admin,
  'nodegroup:get_one_all_projects': admin,
  'quota:create': admin,
  'quota:delete': admin,
  'quota:get_all': admin,
  'quota:update': admin,
  'quota:get': ownerReads,
  'stats:get_all': ownerReads,
  // Gantry's own.
  'gantry:label_schemas': ['@', undefined],
  'gantry:cluster_conditions': reader,
  'gantry:cluster_events': reader,
  'gantry:cluster_operations': reader,
} as const satisfies Record<string, readonly [string, string | undefined]>;

export type PolicyName = keyof typeof operations;
/** The rules that let administrators beyond their own project. */
export type AcrossProjects = Extract<PolicyName, `${string}_all_projects`>;
type RoleName = keyof typeof roles;

export const policyNames = Object.keys(operations) as PolicyName[];

/** All rules that Magnum ships. Those of its routes are for tokens of a project only. */
export const policyDefaults: readonly PolicyDefault<PolicyName | RoleName>[] = [
  ...Object.entries(roles).map(([name, check]) => ({ name: name as RoleName, check })),
  ...Object.entries(operations).map(([name, [check, before]]) => ({
    name: name as PolicyName,
    check,
    scopes: ['project'] as const,
    ...(before === undefined ? {} : { deprecated: { check: before } }),
  })),
];
