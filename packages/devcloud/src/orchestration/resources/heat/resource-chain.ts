import { isDict, listAt, text, walk, type Dict } from '../../values.ts';
import type { NestedBody, NestedContext, ResourceType } from '../resource-type.ts';
import { boolean, list, map, string } from '../schema.ts';
import { environmentFor, groupTemplate } from './resource-group.ts';
import { memberAttribute, nestedContext } from './template-resource.ts';

/** Resources of different types with the same properties, one after the other. */
export const resourceChain: ResourceType = {
  name: 'OS::Heat::ResourceChain',
  description: 'Resources of several types with the same properties.',
  properties: {
    resources: list(string(), { required: true, update: true }),
    concurrent: boolean({ default: false }),
    resource_properties: map(undefined, { update: true }),
  },
  attributes: {
    refs: 'What refers to each of them.',
    attributes: 'A map of names to the attribute that follows.',
  },
  knowsAttribute: (name) => name.startsWith('resource.'),
  nested: { body: async (context) => bodyOf(context) },
  walksPath: true,
  create: (context) => context.nest(bodyOf(nestedContext(context))),
  update: (context) => context.nest(bodyOf(nestedContext(context))),
  remove: (context) => context.unnest(),
  async attribute(context, name, path) {
    if (name.startsWith('resource.')) return memberAttribute(context, name, path);
    const view = context.nestedView;
    const names = [...listAt(context.properties, 'resources').keys()].map(String);
    if (name === 'refs') return walk(await Promise.all(names.map((member) => view.reference(member))), path);
    const [attribute, ...deeper] = path;
    const pairs = names.map(
      async (member) => [member, await view.attribute(member, text(attribute), deeper)] as const,
    );
    return Object.fromEntries(await Promise.all(pairs));
  },
};

function bodyOf(context: NestedContext): NestedBody {
  const { properties } = context;
  const shared = properties['resource_properties'];
  const members = listAt(properties, 'resources').map((type, index): [string, Dict] => [
    String(index),
    {
      type,
      ...(isDict(shared) ? { properties: shared } : {}),
      ...(index > 0 && properties['concurrent'] !== true ? { depends_on: [String(index - 1)] } : {}),
    },
  ]);
  return { template: groupTemplate(members), environment: environmentFor(context) };
}
