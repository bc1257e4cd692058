import type { FastifyInstance } from 'fastify';
import type { Caller } from '../../cloud/service.ts';
import { adminRequired, httpBadRequest, NeutronError, pythonText } from '../errors.ts';
import type { Context } from '../model/context.ts';
import { quotasOf, usage } from '../model/quotas.ts';
import { QUOTA_RESOURCES, type QuotaResource } from '../model/rows.ts';
import { callerOf } from './requests.ts';
import type { Run } from './resource-routes.ts';

type QuotaParams = { Params: { project: string } };

/** Limits of projects, for admins to set and for members to look at. */
export function quotaRoutes(app: FastifyInstance, context: Context, run: Run): void {
  const { tables } = context;
  const shown = (project: string): Record<string, unknown> => ({ ...quotasOf(context, project) });

  app.get('/v2.0/quotas', (request) => {
    checkAdmin(callerOf(request));
    const quotas = tables.quotas.all().map(({ id }) => ({ ...shown(id), project_id: id, tenant_id: id }));
    return { quotas };
  });
  for (const word of ['tenant', 'project'] as const) {
    app.get(`/v2.0/quotas/${word}`, (request) => {
      const id = callerOf(request).projectId;
      if (id === undefined) {
        throw new NeutronError(400, 'QuotaMissingTenant', 'Tenant-id was missing from quota request.');
      }
      return { [word]: { [`${word}_id`]: id } };
    });
  }
  app.get<QuotaParams>('/v2.0/quotas/:project', (request) => {
    check(callerOf(request), request.params.project);
    return { quota: shown(request.params.project) };
  });
  app.get<QuotaParams>('/v2.0/quotas/:project/default', (request) => {
    check(callerOf(request), request.params.project);
    return { quota: { ...context.settings.quotas } };
  });
  for (const path of ['details', 'details.json']) {
    app.get<QuotaParams>(`/v2.0/quotas/:project/${path}`, (request) => {
      const { project } = request.params;
      check(callerOf(request), project);
      const limits = quotasOf(context, project);
      const quota = Object.fromEntries(
        QUOTA_RESOURCES.map((resource) => [
          resource,
          { used: usage(context, project, resource), limit: limits[resource], reserved: 0 },
        ]),
      );
      return { quota };
    });
  }
  app.put<QuotaParams>('/v2.0/quotas/:project', (request) => {
    checkAdmin(callerOf(request));
    const { project } = request.params;
    const { limits: given, checked } = quotaBody(request.body);
    if (checked) checkUsage(context, project, given);
    run(() =>
      tables.quotas.put({ id: project, limits: { ...tables.quotas.get(project)?.limits, ...given } }),
    );
    return { quota: shown(project) };
  });
  app.delete<QuotaParams>('/v2.0/quotas/:project', (request, reply) => {
    checkAdmin(callerOf(request));
    const { project } = request.params;
    if (!run(() => tables.quotas.delete(project))) {
      throw new NeutronError(404, 'TenantQuotaNotFound', `Quota for project ${project} could not be found.`);
    }
    return reply.code(204).send();
  });
}

function check(caller: Caller, project: string): void {
  if (caller.isAdmin || project === caller.projectId) return;
  throw adminRequired('Only admin is authorized to access quotas for another project');
}

function checkAdmin(caller: Caller): void {
  if (!caller.isAdmin) throw adminRequired('Only admin can view or configure quota');
}

/** @throws NeutronError 400 for a limit below what the project has already */
function checkUsage(context: Context, project: string, limits: Limits): void {
  for (const resource of QUOTA_RESOURCES) {
    const limit = limits[resource] ?? -1;
    const used = usage(context, project, resource);
    if (limit < 0 || used <= limit) continue;
    throw httpBadRequest(
      `Quota limit ${limit} for ${resource} must be greater than or equal to already used ${used}`,
    );
  }
}

type Limits = Partial<Record<QuotaResource, number>>;

const LARGEST = 2_147_483_647;

/** The limits in a body, and whether they have to be at least what is used (extension quota-check-limit). */
function quotaBody(body: unknown): { readonly limits: Limits; readonly checked: boolean } {
  const quota = typeof body === 'object' && body !== null && 'quota' in body ? body.quota : undefined;
  if (typeof quota !== 'object' || quota === null) {
    throw httpBadRequest("Unable to find 'quota' in request body");
  }
  const limits: Limits = {};
  const notLimits = ['tenant_id', 'project_id', 'force', 'check_limit'];
  for (const [key, value] of Object.entries(quota)) {
    if (notLimits.includes(key)) continue;
    const resource = QUOTA_RESOURCES.find((name) => name === key);
    if (!resource) throw httpBadRequest(`Unrecognized attribute(s) '${key}'`);
    const limit = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
    if (typeof limit !== 'number' || !Number.isInteger(limit)) {
      throw httpBadRequest(`Invalid input for ${key}. Reason: '${pythonText(value)}' is not an integer.`);
    }
    if (limit < -1) {
      throw httpBadRequest(
        `Invalid input for ${key}. Reason: '${limit}' is too small - must be at least '-1'.`,
      );
    }
    if (limit > LARGEST) {
      throw httpBadRequest(
        `Invalid input for ${key}. Reason: '${limit}' is too large - must be no larger than '${LARGEST}'.`,
      );
    }
    limits[resource] = limit;
  }
  return { limits, checked: 'check_limit' in quota && quota.check_limit === true };
}
