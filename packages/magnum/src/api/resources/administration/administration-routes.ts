import { badRequest, forbidden } from '../../../clusters/errors.ts';
import type { MagnumService } from '../../../store/rows.ts';
import * as answers from '../../wire/answer-schemas.ts';
import { visibleTo } from '../lookup.ts';
import { enforce, targetOf } from '../../policy/policies.ts';
import type { ApiReply, ApiRequest, Route } from '../../wire/route.ts';
import type { ApiServices } from '../services.ts';
import { timestamp } from '../../wire/timestamp.ts';

/** `/v1/mservices` and `/v1/stats` */
export function administrationRoutes(services: ApiServices): Route[] {
  const { store, policies } = services;

  async function mservices({ context }: ApiRequest): Promise<ApiReply> {
    enforce(policies, 'magnum-service:get_all', context, targetOf(context));
    const downTime = services.settings.DEFAULT.service_down_time * 1000;
    const since = new Date(services.now().getTime() - downTime);
    const views = (await store.services.list()).map((service) => serviceView(service, since));
    return { status: 200, body: { mservices: views } };
  }

  async function stats({ context, query }: ApiRequest): Promise<ApiReply> {
    enforce(policies, 'stats:get_all', context, targetOf(context));
    const type = query['type'] ?? 'cluster';
    if (type.toLowerCase() !== 'cluster') {
      throw badRequest("Invalid stats type. Allowed values are 'cluster'");
    }
    const project = query['project_id'];
    if (project !== undefined && project !== context.projectId && !context.isAdmin) {
      throw forbidden('Not authorized: the statistics of another project are for administrators.');
    }
    const own = context.isAdmin ? 'all' : visibleTo(context);
    const visible = project === undefined ? own : { projectId: project };
    return { status: 200, body: await store.nodegroups.totals(visible) };
  }

  return [
    {
      method: 'GET',
      path: '/mservices',
      policies: ['magnum-service:get_all'],
      summary: 'List conductors and whether they live',
      responses: { 200: answers.listOf('mservices', answers.magnumService) },
      handle: mservices,
    },
    {
      method: 'GET',
      path: '/stats',
      query: ['project_id', 'type'],
      policies: ['stats:get_all'],
      summary: 'Count clusters and nodes',
      responses: { 200: answers.stats },
      handle: stats,
    },
  ];
}

function serviceView(service: MagnumService, aliveSince: Date): object {
  const heard = service.last_seen_up ?? service.updated_at ?? service.created_at;
  const up = !service.forced_down && heard !== null && heard >= aliveSince;
  return {
    host: service.host,
    binary: service.binary,
    state: up ? 'up' : 'down',
    id: service.id,
    report_count: service.report_count,
    disabled: service.disabled,
    disabled_reason: service.disabled_reason,
    created_at: timestamp(service.created_at),
    updated_at: timestamp(service.updated_at),
  };
}
