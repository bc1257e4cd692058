import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { badRequest, forbidden, projectCaller, requireAdmin } from '../http/fault.ts';
import { asBoolean, Closed, OsBoolean, OsInteger, parseBody } from '../http/openstack-schema.ts';
import { minor, param, queryOf, type ComputeContext } from './context.ts';
import { limitsOf, QUOTA_NAMES, usageOf, type QuotaName } from './quota.ts';

const Limit = Type.Optional(OsInteger({ minimum: -1, maximum: 0x7fffffff }));

const UpdateQuota = Closed({
  quota_set: Closed({
    ...(Object.fromEntries(QUOTA_NAMES.map((name) => [name, Limit])) as Record<QuotaName, typeof Limit>),
    force: Type.Optional(OsBoolean),
    networks: Limit,
  }),
});

/** What later versions left to Neutron, and what went with personality. */
const UNTIL_35: readonly string[] = ['floating_ips', 'fixed_ips', 'security_groups', 'security_group_rules'];
const UNTIL_56: readonly string[] = [
  'injected_files',
  'injected_file_content_bytes',
  'injected_file_path_bytes',
];

function namesFor(request: FastifyRequest): QuotaName[] {
  const version = minor(request);
  return QUOTA_NAMES.filter(
    (name) => !(version >= 36 && UNTIL_35.includes(name)) && !(version >= 57 && UNTIL_56.includes(name)),
  );
}

export function quotaRoutes(app: FastifyInstance, context: ComputeContext): void {
  const { quotas } = context.tables;

  app.get('/os-quota-sets/:project', async (request) => {
    const project = mine(request);
    return { quota_set: { id: project, ...limits(request, limitsOf(context, project)) } };
  });

  app.get('/os-quota-sets/:project/defaults', async (request) => ({
    quota_set: { id: param(request, 'project'), ...limits(request, limitsOf(context, '')) },
  }));

  app.get('/os-quota-sets/:project/detail', async (request) => {
    const project = mine(request);
    const all = limitsOf(context, project);
    const used = usageOf(context, project);
    return {
      quota_set: {
        id: project,
        ...Object.fromEntries(
          namesFor(request).map((name) => [name, { limit: all[name], in_use: used[name] ?? 0, reserved: 0 }]),
        ),
      },
    };
  });

  app.put('/os-quota-sets/:project', async (request) => {
    requireAdmin(request, 'os_compute_api:os-quota-sets:update');
    const project = param(request, 'project');
    const { force, networks: _unused, ...asked } = parseBody(UpdateQuota, request.body).quota_set;
    const used = usageOf(context, project);
    const changed = { ...quotas.get(project)?.limits };
    for (const [name, value] of Object.entries(asked)) {
      const limit = Number(value);
      const inUse = used[name as QuotaName] ?? 0;
      if (!asBoolean(force) && limit >= 0 && limit < inUse) {
        throw badRequest(
          `Quota limit ${limit} for ${name} must be greater than or equal to already used and reserved ${inUse}.`,
        );
      }
      changed[name] = limit;
    }
    quotas.put({ id: project, limits: changed });
    return { quota_set: limits(request, limitsOf(context, project)) };
  });

  app.delete('/os-quota-sets/:project', async (request, reply) => {
    requireAdmin(request, 'os_compute_api:os-quota-sets:delete');
    quotas.delete(param(request, 'project'));
    return reply.code(202).send();
  });

  app.get('/os-quota-class-sets/:class', async (request) => {
    requireAdmin(request, 'os_compute_api:os-quota-class-sets:show');
    return { quota_class_set: { id: param(request, 'class'), ...limits(request, limitsOf(context, '')) } };
  });

  app.get('/limits', async (request) => {
    const caller = projectCaller(request);
    const other = queryOf(request)['tenant_id'];
    if (other !== undefined && other !== caller.projectId && !caller.isAdmin) {
      throw forbidden("Policy doesn't allow os_compute_api:limits:other_project to be performed.");
    }
    const project = other ?? caller.projectId;
    const all = limitsOf(context, project);
    const used = usageOf(context, project);
    const version = minor(request);
    return {
      limits: {
        rate: [],
        absolute: {
          maxTotalInstances: all['instances'],
          maxTotalCores: all['cores'],
          maxTotalRAMSize: all['ram'],
          maxTotalKeypairs: all['key_pairs'],
          maxServerMeta: all['metadata_items'],
          maxServerGroups: all['server_groups'],
          maxServerGroupMembers: all['server_group_members'],
          totalInstancesUsed: used.instances,
          totalCoresUsed: used.cores,
          totalRAMUsed: used.ram,
          totalServerGroupsUsed: used.server_groups,
          ...(version < 36
            ? {
                maxTotalFloatingIps: all['floating_ips'],
                maxSecurityGroups: all['security_groups'],
                maxSecurityGroupRules: all['security_group_rules'],
                totalFloatingIpsUsed: 0,
                totalSecurityGroupsUsed: 0,
              }
            : {}),
          ...(version < 39 ? { maxImageMeta: all['metadata_items'] } : {}),
          ...(version < 57
            ? {
                maxPersonality: all['injected_files'],
                maxPersonalitySize: all['injected_file_content_bytes'],
              }
            : {}),
        },
      },
    };
  });
}

function mine(request: FastifyRequest): string {
  const project = param(request, 'project');
  const caller = projectCaller(request);
  if (project !== caller.projectId && !caller.isAdmin) {
    throw forbidden("Policy doesn't allow os_compute_api:os-quota-sets:show to be performed.");
  }
  return project;
}

function limits(request: FastifyRequest, all: Record<string, number>): object {
  return Object.fromEntries(namesFor(request).map((name) => [name, all[name]]));
}
