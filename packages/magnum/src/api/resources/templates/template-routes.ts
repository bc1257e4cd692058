import type { RequestContext } from '@gantry/oslo';
import { forbidden, templateNotFound, templateReferenced } from '../../../clusters/errors.ts';
import type { TSchema } from 'typebox';
import { generatedName } from '../../../clusters/generated-name.ts';
import type { ClusterTemplate, New } from '../../../store/rows.ts';
import type { Visibility } from '../../../store/store.ts';
import * as answers from '../../wire/answer-schemas.ts';
import { LIST_PARAMETERS, listJson, pageOf, withMarker } from '../../wire/list-query.ts';
import { oneTemplate, visibleAcross, visibleTo } from '../lookup.ts';
import {
  applyPatch,
  changesOf,
  readPatch,
  SERVICES_OWN,
  type PatchOperation,
  type PatchRules,
} from '../../wire/patch.ts';
import { enforce, targetOf, type AcrossProjects } from '../../policy/policies.ts';
import type { ApiReply, ApiRequest, Route } from '../../wire/route.ts';
import type { ApiServices } from '../services.ts';
import { templateFields, templateRow, validatedTemplate, type TemplateRequest } from './template-request.ts';
import { templateJson, type TemplateView } from './template-view.ts';
import { bodySchema, booleanOf, readObject } from '../../wire/wire-fields.ts';

const PATCH_RULES: PatchRules = {
  internal: SERVICES_OWN,
  mandatory: [
    'network_driver',
    'external_network_id',
    'tls_disabled',
    'public',
    'server_type',
    'coe',
    'registry_enabled',
    'cluster_distro',
    'hidden',
    'image_id',
  ],
};

/** Cluster templates, and what they were called before. */
export interface TemplateKind extends TemplateView {
  readonly policy: 'clustertemplate' | 'baymodel';
  /** What the body of a request is called in messages. */
  readonly argument: string;
  /** For people. */
  readonly words: { readonly one: string; readonly many: string };
  readonly answer: TSchema;
  readonly request: TSchema;
  read(body: unknown): TemplateRequest;
  /** A name for one that comes without. */
  name(random: () => number): string;
}

/** Cluster templates as they are now. */
export const clusterTemplates: TemplateKind = {
  collection: 'clustertemplates',
  driver: true,
  policy: 'clustertemplate',
  argument: 'cluster_template',
  words: { one: 'a cluster template', many: 'cluster templates' },
  answer: answers.clusterTemplate,
  request: bodySchema(templateFields),
  read: (body) => readObject('cluster_template', body, templateFields),
  name: (random) => generatedName('template', random),
};

const { driver: _driver, ...fieldsBeforeDrivers } = templateFields;

/** Cluster templates of the releases in which none could name its driver. */
export const templatesBeforeDrivers: TemplateKind = {
  ...clusterTemplates,
  driver: false,
  answer: answers.templateBeforeDrivers,
  request: bodySchema(fieldsBeforeDrivers),
  read: (body) => ({ ...readObject('cluster_template', body, fieldsBeforeDrivers), driver: undefined }),
};

/** `/v1/clustertemplates` */
export function templateRoutes(services: ApiServices, kind: TemplateKind): Route[] {
  const { store, policies } = services;
  const { collection, policy } = kind;

  /** The rule by which administrators cross projects: at bay models they don't. */
  function across(verb: 'get_all' | 'detail' | 'get_one' | 'update' | 'delete'): AcrossProjects[] {
    return policy === 'baymodel' ? [] : [`${policy}:${verb}_all_projects`];
  }

  function visible(verb: Parameters<typeof across>[0], context: RequestContext): Visibility {
    const [rule] = across(verb);
    return rule === undefined ? visibleTo(context) : visibleAcross(policies, rule, context);
  }

  function listing(rule: 'get_all' | 'detail', path: string) {
    return async (request: ApiRequest): Promise<ApiReply> => {
      const { context, base } = request;
      enforce(policies, `${policy}:${rule}`, context, targetOf(context));
      const page = pageOf(request.query, { table: 'cluster_template' }, services.settings.api.max_limit);
      const found = await withMarker(store.templates.list(visible(rule, context), page), templateNotFound);
      const items = found.map((template) => templateJson(template, base, kind));
      return { status: 200, json: listJson(base, path, collection, items, page, found.at(-1)?.uuid) };
    };
  }

  async function create({ context, body, base }: ApiRequest): Promise<ApiReply> {
    enforce(policies, `${policy}:create`, context, targetOf(context));
    const asked = kind.read(body());
    const named = { ...asked, name: asked.name ?? kind.name(services.random) };
    const row = templateRow(named, ownerOf(context), services);
    const checked = await validatedTemplate(row, services.sessions.ofCaller(context.token), services);
    if (checked.public || checked.hidden) mayPublish(context, checked);
    const template = await store.templates.insert(checked);
    const location = `${base}/v1/${collection}/${template.uuid}`;
    return { status: 201, json: templateJson(template, base, kind), headers: { location } };
  }

  function mayPublish(context: RequestContext, template: New<ClusterTemplate>): void {
    if (policies.allows(`${policy}:publish`, context, template)) return;
    throw forbidden('Not authorized to set public or hidden flag for cluster template.');
  }

  async function show({ context, params, base }: ApiRequest): Promise<ApiReply> {
    const template = await oneTemplate(store, params['ident'] ?? '', visible('get_one', context));
    if (!template.public) enforce(policies, `${policy}:get`, context, template);
    return { status: 200, json: templateJson(template, base, kind) };
  }

  async function update({ context, params, base, body }: ApiRequest): Promise<ApiReply> {
    const operations = readPatch(body(), PATCH_RULES);
    const template = await oneTemplate(store, params['ident'] ?? '', visible('update', context));
    enforce(policies, `${policy}:update`, context, template);
    if (!harmless(operations) && (await store.templates.isReferenced(template.uuid))) {
      throw templateReferenced(template.uuid);
    }
    const change = await changeOf(context, template, operations);
    await store.templates.update(template.uuid, change);
    const now = await oneTemplate(store, { uuid: template.uuid }, 'all');
    return { status: 200, json: templateJson(now, base, kind) };
  }

  async function changeOf(
    context: RequestContext,
    template: ClusterTemplate,
    operations: readonly PatchOperation[],
  ): Promise<Partial<New<ClusterTemplate>>> {
    const { id: _id, created_at: _created, updated_at: _updated, ...before } = template;
    const { project_id, user_id, ...attributes } = before;
    const { patched, touched } = applyPatch(attributes, operations);
    const asked = readObject('cluster_template', patched, templateFields);
    const after = templateRow(asked, { project_id, user_id }, services);
    if (after.public !== template.public || after.hidden !== template.hidden) mayPublish(context, after);
    const onlyTold = [...touched].every((name) =>
      ['name', 'tags', 'public', 'hidden', 'keypair_id'].includes(name),
    );
    const told = { ...after, cluster_distro: template.cluster_distro };
    const row = onlyTold
      ? told
      : await validatedTemplate(told, services.sessions.ofCaller(context.token), services);
    return changesOf(before, row);
  }

  async function remove({ context, params }: ApiRequest): Promise<ApiReply> {
    const template = await oneTemplate(store, params['ident'] ?? '', visible('delete', context));
    enforce(policies, `${policy}:delete`, context, template);
    await store.transaction(async (inner) => {
      await inner.lock(`template ${template.uuid}`);
      if (await inner.templates.isReferenced(template.uuid)) throw templateReferenced(template.uuid);
      await inner.templates.destroy(template.uuid);
    });
    return { status: 204 };
  }

  const path = `/${collection}`;
  const one = `${path}/:ident`;
  return [
    {
      method: 'GET',
      path,
      query: LIST_PARAMETERS,
      policies: [`${policy}:get_all`, ...across('get_all')],
      summary: `List ${kind.words.many}`,
      responses: { 200: answers.listOf(collection, kind.answer) },
      handle: listing('get_all', collection),
    },
    {
      method: 'GET',
      path: `${path}/detail`,
      query: LIST_PARAMETERS,
      policies: [`${policy}:detail`, ...across('detail')],
      summary: `List ${kind.words.many}, in full`,
      responses: { 200: answers.listOf(collection, kind.answer) },
      handle: listing('detail', `${collection}/detail`),
    },
    {
      method: 'POST',
      path,
      policies: [`${policy}:create`, `${policy}:publish`],
      summary: `Make ${kind.words.one}`,
      request: kind.request,
      responses: { 201: kind.answer },
      handle: create,
    },
    {
      method: 'GET',
      path: one,
      policies: [`${policy}:get`, ...across('get_one')],
      summary: `Show ${kind.words.one}`,
      responses: { 200: kind.answer },
      handle: show,
    },
    {
      method: 'PATCH',
      path: one,
      policies: [`${policy}:update`, ...across('update'), `${policy}:publish`],
      summary: `Change ${kind.words.one}`,
      request: answers.patch,
      responses: { 200: kind.answer },
      handle: update,
    },
    {
      method: 'DELETE',
      path: one,
      policies: [`${policy}:delete`, ...across('delete')],
      summary: `Remove ${kind.words.one} that no cluster uses`,
      responses: { 204: null },
      handle: remove,
    },
  ];
}

/** @throws MagnumError 403 for a token that isn't for a project, where whatever is made would belong to none */
export function ownerOf(context: RequestContext): { project_id: string; user_id: string } {
  if (context.projectId === undefined) {
    throw forbidden(
      'Clusters and their templates belong to a project: ask with a token that is scoped to one.',
    );
  }
  return { project_id: context.projectId, user_id: context.userId };
}

/** What can be changed although clusters use the template: one thing that they don't look at. */
function harmless(operations: readonly PatchOperation[]): boolean {
  const [first, ...others] = operations;
  if (!first) return true;
  if (others.length > 0) return false;
  if (['name', 'tags', 'hidden'].includes(first.attribute)) return true;
  return first.attribute === 'public' && booleanOf(first.value) === true;
}
