import { identityClient, OpenStackError, orUndefined } from '@gantry/openstack';
import { badRequest, conflict, forbidden, notFound, unavailable } from '../../../clusters/errors.ts';
import type { Quota } from '../../../store/rows.ts';
import * as answers from '../../wire/answer-schemas.ts';
import { LIST_PARAMETERS, listBody, pageOf, withMarker } from '../../wire/list-query.ts';
import { visibleTo } from '../lookup.ts';
import { enforce, targetOf } from '../../policy/policies.ts';
import type { ApiReply, ApiRequest, Route } from '../../wire/route.ts';
import type { ApiServices } from '../services.ts';
import { timestamp } from '../../wire/timestamp.ts';
import { bodySchema, boolean, integer, readObject, readOnly, text } from '../../wire/wire-fields.ts';

/** The one resource that has a quota. */
export const CLUSTER_RESOURCE = 'Cluster';

const DEFAULT_HARD_LIMIT = 1;

const quotaFields = {
  id: readOnly(),
  hard_limit: integer({ min: 0 }),
  project_id: text({ max: 255 }),
  resource: text({ choices: [CLUSTER_RESOURCE] }),
  created_at: readOnly(),
  updated_at: readOnly(),
} as const;

const allTenants = boolean();

/** `/v1/quotas` */
export function quotaRoutes(services: ApiServices): Route[] {
  const { store, policies } = services;

  async function list({ context, query, base }: ApiRequest): Promise<ApiReply> {
    enforce(policies, 'quota:get_all', context, targetOf(context));
    const table = { table: 'quotas', marker: 'number' } as const;
    const page = pageOf(query, table, services.settings.api.max_limit);
    const all = allTenants.read('all_tenants', query['all_tenants']) === true && context.isAdmin;
    const quotas = await withMarker(store.quotas.list(all ? 'all' : visibleTo(context), page), (marker) =>
      notFound(`Quota with id ${marker} could not be found.`),
    );
    const { all_tenants } = query;
    const views = quotas.map(view);
    const body = listBody(base, 'quotas', 'quotas', views, page, lastId(quotas), { all_tenants });
    return { status: 200, body };
  }

  async function create({ context, body }: ApiRequest): Promise<ApiReply> {
    enforce(policies, 'quota:create', context, targetOf(context));
    const asked = readObject('quota', body(), quotaFields);
    const projectId = asked.project_id ?? '';
    if (projectId === '') throw badRequest('Must provide a valid project ID.');
    await checkProject(projectId);
    const resource = asked.resource ?? CLUSTER_RESOURCE;
    const hard_limit = asked.hard_limit ?? DEFAULT_HARD_LIMIT;
    const quota = await store.transaction(async (inner) => {
      if (await inner.quotas.get(projectId, resource)) {
        throw conflict(`Quota for project ${projectId} already exists for resource ${resource}.`);
      }
      return inner.quotas.insert({ project_id: projectId, resource, hard_limit });
    });
    return { status: 201, body: view(quota) };
  }

  async function checkProject(projectId: string): Promise<void> {
    try {
      const { projects } = identityClient(services.sessions.ofService());
      if (await orUndefined(projects.get(projectId))) return;
    } catch (error) {
      if (!(error instanceof OpenStackError)) throw error;
      throw unavailable(`Keystone could not be asked for the project: ${error.message}`, error);
    }
    throw notFound(`The project_id ${projectId} could not be found.`);
  }

  async function show({ context, params }: ApiRequest): Promise<ApiReply> {
    const { project, resource } = named(params);
    enforce(policies, 'quota:get', context, targetOf(context));
    if (!context.isAdmin && project !== context.projectId) throw forbidden('Not authorized.');
    const quota = await store.quotas.get(project, resource);
    if (quota) return { status: 200, body: view(quota) };
    const hard_limit = services.settings.quotas.max_clusters_per_project;
    return { status: 200, body: { hard_limit, project_id: project, resource } };
  }

  async function update({ context, params, body }: ApiRequest): Promise<ApiReply> {
    const { project, resource } = named(params);
    enforce(policies, 'quota:update', context, targetOf(context));
    const asked = readObject('quotapatch', body(), quotaFields);
    const there = await store.quotas.update(project, resource, asked.hard_limit ?? DEFAULT_HARD_LIMIT);
    if (!there) throw quotaNotFound(project, resource);
    const quota = await store.quotas.get(project, resource);
    return { status: 202, body: quota && view(quota) };
  }

  async function remove({ context, params }: ApiRequest): Promise<ApiReply> {
    const { project, resource } = named(params);
    enforce(policies, 'quota:delete', context, targetOf(context));
    if (!(await store.quotas.destroy(project, resource))) throw quotaNotFound(project, resource);
    return { status: 204 };
  }

  const one = '/quotas/:project/:resource';
  return [
    {
      method: 'GET',
      path: '/quotas',
      query: [...LIST_PARAMETERS, 'all_tenants'],
      policies: ['quota:get_all'],
      summary: 'List quotas',
      responses: { 200: answers.listOf('quotas', answers.quota) },
      handle: list,
    },
    {
      method: 'POST',
      path: '/quotas',
      policies: ['quota:create'],
      summary: 'Give a project a quota',
      request: bodySchema(quotaFields),
      responses: { 201: answers.quota },
      handle: create,
    },
    {
      method: 'GET',
      path: one,
      policies: ['quota:get'],
      summary: "Show a project's quota",
      responses: { 200: answers.quota },
      handle: show,
    },
    {
      method: 'PATCH',
      path: one,
      policies: ['quota:update'],
      summary: "Change a project's quota",
      request: bodySchema(quotaFields),
      responses: { 202: answers.quota },
      handle: update,
    },
    {
      method: 'DELETE',
      path: one,
      policies: ['quota:delete'],
      summary: 'Take a quota back; the default applies',
      responses: { 204: null },
      handle: remove,
    },
  ];
}

function named(params: ApiRequest['params']): { project: string; resource: string } {
  return { project: params['project'] ?? '', resource: params['resource'] ?? '' };
}

function view(quota: Quota): object {
  return {
    id: quota.id,
    hard_limit: quota.hard_limit,
    project_id: quota.project_id,
    resource: quota.resource,
    created_at: timestamp(quota.created_at),
    updated_at: timestamp(quota.updated_at),
  };
}

function lastId(quotas: readonly Quota[]): string | undefined {
  const last = quotas.at(-1);
  return last && String(last.id);
}

function quotaNotFound(project: string, resource: string) {
  return notFound(`Quota could not be found: project_id ${project} resource ${resource}.`);
}
