import { notFound, ValidationFailed } from '../../errors.ts';
import { isDict, text, walk, type Dict } from '../../values.ts';
import type { ResourceContext, ResourceType } from '../resource-type.ts';
import { any, integer, map, number, oneOf, range, string } from '../schema.ts';
import { environmentFor, groupTemplate } from './resource-group.ts';
import { signedSignalUrl, signalToken } from './signal-url.ts';
import { memberAttribute, nestedContext } from './template-resource.ts';

/** A group whose size is changed by policies. Its members have random names, the oldest go first. */
export const autoScalingGroup: ResourceType = {
  name: 'OS::Heat::AutoScalingGroup',
  description: 'A number of resources made alike, which policies make more or fewer.',
  properties: {
    resource: map(
      { type: string({ required: true }), properties: any(), metadata: map() },
      { required: true, update: true },
    ),
    min_size: integer({ required: true, update: true, constraints: range(0) }),
    max_size: integer({ required: true, update: true, constraints: range(0) }),
    desired_capacity: integer({ update: true, constraints: range(0) }),
    cooldown: integer({ update: true }),
    rolling_updates: map(undefined, { default: {}, update: true }),
  },
  attributes: {
    outputs: 'A map of member names to the attribute that follows.',
    outputs_list: 'A list of the attribute that follows.',
    current_size: 'How many there are.',
    refs: 'What refers to each of them.',
    refs_map: 'The same by name.',
  },
  knowsAttribute: (name) => name.startsWith('resource.'),
  validate(properties) {
    const [least, most, wanted] = [
      properties['min_size'],
      properties['max_size'],
      properties['desired_capacity'],
    ].map(Number);
    if (Number(least) > Number(most)) throw new ValidationFailed('MinSize can not be greater than MaxSize');
    if (
      properties['desired_capacity'] !== undefined &&
      (Number(wanted) < Number(least) || Number(wanted) > Number(most))
    ) {
      throw new ValidationFailed('DesiredCapacity must be between MinSize and MaxSize');
    }
  },
  nested: {
    body: async (context) => ({
      template: membersTemplate(
        context.properties,
        names(context.row?.data ?? {}, sizeOf(context.properties, context.row?.data ?? {})),
      ),
      environment: environmentFor(context),
    }),
  },
  walksPath: true,
  create: (context) => resize(context, sizeOf(context.properties, context.row.data)),
  async update(context, _before, changed) {
    const { properties, row } = context;
    const now = Number(row.data['size'] ?? sizeOf(properties, {}));
    const wanted = changed.has('desired_capacity') ? Number(properties['desired_capacity'] ?? now) : now;
    await resize(context, clamp(wanted, properties));
  },
  remove: (context) => context.unnest(),
  async attribute(context, name, path) {
    if (name.startsWith('resource.')) return memberAttribute(context, name, path);
    const view = context.nestedView;
    const members = view.members().map((row) => row.name);
    if (name === 'current_size') return members.length;
    if (name === 'refs')
      return walk(await Promise.all(members.map((member) => view.reference(member))), path);
    const [attribute, ...deeper] = path;
    const get = (member: string): Promise<unknown> =>
      name === 'refs_map' ? view.reference(member) : view.attribute(member, text(attribute), deeper);
    if (name === 'outputs_list') return Promise.all(members.map(get));
    return Object.fromEntries(
      await Promise.all(members.map(async (member) => [member, await get(member)] as const)),
    );
  },
};

function sizeOf(properties: Dict, data: Dict): number {
  return Number(data['size'] ?? properties['desired_capacity'] ?? properties['min_size']);
}

function clamp(size: number, properties: Dict): number {
  return Math.min(Number(properties['max_size']), Math.max(Number(properties['min_size']), size));
}

/** Names of the members, oldest first; new ones are counted on, so that none is used twice. */
function names(data: Dict, size: number): string[] {
  const known = Array.isArray(data['members']) ? data['members'].map(text) : [];
  let next = Number(data['next'] ?? known.length);
  const kept = known.slice(Math.max(0, known.length - size));
  while (kept.length < size) kept.push(`member-${next++}`);
  return kept;
}

async function resize(context: ResourceContext, size: number): Promise<void> {
  const now = sized(context.row.data, size);
  context.cloud.store.transaction(() => {
    for (const [key, value] of Object.entries(now)) context.note(key, value);
  });
  await context.nest({
    template: membersTemplate(context.properties, now.members),
    environment: environmentFor(nestedContext(context)),
  });
}

/** The notes of a group that has this size now. */
function sized(
  data: Dict,
  size: number,
): { readonly size: number; readonly members: string[]; readonly next: number } {
  const known: unknown[] = Array.isArray(data['members']) ? data['members'] : [];
  const members = names(data, size);
  const added = members.filter((name) => !known.includes(name)).length;
  return { size, members, next: Number(data['next'] ?? known.length) + added };
}

function membersTemplate(properties: Dict, members: readonly string[]): Dict {
  const definition = isDict(properties['resource']) ? properties['resource'] : {};
  const { type, properties: values, metadata } = definition;
  return groupTemplate(
    members.map((name) => [
      name,
      { type, ...(isDict(values) ? { properties: values } : {}), ...(isDict(metadata) ? { metadata } : {}) },
    ]),
  );
}

/** Changes the size of a group when it is signalled. */
export const scalingPolicy: ResourceType = {
  name: 'OS::Heat::ScalingPolicy',
  description: 'Makes a group larger or smaller whenever it is signalled.',
  properties: {
    auto_scaling_group_id: string({ required: true }),
    scaling_adjustment: number({ required: true, update: true }),
    adjustment_type: string({
      required: true,
      update: true,
      constraints: oneOf('change_in_capacity', 'exact_capacity', 'percent_change_in_capacity'),
    }),
    cooldown: number({ update: true }),
    min_adjustment_step: integer({ update: true, constraints: range(0) }),
  },
  attributes: { alarm_url: 'An address to signal to.', signal_url: 'The same, for a token.' },
  async create(context) {
    signalToken(context);
    if (context.row.physicalId === null) context.setPhysicalId(context.row.id.replaceAll('-', ''));
  },
  update: async () => undefined,
  attribute: async (context) => signedSignalUrl(context),
  async signal(context) {
    const { tables, properties } = context;
    const group = tables.resources.by('physical', text(properties['auto_scaling_group_id']))[0];
    if (!group?.properties) throw notFound('group', text(properties['auto_scaling_group_id']));
    const now = sizeOf(group.properties, group.data);
    const amount = Number(properties['scaling_adjustment']);
    const wanted = {
      change_in_capacity: now + amount,
      exact_capacity: amount,
      percent_change_in_capacity: now + percent(now, amount, Number(properties['min_adjustment_step'] ?? 1)),
    }[text(properties['adjustment_type'])];
    const size = clamp(wanted ?? now, group.properties);
    tables.resources.put({ ...group, data: { ...group.data, ...sized(group.data, size) } });
    await context.refreshNested(group.id);
    return `scaling ${group.name} from ${now} to ${size}`;
  },
};

function percent(now: number, amount: number, least: number): number {
  const change = (now * amount) / 100;
  const whole = Math.sign(change) * Math.max(least, Math.floor(Math.abs(change)));
  return amount === 0 ? 0 : whole;
}
