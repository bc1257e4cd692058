import { HeatError, invalidAttribute, reasonOf, ValidationFailed } from '../errors.ts';
import { resolve } from '../functions/resolve.ts';
import type { NestedBody, NestedContext } from '../resources/resource-type.ts';
import { checkProperties } from '../resources/schema.ts';
import type { Environment } from '../template/environment.ts';
import { checkParameters, parameterSchemata, type ParameterSources } from '../template/parameters.ts';
import { parseTemplate } from '../template/template.ts';
import { hasUnknown, isDict, UNKNOWN, type Dict } from '../values.ts';
import { customCheckFor } from './custom-constraints.ts';
import { define, type Definition, type ResourceDefinition } from './definition.ts';
import { NEVER_STOPS } from './never-stops.ts';
import type { Runtime } from './runtime.ts';
import type { Owner } from './tables.ts';

/** How deep stacks may be nested, and how many resources a tree of them may have: Heat's own limits. */
const MAX_DEPTH = 5;

export interface ValidationSource {
  readonly template: Dict;
  readonly environment: Environment;
  readonly files: Readonly<Record<string, string>>;
  readonly pseudo: ParameterSources['pseudo'];
  readonly owner: Owner;
}

/**
 * Checks a template with its parameters as Heat does before it begins: everything that can be known without
 * a resource being there, nested stacks included.
 *
 * @throws HeatError, ValidationFailed with place and reason
 */
export async function validateStack(
  runtime: Runtime,
  source: ValidationSource,
  depth = 0,
): Promise<Definition> {
  if (depth > MAX_DEPTH)
    throw new HeatError('RequestLimitExceeded', 400, 'Request limit exceeded: Recursion depth exceeds 5.');
  const template = parseTemplate(source.template);
  const check = customCheckFor(runtime, source.owner, NEVER_STOPS);
  const sources = {
    given: source.environment.parameters,
    defaults: source.environment.parameter_defaults,
    pseudo: source.pseudo,
  };
  await checkParameters(parameterSchemata(template), sources, check);
  const definition = await define({
    template: source.template,
    environment: source.environment,
    files: source.files,
    types: runtime.types,
    pseudo: source.pseudo,
    lookup: (made) => ({
      reference: async () => UNKNOWN,
      attribute: async (name, attribute) => {
        const type = made().resources.get(name)?.type;
        if (!type || type.anything || attribute === undefined) return UNKNOWN;
        if (!Object.hasOwn(type.attributes, attribute) && !type.knowsAttribute?.(attribute, {})) {
          throw invalidAttribute(name, attribute);
        }
        return UNKNOWN;
      },
      facade: () => UNKNOWN,
    }),
  });
  for (const resource of definition.resources.values())
    await validateResource(runtime, source, definition, resource, depth);
  for (const [name, output] of definition.outputs) {
    try {
      await resolve(output.value, definition.scope, `outputs.${name}.value`);
    } catch (error) {
      if (error instanceof HeatError && error.name !== 'ValueError') throw error;
      throw new ValidationFailed(reasonOf(error), ['outputs', name, 'value']);
    }
  }
  return definition;
}

async function validateResource(
  runtime: Runtime,
  source: ValidationSource,
  definition: Definition,
  resource: ResourceDefinition,
  depth: number,
): Promise<void> {
  const { name, snippet, type } = resource;
  const { scope } = definition;
  const check = customCheckFor(runtime, source.owner, NEVER_STOPS);
  const raw: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(snippet.properties)) {
    const resolved = await resolveAt(
      () => resolve(value, scope, `${name}.Properties.${key}`),
      ['resources', name, 'properties', key],
    );
    if (resolved !== undefined && typeof resolved !== 'symbol') raw[key] = resolved;
    else if (resolved === UNKNOWN) raw[key] = UNKNOWN;
  }
  if (type.anything) return;
  const properties = await checkProperties(type.properties, raw, ['resources', name, 'properties'], check);
  if (!hasUnknown(snippet.metadata)) {
    await resolveAt(() => resolve(snippet.metadata, scope), ['resources', name, 'metadata']);
  }
  if (type.updatePolicy) {
    const policy = await resolveAt(
      () => resolve(snippet.updatePolicy, scope),
      ['resources', name, 'update_policy'],
    );
    await checkProperties(
      type.updatePolicy,
      isDict(policy) ? policy : {},
      ['resources', name, 'update_policy'],
      check,
    );
  } else if (Object.keys(snippet.updatePolicy).length > 0 && !type.nested) {
    const [key = ''] = Object.keys(snippet.updatePolicy);
    throw new ValidationFailed(
      `Unknown Property ${key}`,
      ['resources', name, 'update_policy'],
      'Property error',
    );
  }
  try {
    type.validate?.(properties);
  } catch (error) {
    if (error instanceof ValidationFailed) throw error.under('resources', name);
    throw new ValidationFailed(reasonOf(error), ['resources', name]);
  }
  if (type.nested) await validateNested(runtime, source, definition, resource, properties, depth);
}

async function resolveAt(work: () => Promise<unknown>, path: readonly string[]): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ValidationFailed) throw error;
    if (error instanceof HeatError && error.name !== 'ValueError') throw error;
    throw new ValidationFailed(reasonOf(error), path, 'Property error');
  }
}

async function validateNested(
  runtime: Runtime,
  source: ValidationSource,
  definition: Definition,
  resource: ResourceDefinition,
  properties: Dict,
  depth: number,
): Promise<void> {
  const { name, type, target } = resource;
  // How many members a group gets may hang on what isn't there yet; one shows whether they can be made.
  const sized = sampled(type.name, properties);
  if (!sized) return;
  const file = target.kind === 'template' ? target.name : undefined;
  const context: NestedContext = {
    name,
    properties: sized,
    row: undefined,
    file,
    files: source.files,
    environment: definition.environment,
  };
  const nested = type.nested;
  if (!nested) return;
  try {
    const body: NestedBody = await nested.body(context);
    await validateStack(
      runtime,
      {
        ...source,
        template: body.template,
        environment: body.environment,
        files: body.files ?? source.files,
        pseudo: { ...source.pseudo, 'OS::stack_name': `${source.pseudo['OS::stack_name']}-${name}` },
      },
      depth + 1,
    );
  } catch (error) {
    if (error instanceof HeatError && error.name === 'RequestLimitExceeded') throw error;
    const shown = `${name}<${file ?? 'nested_stack'}>`;
    if (error instanceof ValidationFailed) throw error.under('resources', shown);
    throw new ValidationFailed(
      reasonOf(error),
      ['resources', shown],
      error instanceof Error ? error.name : '',
    );
  }
}

/** The properties of a nested type with one member; undefined if there is nothing to look at. */
function sampled(type: string, properties: Dict): Dict | undefined {
  if (Object.values(properties).some((value) => value === UNKNOWN)) {
    if (type === 'OS::Heat::ResourceGroup' && isDict(properties['resource_def'])) {
      return { ...properties, count: 1, removal_policies: [] };
    }
    if (type.startsWith('OS::Heat::')) return undefined;
  }
  if (type === 'OS::Heat::ResourceGroup')
    return Number(properties['count']) === 0 ? undefined : { ...properties, count: 1 };
  if (type === 'OS::Heat::AutoScalingGroup') return { ...properties, desired_capacity: 1, max_size: 1 };
  return properties;
}
