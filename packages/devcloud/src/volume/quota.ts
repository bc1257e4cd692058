import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { forbidden, requireAdmin } from '../http/fault.ts';
import { asBoolean, Nullable, OsInteger, parseBody } from '../http/openstack-schema.ts';
import { overLimit, param, queryOf, volumeCaller, type VolumeContext } from './context.ts';

/** Cinder's own defaults; -1: no limit. */
export const DEFAULT_QUOTA = {
  volumes: 10,
  snapshots: 10,
  gigabytes: 1000,
  per_volume_gigabytes: -1,
  backups: 10,
  backup_gigabytes: 1000,
  groups: 10,
} as const;

export type VolumeQuotaName = keyof typeof DEFAULT_QUOTA;

const UpdateQuota = Type.Object({ quota_set: Type.Record(Type.String(), Type.Any()) });
const Limit = Nullable(OsInteger({ minimum: -1, maximum: 0x7fffffff }));

function limitsOf(context: VolumeContext, projectId: string): Record<string, number> {
  return { ...DEFAULT_QUOTA, ...context.defaultQuota, ...context.tables.quotas.get(projectId)?.limits };
}

function usageOf(context: VolumeContext, projectId: string) {
  const volumes = context.tables.volumes.by('project', projectId);
  const snapshots = context.tables.snapshots.by('project', projectId);
  return {
    volumes: volumes.length,
    snapshots: snapshots.length,
    // Snapshots count too, unless an operator says otherwise.
    gigabytes: sum(volumes) + sum(snapshots),
  };
}

function sum(rows: readonly { readonly size: number }[]): number {
  return rows.reduce((total, { size }) => total + size, 0);
}

/** @throws Fault 413 in Cinder's words */
export function requireVolumeQuota(
  context: VolumeContext,
  projectId: string,
  wanted: { readonly volumes?: number; readonly snapshots?: number; readonly gigabytes: number },
): void {
  const limits = limitsOf(context, projectId);
  const used = usageOf(context, projectId);
  const over = (name: 'volumes' | 'snapshots' | 'gigabytes'): boolean => {
    const limit = limits[name] ?? -1;
    return limit >= 0 && used[name] + (wanted[name] ?? 0) > limit;
  };
  const perVolume = limits['per_volume_gigabytes'] ?? -1;
  if (wanted.volumes !== undefined && perVolume >= 0 && wanted.gigabytes > perVolume) {
    throw overLimit(
      `Requested volume size ${wanted.gigabytes}G is larger than maximum allowed limit ${perVolume}G.`,
    );
  }
  if (over('gigabytes')) {
    throw overLimit(
      `Requested volume or snapshot exceeds allowed gigabytes quota. Requested ${wanted.gigabytes}G, ` +
        `quota is ${limits['gigabytes']}G and ${used.gigabytes}G has been consumed.`,
    );
  }
  for (const name of ['volumes', 'snapshots'] as const) {
    if (wanted[name] !== undefined && over(name)) {
      throw overLimit(`Maximum number of ${name} allowed (${limits[name]}) exceeded for quota '${name}'.`);
    }
  }
}

export function quotaRoutes(app: FastifyInstance, context: VolumeContext): void {
  const perType = (limits: Record<string, number>): Record<string, number> =>
    Object.fromEntries(
      context.tables.types
        .all()
        .flatMap(({ name }) =>
          ['volumes', 'snapshots', 'gigabytes'].map((kind) => [
            `${kind}_${name}`,
            limits[`${kind}_${name}`] ?? -1,
          ]),
        ),
    );
  const all = (project: string): Record<string, number> => {
    const limits = limitsOf(context, project);
    return { ...perType(limits), ...limits };
  };

  app.get('/os-quota-sets/:project', async (request) => {
    const project = requireOwn(request);
    const limits = all(project);
    if (!asBoolean(queryOf(request)['usage'])) return { quota_set: { id: project, ...limits } };
    const used: Readonly<Record<string, number>> = usageOf(context, project);
    return {
      quota_set: {
        id: project,
        ...Object.fromEntries(
          Object.entries(limits).map(([name, limit]) => [
            name,
            { limit, in_use: used[name] ?? 0, reserved: 0, allocated: 0 },
          ]),
        ),
      },
    };
  });

  app.get('/os-quota-sets/:project/defaults', async (request) => ({
    quota_set: { id: param(request, 'project'), ...all('') },
  }));

  app.put('/os-quota-sets/:project', async (request) => {
    requireAdmin(request, 'volume_extension:quotas:update');
    const project = param(request, 'project');
    const { quota_set: asked } = parseBody(UpdateQuota, request.body);
    const known = all(project);
    const changed = Object.entries(asked).flatMap(([name, value]) => {
      // Clients also send the project, which is in the address already.
      if (!(name in known)) return [];
      const limit = parseBody(Type.Object({ [name]: Limit }), { [name]: value as unknown })[name];
      return typeof limit === 'number' || typeof limit === 'string' ? [[name, Number(limit)] as const] : [];
    });
    const before = context.tables.quotas.get(project)?.limits;
    context.tables.quotas.put({ id: project, limits: { ...before, ...Object.fromEntries(changed) } });
    return { quota_set: all(project) };
  });

  app.delete('/os-quota-sets/:project', async (request, reply) => {
    requireAdmin(request, 'volume_extension:quotas:delete');
    context.tables.quotas.delete(param(request, 'project'));
    return reply.send();
  });

  app.get('/limits', async (request) => {
    const caller = volumeCaller(request);
    const limits = limitsOf(context, caller.projectId);
    const used = usageOf(context, caller.projectId);
    return {
      limits: {
        rate: [],
        absolute: {
          maxTotalVolumes: limits['volumes'],
          maxTotalSnapshots: limits['snapshots'],
          maxTotalVolumeGigabytes: limits['gigabytes'],
          maxTotalBackups: limits['backups'],
          maxTotalBackupGigabytes: limits['backup_gigabytes'],
          totalVolumesUsed: used.volumes,
          totalSnapshotsUsed: used.snapshots,
          totalGigabytesUsed: used.gigabytes,
          totalBackupsUsed: 0,
          totalBackupGigabytesUsed: 0,
        },
      },
    };
  });
}

function requireOwn(request: FastifyRequest): string {
  const project = param(request, 'project');
  const caller = volumeCaller(request);
  if (project !== caller.projectId && !caller.isAdmin) {
    throw forbidden("Policy doesn't allow volume_extension:quotas:show to be performed.");
  }
  return project;
}
