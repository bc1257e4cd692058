import { overQuota } from '../errors.ts';
import type { Context } from './context.ts';
import { QUOTA_RESOURCES, type QuotaResource } from './rows.ts';

/** Neutron's own defaults; -1 is no limit. */
export const DEFAULT_QUOTAS: Readonly<Record<QuotaResource, number>> = {
  network: 100,
  subnet: 100,
  subnetpool: -1,
  port: 500,
  router: 10,
  floatingip: 50,
  security_group: 10,
  security_group_rule: 100,
  rbac_policy: 10,
};

export function quotaOf(context: Context, projectId: string, resource: QuotaResource): number {
  return context.tables.quotas.get(projectId)?.limits[resource] ?? context.settings.quotas[resource];
}

export function quotasOf(context: Context, projectId: string): Record<QuotaResource, number> {
  return Object.fromEntries(
    QUOTA_RESOURCES.map((resource) => [resource, quotaOf(context, projectId, resource)]),
  ) as Record<QuotaResource, number>;
}

/** How many of them a project has. */
export function usage({ tables }: Context, projectId: string, resource: QuotaResource): number {
  switch (resource) {
    case 'network':
      return tables.networks.by('project', projectId).length;
    case 'subnet':
      return tables.subnets.by('project', projectId).length;
    case 'subnetpool':
      return tables.subnetPools.by('project', projectId).length;
    case 'port':
      return tables.ports.by('project', projectId).length;
    case 'router':
      return tables.routers.by('project', projectId).length;
    case 'floatingip':
      return tables.floatingIps.by('project', projectId).length;
    case 'security_group':
      return tables.securityGroups.by('project', projectId).length;
    case 'security_group_rule':
      return tables.securityGroupRules.by('project', projectId).length;
    case 'rbac_policy':
      return 0;
  }
}

/**
 * Makes sure that `more` further ones fit. Ports without a project (a router's gateway, a floating IP's) are
 * nobody's and have no limit.
 *
 * @throws NeutronError 409 OverQuota
 */
export function checkQuota(context: Context, projectId: string, resource: QuotaResource, more = 1): void {
  if (projectId === '') return;
  const limit = quotaOf(context, projectId, resource);
  if (limit >= 0 && usage(context, projectId, resource) + more > limit) throw overQuota([resource]);
}
