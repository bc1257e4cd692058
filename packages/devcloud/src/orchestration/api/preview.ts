import { collect } from '../functions/references.ts';
import { resolve } from '../functions/resolve.ts';
import type { Definition } from '../engine/definition.ts';
import type { Engine } from '../engine/engine.ts';
import { parseStackRequest } from '../engine/request-body.ts';
import { planCreation, type StackPlan } from '../engine/plan-stack.ts';
import { checkStackName } from '../engine/stack-actions.ts';
import { arnOf } from '../engine/stack-scope.ts';
import { timestamp } from '../engine/runtime.ts';
import type { Owner, ResourceRow, StackRow } from '../engine/tables.ts';
import { validateStack } from '../engine/validate.ts';
import { isDict, same, type Dict } from '../values.ts';

/** What a stack would be, without making it. @throws HeatError */
export async function previewCreation(engine: Engine, owner: Owner, body: unknown): Promise<Dict> {
  const name = checkStackName(isDict(body) ? body['stack_name'] : undefined);
  const request = parseStackRequest(body);
  const plan = await planCreation(engine, owner, name, request);
  const pseudo = { 'OS::stack_name': name, 'OS::stack_id': 'None', 'OS::project_id': owner.projectId };
  const definition = await validateStack(engine, { ...plan, owner, pseudo });
  const at = timestamp(engine.cloud.now());
  return {
    id: 'None',
    links: [],
    stack_name: name,
    description: definition.template.description,
    template_description: definition.template.description,
    creation_time: at,
    updated_time: null,
    deletion_time: null,
    parameters: definition.parameters.shown(),
    outputs: [],
    capabilities: [],
    notification_topics: [],
    disable_rollback: request.disableRollback ?? true,
    timeout_mins: request.timeoutMins ?? null,
    stack_owner: owner.userName,
    parent: null,
    stack_user_project_id: owner.projectId,
    tags: request.tags ?? null,
    resources: await Promise.all(
      [...definition.resources.keys()].map((key) => previewResource(definition, key, at)),
    ),
  };
}

async function previewResource(definition: Definition, name: string, at: string): Promise<Dict> {
  const resource = definition.resources.get(name);
  const dependants = [...definition.dependencies]
    .filter(([, needs]) => needs.has(name))
    .map(([other]) => other);
  return {
    resource_name: name,
    logical_resource_id: name,
    physical_resource_id: '',
    resource_type: resource?.snippet.type ?? '',
    resource_action: 'INIT',
    resource_status: 'COMPLETE',
    resource_status_reason: '',
    creation_time: at,
    updated_time: at,
    required_by: dependants,
    description: resource?.snippet.description ?? '',
    metadata: {},
    properties: await shownProperties(definition, name),
    attributes: {},
  };
}

async function shownProperties(definition: Definition, name: string): Promise<Dict> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(definition.resources.get(name)?.snippet.properties ?? {})) {
    const resolved = await resolve(value, definition.scope);
    result[key] = typeof resolved === 'symbol' ? null : JSON.parse(JSON.stringify(resolved ?? null));
  }
  return result;
}

/** What an update would do to each resource. */
export async function previewUpdate(engine: Engine, stack: StackRow, plan: StackPlan): Promise<Dict> {
  const pseudo = {
    'OS::stack_name': stack.name,
    'OS::stack_id': arnOf(stack),
    'OS::project_id': stack.projectId,
  };
  const after = await validateStack(engine, { ...plan, owner: stack.owner, pseudo });
  const before = await engine.define(stack);
  const rows = engine.tables.resources.by('stack', stack.id).filter((row) => row.current);
  const changes: Record<string, Dict[]> = {
    unchanged: [],
    updated: [],
    replaced: [],
    added: [],
    deleted: [],
  };
  const kinds = new Map<string, string>();
  for (const name of inOrder(after)) {
    const row = rows.find((candidate) => candidate.name === name);
    const kind = row ? await kindOf(before, after, row, kinds) : 'added';
    kinds.set(name, kind);
    changes[kind]?.push(changeOf(stack, name, row, after));
  }
  for (const row of rows) {
    if (!after.resources.has(row.name)) changes['deleted']?.push(changeOf(stack, row.name, row, before));
  }
  return changes;
}

function inOrder(definition: Definition): string[] {
  const done = new Set<string>();
  const visit = (name: string): void => {
    if (done.has(name)) return;
    for (const need of definition.dependencies.get(name) ?? []) visit(need);
    done.add(name);
  };
  for (const name of definition.resources.keys()) visit(name);
  return [...done];
}

async function kindOf(
  before: Definition,
  after: Definition,
  row: ResourceRow,
  kinds: ReadonlyMap<string, string>,
): Promise<string> {
  const [old, now] = [before.resources.get(row.name), after.resources.get(row.name)];
  if (!old || !now || !same(old.target, now.target)) return 'replaced';
  if (row.action === 'CREATE' && row.status === 'FAILED') return 'replaced';
  const changed: string[] = [];
  for (const key of new Set([
    ...Object.keys(old.snippet.properties),
    ...Object.keys(now.snippet.properties),
  ])) {
    if (await differs(before, after, old.snippet.properties[key], now.snippet.properties[key], kinds))
      changed.push(key);
  }
  if (changed.length === 0) return same(old.snippet.metadata, now.snippet.metadata) ? 'unchanged' : 'updated';
  return changed.every((key) => now.type.properties[key]?.update || now.type.nested) ? 'updated' : 'replaced';
}

/** Properties are the same as far as parameters go, and nothing they refer to is made anew. */
async function differs(
  before: Definition,
  after: Definition,
  old: unknown,
  now: unknown,
  kinds: ReadonlyMap<string, string>,
): Promise<boolean> {
  let renewed = false;
  await collect(
    now,
    after.scope,
    (name) => (renewed ||= kinds.get(name) === 'replaced' || kinds.get(name) === 'added'),
    '',
  );
  if (renewed) return true;
  if (same(old, now)) return !same(await parametersIn(before, old), await parametersIn(after, now));
  return !same(await shallow(before, old), await shallow(after, now));
}

async function shallow(definition: Definition, value: unknown): Promise<unknown> {
  const resolved = await resolve(value, definition.scope).catch(() => value);
  return typeof resolved === 'symbol' ? value : resolved;
}

/** Values of the parameters that `value` uses. */
async function parametersIn(definition: Definition, value: unknown): Promise<unknown[]> {
  if (Array.isArray(value))
    return (await Promise.all(value.map((item) => parametersIn(definition, item)))).flat();
  if (!isDict(value)) return [];
  const own = 'get_param' in value ? [await resolve(value, definition.scope).catch(() => null)] : [];
  const inner = await Promise.all(Object.values(value).map((item) => parametersIn(definition, item)));
  return [...own, ...inner.flat()];
}

function changeOf(stack: StackRow, name: string, row: ResourceRow | undefined, definition: Definition): Dict {
  return {
    resource_name: name,
    resource_type: definition.resources.get(name)?.snippet.type ?? row?.type ?? '',
    physical_resource_id: row?.physicalId ?? '',
    resource_identity: {
      stack_name: stack.name,
      stack_id: stack.id,
      tenant: stack.projectId,
      path: `/resources/${name}`,
    },
    stack_identity: { stack_name: stack.name, stack_id: stack.id, tenant: stack.projectId, path: '' },
    stack_name: stack.name,
    resource_action: row?.action ?? 'INIT',
    resource_status: row?.status ?? 'COMPLETE',
    resource_status_reason: row?.reason ?? '',
    updated_time: row?.updatedAt ?? '',
    creation_time: row?.createdAt ?? '',
    description: definition.resources.get(name)?.snippet.description ?? '',
    metadata: row?.metadata ?? {},
    properties: row?.properties ?? {},
  };
}
