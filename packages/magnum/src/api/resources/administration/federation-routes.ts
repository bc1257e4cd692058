import { badRequest, notFound } from '../../../clusters/errors.ts';
import * as answers from '../../wire/answer-schemas.ts';
import { LIST_PARAMETERS, pageOf } from '../../wire/list-query.ts';
import { oneCluster, visibleBeyond } from '../lookup.ts';
import { enforce, targetOf } from '../../policy/policies.ts';
import type { ApiReply, ApiRequest, Route } from '../../wire/route.ts';
import type { ApiServices } from '../services.ts';
import { textList, writtenLabels } from '../../wire/patch-fields.ts';
import { bodySchema, ignored, mandatoryText, readObject, readOnly, text } from '../../wire/wire-fields.ts';

const federationFields = {
  uuid: ignored(),
  name: text({ min: 1, max: 255 }),
  hostcluster_id: mandatoryText({ min: 1, max: 255 }),
  member_ids: textList(),
  status: ignored(),
  status_reason: ignored(),
  properties: writtenLabels(),
  links: readOnly(),
  created_at: readOnly(),
  updated_at: readOnly(),
} as const;

/**
 * `/v1/federations`: the original checks and accepts them, and then nothing comes of it, in any of its releases. Its
 * clients find that unchanged.
 */
export function federationRoutes(services: ApiServices): Route[] {
  const { store, policies } = services;

  function listing(rule: 'get_all' | 'detail') {
    return async ({ context, query }: ApiRequest): Promise<ApiReply> => {
      enforce(policies, `federation:${rule}`, context, targetOf(context));
      const page = pageOf(query, { table: 'cluster' }, services.settings.api.max_limit);
      if (page.marker !== undefined) throw missing(page.marker);
      return { status: 200, body: { federations: [] } };
    };
  }

  async function create({ context, body }: ApiRequest): Promise<ApiReply> {
    enforce(policies, 'federation:create', context, targetOf(context));
    const asked = readObject('federation', body(), federationFields);
    const visible = visibleBeyond(policies, 'cluster:get_one_all_projects', context);
    await oneCluster(store, asked.hostcluster_id, visible);
    if (!Object.hasOwn(asked.properties ?? {}, 'dns-zone')) {
      throw badRequest('No DNS zone specified. Please specify a `dns-zone`.');
    }
    return { status: 202, body: { uuid: services.uuid() } };
  }

  /** There never is one. */
  function one(rule: 'get' | 'update' | 'delete') {
    return async ({ context, params }: ApiRequest): Promise<ApiReply> => {
      enforce(policies, `federation:${rule}`, context, targetOf(context));
      throw missing(params['ident'] ?? '');
    };
  }

  const path = '/federations';
  const list = { method: 'GET', query: LIST_PARAMETERS } as const;
  const empty = { 200: answers.listOf('federations', answers.federation) };
  return [
    {
      ...list,
      path,
      policies: ['federation:get_all'],
      summary: 'List federations',
      responses: empty,
      handle: listing('get_all'),
    },
    {
      ...list,
      path: `${path}/detail`,
      policies: ['federation:detail'],
      summary: 'List federations, in full',
      responses: empty,
      handle: listing('detail'),
    },
    {
      method: 'POST',
      path,
      policies: ['federation:create', 'cluster:get_one_all_projects'],
      summary: 'Ask for a federation, which nobody builds',
      request: bodySchema(federationFields),
      responses: { 202: answers.accepted },
      handle: create,
    },
    {
      method: 'GET',
      path: `${path}/:ident`,
      policies: ['federation:get'],
      summary: 'Show a federation',
      responses: { 200: answers.federation },
      handle: one('get'),
    },
    {
      method: 'PATCH',
      path: `${path}/:ident`,
      query: ['rollback'],
      policies: ['federation:update'],
      summary: 'Change a federation',
      request: answers.patch,
      responses: { 202: answers.accepted },
      handle: one('update'),
    },
    {
      method: 'DELETE',
      path: `${path}/:ident`,
      policies: ['federation:delete'],
      summary: 'Remove a federation',
      responses: { 204: null },
      handle: one('delete'),
    },
  ];
}

function missing(ident: string) {
  return notFound(`Federation ${ident} could not be found.`);
}
