import { reasonOf, ValidationFailed } from '../../errors.ts';
import { childEnvironment } from '../../template/environment.ts';
import { parseTemplate } from '../../template/template.ts';
import { parseYaml } from '../../template/yaml.ts';
import { isDict, text, walk, type Dict } from '../../values.ts';
import type { NestedBody, NestedContext, ResourceContext, ResourceType } from '../resource-type.ts';
import { any, integer, map, string } from '../schema.ts';
import { nestedContext } from './template-resource.ts';

/** A stack within a stack, in the same project of the same cloud. */
export const nestedStack: ResourceType = {
  name: 'OS::Heat::Stack',
  description: 'A stack of its own template.',
  properties: {
    template: any({ required: true, update: true }),
    parameters: map(undefined, { default: {}, update: true }),
    timeout: integer({ update: true }),
    context: map({
      region_name: string(),
      ca_cert: string(),
      credential_secret_id: string(),
      insecure: any(),
    }),
  },
  attributes: {
    stack_name: 'Name of the stack.',
    outputs: 'A map of its outputs.',
    show: 'What is known of it.',
  },
  validate(properties) {
    if (isDict(properties['context'])) {
      throw new ValidationFailed('a stack in another region or cloud is not supported by this cloud', [
        'context',
      ]);
    }
  },
  nested: { body },
  walksPath: true,
  create: async (context) => context.nest(await body(nestedContext(context))),
  update: async (context) => context.nest(await body(nestedContext(context))),
  remove: (context) => context.unnest(),
  async attribute(context, name, path) {
    const { stack } = context.nestedView;
    if (!stack) return null;
    if (name === 'stack_name') return stack.name;
    if (name === 'outputs') return walk(await outputsOf(context), path);
    return walk(
      { id: stack.id, stack_name: stack.name, stack_status: `${stack.action}_${stack.status}` },
      path,
    );
  },
};

async function body({ name, properties, environment }: NestedContext): Promise<NestedBody> {
  const given = properties['template'];
  let template: unknown;
  try {
    template = typeof given === 'string' ? parseYaml(given) : given;
    parseTemplate(template);
  } catch (error) {
    throw new ValidationFailed(
      `Failed validating stack template using Heat endpoint at region: ${reasonOf(error)}`,
    );
  }
  const parameters = isDict(properties['parameters']) ? properties['parameters'] : {};
  return { template: template as Dict, environment: childEnvironment(environment, name, parameters) };
}

async function outputsOf(context: ResourceContext): Promise<Dict> {
  const view = context.nestedView;
  const outputs = view.template()['outputs'];
  const names = isDict(outputs) ? Object.keys(outputs) : [];
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [text(name), await view.output(name)] as const)),
  );
}
