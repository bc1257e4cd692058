import { EMPTY_ENVIRONMENT, childEnvironment } from '../../template/environment.ts';
import { isDict, listAt, same, text, walk, type Dict } from '../../values.ts';
import type { NestedBody, NestedContext, ResourceContext, ResourceType } from '../resource-type.ts';
import { any, integer, list, map, number, oneOf, range, string } from '../schema.ts';
import { memberAttribute, nestedContext } from './template-resource.ts';

const UPDATE_POLICY = {
  rolling_update: map({
    min_in_service: integer({ default: 0, constraints: range(0) }),
    max_batch_size: integer({ default: 1, constraints: range(1) }),
    pause_time: number({ default: 0, constraints: range(0) }),
  }),
  batch_create: map({
    max_batch_size: integer({ default: 1, constraints: range(1) }),
    pause_time: number({ default: 0, constraints: range(0) }),
  }),
};

export const resourceGroup: ResourceType = {
  name: 'OS::Heat::ResourceGroup',
  description: 'A number of resources made alike, numbered from 0 on.',
  properties: {
    count: integer({ default: 1, update: true, constraints: range(0) }),
    index_var: string({ default: '%index%', constraints: [{ kind: 'length', min: 3 }] }),
    resource_def: map(
      { type: string({ required: true }), properties: any(), metadata: map() },
      {
        required: true,
        update: true,
      },
    ),
    removal_policies: list(map({ resource_list: list(any(), { default: [] }) }), {
      default: [],
      update: true,
    }),
    removal_policies_mode: string({
      default: 'append',
      update: true,
      constraints: oneOf('append', 'update'),
    }),
  },
  updatePolicy: UPDATE_POLICY,
  attributes: {
    refs: 'What refers to each of the members.',
    refs_map: 'The same by the names of the members.',
    attributes: 'A map of member names to the attribute that follows.',
    removed_rsrc_list: 'Names that were removed and are not used again.',
  },
  knowsAttribute: () => true,
  nested: {
    body: async (context) =>
      bodyFor(context, memberNames(context.properties, removedNames(context.row?.data))),
  },
  walksPath: true,
  async create(context) {
    await noteRemoved(context);
    const names = memberNames(context.properties, removedNames(context.row.data));
    const batch = context.updatePolicy['batch_create'];
    if (!isDict(batch)) return context.nest(bodyFor(nestedContext(context), names));
    const size = Number(batch['max_batch_size']);
    // How far it came is kept: after a crash the group is not made small again.
    for (let end = Number(context.row.data['batch'] ?? size); end < names.length; end += size) {
      context.note('batch', end);
      await context.nest(bodyFor(nestedContext(context), names.slice(0, end)), `/${end}`);
      await context.pause(Number(batch['pause_time']) * 1000);
    }
    await context.nest(bodyFor(nestedContext(context), names));
    context.note('batch', undefined);
  },
  async update(context, before) {
    await noteRemoved(context);
    const names = memberNames(context.properties, removedNames(context.row.data));
    const rolling = context.updatePolicy['rolling_update'];
    const changed = !same(before['resource_def'], context.properties['resource_def']);
    if (isDict(rolling) && (changed || context.row.data['rolling'] !== undefined)) {
      await rollingUpdate(context, names, rolling);
    }
    await context.nest(bodyFor(nestedContext(context), names));
    context.note('rolling', undefined);
    context.note('rolled', undefined);
  },
  remove: (context) => context.unnest(),
  async attribute(context, name, path) {
    const view = context.nestedView;
    const names = memberNames(context.properties, removedNames(context.row.data));
    if (name === 'removed_rsrc_list') return walk(removedNames(context.row.data), path);
    if (name.startsWith('resource.')) return memberAttribute(context, name, path);
    if (name === 'refs') return walk(await Promise.all(names.map((member) => view.reference(member))), path);
    if (name === 'refs_map') return walk(await byName(names, (member) => view.reference(member)), path);
    if (name === 'attributes') {
      const [attribute, ...deeper] = path;
      if (attribute === undefined) return null;
      return byName(names, (member) => view.attribute(member, text(attribute), deeper));
    }
    return Promise.all(names.map((member) => view.attribute(member, name, path)));
  },
  reference: async ({ row, name }) => row.physicalId ?? name,
};

async function byName(names: readonly string[], get: (name: string) => Promise<unknown>): Promise<Dict> {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await get(name)] as const)));
}

/** The first `count` numbers that were not removed. */
export function memberNames(properties: Dict, removed: readonly string[]): string[] {
  const names: string[] = [];
  for (let index = 0; names.length < Number(properties['count']); index++) {
    if (!removed.includes(String(index))) names.push(String(index));
  }
  return names;
}

export function removedNames(data: Dict | undefined): readonly string[] {
  return listAt(data, 'removed').map(text);
}

/** Turns what the removal policies say (names of members or what refers to them) into names, and keeps them. */
async function noteRemoved(context: ResourceContext): Promise<void> {
  const known = removedNames(context.row.data);
  const members = context.nestedView.members().map((member) => member.name);
  const found = new Set(context.properties['removal_policies_mode'] === 'update' ? [] : known);
  const wanted = listAt(context.properties, 'removal_policies').flatMap((policy) =>
    listAt(policy, 'resource_list'),
  );
  for (const item of wanted) {
    const name = text(item);
    if (known.includes(name) || members.length === 0 || members.includes(name)) {
      if (/^\d+$/.test(name)) found.add(name);
      continue;
    }
    for (const member of members) {
      if (text(await context.nestedView.reference(member)) === name) found.add(member);
    }
  }
  const removed = [...found].toSorted();
  if (!same(removed, known)) context.note('removed', removed);
}

function bodyFor(context: NestedContext, names: readonly string[]): NestedBody {
  return {
    template: groupTemplate(names.map((name) => [name, memberDefinition(context.properties, name)])),
    environment: environmentFor(context),
  };
}

export function environmentFor(context: NestedContext): NestedBody['environment'] {
  return { ...EMPTY_ENVIRONMENT, ...childEnvironment(context.environment, context.name, {}) };
}

/** Its output is there whether anybody refers to it or not: Kubernetes' autoscaler finds a member's server by it. */
export function groupTemplate(members: readonly (readonly [string, Dict])[]): Dict {
  const references = members.map(([name]) => [name, { get_resource: name }] as const);
  return {
    heat_template_version: '2015-04-30',
    resources: Object.fromEntries(members),
    outputs: { refs_map: { value: Object.fromEntries(references) } },
  };
}

/** One member, with its number in the place of the index variable. */
function memberDefinition(properties: Dict, name: string): Dict {
  const definition = properties['resource_def'];
  if (!isDict(definition)) return {};
  const variable = text(properties['index_var'] ?? '%index%');
  const written = isDict(definition['properties']) ? definition['properties'] : {};
  const filled = Object.entries(written)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => [key, fillIn(value, variable, name)]);
  const metadata = definition['metadata'];
  return {
    type: definition['type'],
    properties: Object.fromEntries(filled) as Dict,
    ...(isDict(metadata) ? { metadata } : {}),
  };
}

function fillIn(value: unknown, variable: string, name: string): unknown {
  if (typeof value === 'string') return value.replaceAll(variable, name);
  if (Array.isArray(value)) return value.map((item) => fillIn(item, variable, name));
  if (!isDict(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillIn(item, variable, name)]));
}

/**
 * Changes the members in batches, so that never more than a batch is being changed and at least
 * `min_in_service` are not. Members to be removed go with the first batch, new ones come with the last step.
 */
async function rollingUpdate(
  context: ResourceContext,
  names: readonly string[],
  policy: Dict,
): Promise<void> {
  const before = context.row.data['rolling'] ?? context.nestedView.template()['resources'] ?? {};
  if (!isDict(before)) return;
  // The template as it was when this began is kept: after a crash the batches have to be the same.
  if (context.row.data['rolling'] === undefined) context.note('rolling', before);
  const after = groupMembers(context, names);
  const staying = names.filter((name) => Object.hasOwn(before, name));
  const spare = staying.length - Number(policy['min_in_service']);
  const size = Math.max(
    1,
    Math.min(Number(policy['max_batch_size']), spare > 0 ? spare : Number(policy['max_batch_size'])),
  );
  // The highest numbers first, as Heat does it.
  const order = staying.toReversed().filter((name) => !same(before[name], after[name]));
  const pause = Number(policy['pause_time']) * 1000;
  for (let done = Number(context.row.data['rolled'] ?? size); done < order.length; done += size) {
    context.note('rolled', done);
    const changed = new Set(order.slice(0, done));
    const members = staying.map((name): [string, Dict] => [
      name,
      (changed.has(name) ? after[name] : (before[name] as Dict | undefined)) ?? {},
    ]);
    await context.nest(
      { template: groupTemplate(members), environment: environmentFor(nestedContext(context)) },
      `/${done}`,
    );
    if (pause > 0) await context.pause(pause);
  }
}

function groupMembers(context: ResourceContext, names: readonly string[]): Readonly<Record<string, Dict>> {
  return Object.fromEntries(names.map((name) => [name, memberDefinition(context.properties, name)]));
}
