import { HeatError, valueError } from '../errors.ts';
import { isDict, pythonJson, text, type Dict } from '../values.ts';
import type { ParameterSchema } from './parameters.ts';
import { parseYaml } from './yaml.ts';

/** What stands beside a template: values, defaults, and what types mean here. */
export interface Environment {
  readonly parameters: Dict;
  readonly parameter_defaults: Dict;
  readonly resource_registry: Dict;
  readonly event_sinks: readonly unknown[];
}

export const EMPTY_ENVIRONMENT: Environment = {
  parameters: {},
  parameter_defaults: {},
  resource_registry: {},
  event_sinks: [],
};

const SECTIONS = [
  'parameters',
  'parameter_defaults',
  'resource_registry',
  'event_sinks',
  'encrypted_param_names',
  'parameter_merge_strategies',
];

type Strategy = 'overwrite' | 'merge' | 'deep_merge';

/**
 * Reads an environment, as text or as an object.
 *
 * @throws HeatError ValueError that names the section
 */
export function parseEnvironment(source: unknown): Environment & { strategies: Dict } {
  const parsed =
    typeof source === 'string' ? (source.trim() === '' ? {} : parseYaml(source)) : (source ?? {});
  if (!isDict(parsed)) throw valueError('The environment is not a valid YAML mapping data type.');
  for (const section of Object.keys(parsed)) {
    if (!SECTIONS.includes(section)) throw valueError(`environment has wrong section "${section}"`);
  }
  const map = (name: string): Dict => {
    const value = parsed[name] ?? {};
    if (!isDict(value)) throw valueError(`environment section "${name}" must be a map`);
    return value;
  };
  const registry = map('resource_registry');
  checkRegistry(registry);
  const sinks = parsed['event_sinks'] ?? [];
  return {
    parameters: map('parameters'),
    parameter_defaults: map('parameter_defaults'),
    resource_registry: registry,
    event_sinks: Array.isArray(sinks) ? (sinks as unknown[]) : [],
    strategies: map('parameter_merge_strategies'),
  };
}

function checkRegistry(registry: Dict): void {
  for (const [name, target] of Object.entries(registry)) {
    if (name === 'resources') {
      if (!isDict(target)) throw valueError('resource_registry.resources must be a map');
      for (const [resource, overrides] of Object.entries(target)) {
        if (!isDict(overrides)) throw valueError(`resource_registry.resources.${resource} must be a map`);
        const stop = ['hooks', 'restricted_actions'].find((key) => key in overrides);
        if (stop !== undefined) {
          throw new HeatError(
            'NotSupported',
            400,
            `resource_registry.resources.${resource}.${stop} is not supported.`,
          );
        }
      }
    } else if (name !== 'base_url' && target !== null && typeof target !== 'string') {
      throw valueError(`resource_registry: "${name}" must be mapped to a type or a file`);
    }
  }
}

/**
 * Merges environment files over each other, in their order, then lays `own` over them: what the request
 * itself says wins.
 *
 * @throws HeatError ValueError, ConflictingMergeStrategyForParam, InvalidMergeStrategyForParam
 */
export function mergeEnvironments(
  names: readonly string[],
  files: Readonly<Record<string, string>>,
  own: Environment,
  schemata: readonly ParameterSchema[],
): Environment {
  let merged: Environment = EMPTY_ENVIRONMENT;
  const strategies = new Map<string, Strategy>();
  for (const name of names) {
    const content = files[name];
    if (content === undefined)
      throw valueError(`No content found in the "files" section for environment file ${name}`);
    const parsed = parseEnvironment(content);
    const merge = (section: 'parameters' | 'parameter_defaults'): Dict =>
      mergeParameters(merged[section], parsed[section], schemata, parsed.strategies, strategies, name);
    merged = {
      parameters: merge('parameters'),
      parameter_defaults: merge('parameter_defaults'),
      resource_registry: mergeRegistry(merged.resource_registry, parsed.resource_registry),
      event_sinks: [...merged.event_sinks, ...parsed.event_sinks],
    };
  }
  return {
    parameters: { ...merged.parameters, ...own.parameters },
    parameter_defaults: { ...merged.parameter_defaults, ...own.parameter_defaults },
    resource_registry: mergeRegistry(merged.resource_registry, own.resource_registry),
    event_sinks: [...merged.event_sinks, ...own.event_sinks],
  };
}

export function mergeRegistry(before: Dict, after: Dict): Dict {
  const resources = { ...asDict(before['resources']) };
  for (const [name, overrides] of Object.entries(asDict(after['resources']))) {
    resources[name] = { ...asDict(resources[name]), ...asDict(overrides) };
  }
  const merged = { ...before, ...after };
  return Object.keys(resources).length > 0 ? { ...merged, resources } : merged;
}

function asDict(value: unknown): Dict {
  return isDict(value) ? value : {};
}

function mergeParameters(
  before: Dict,
  after: Dict,
  schemata: readonly ParameterSchema[],
  wanted: Dict,
  settled: Map<string, Strategy>,
  file: string,
): Dict {
  const result: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(after)) {
    const schema = schemata.find((candidate) => candidate.name === key);
    const strategy = strategyOf(wanted, key);
    const earlier = settled.get(key);
    if (earlier !== undefined && strategy !== earlier && schema) {
      throw new HeatError(
        'ConflictingMergeStrategyForParam',
        400,
        `Conflicting merge strategy '${strategy}' for parameter '${key}' in file '${file}'.`,
      );
    }
    settled.set(key, earlier ?? strategy);
    if (value === null && key in result) continue;
    result[key] =
      schema && strategy !== 'overwrite'
        ? mergeValue(schema, result[key], value, strategy === 'deep_merge')
        : value;
  }
  return result;
}

const known = (value: unknown): Strategy | undefined =>
  (['overwrite', 'merge', 'deep_merge'] as const).find((strategy) => strategy === value);

function strategyOf(wanted: Dict, key: string): Strategy {
  return known(wanted[key]) ?? known(wanted['default']) ?? 'overwrite';
}

function mergeValue(schema: ParameterSchema, before: unknown, after: unknown, deep: boolean): unknown {
  switch (schema.type) {
    case 'json': {
      const [old, fresh] = [before ?? {}, after].map((value) =>
        typeof value === 'string' ? parseYaml(value) : value,
      );
      if (!isDict(old) || !isDict(fresh))
        throw valueError(`Invalid parameter in environment ${schema.name}.`);
      return mergeMaps(old, fresh, deep);
    }
    case 'comma_delimited_list':
      return mergeLists(before, after);
    case 'string':
      return `${before === undefined ? '' : text(before)}${typeof after === 'object' ? pythonJson(after) : text(after)}`;
    case 'number':
      return Number(before ?? 0) + Number(after);
    case 'boolean':
      throw new HeatError(
        'InvalidMergeStrategyForParam',
        400,
        `Invalid merge strategy 'merge' for parameter '${schema.name}'.`,
      );
  }
}

const items = (value: unknown): unknown[] =>
  Array.isArray(value) ? (value as unknown[]) : text(value).split(',');

function mergeLists(before: unknown, after: unknown): unknown {
  if (before === undefined || before === null || before === '') return after;
  if (Array.isArray(after) || Array.isArray(before)) return [...items(before), ...items(after)];
  return `${text(before)},${text(after)}`;
}

function mergeMaps(before: Dict, after: Dict, deep: boolean): Dict {
  const result: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(after)) {
    if (value === null) continue;
    const old = result[key];
    if (!deep || old === undefined || old === null) result[key] = value;
    else if (isDict(value) && isDict(old)) result[key] = mergeMaps(old, value, true);
    else if (Array.isArray(value)) result[key] = mergeLists(old, value);
    else if (typeof value === 'string') result[key] = `${text(old)}${value}`;
    else result[key] = value;
  }
  return result;
}

/** What a type stands for where it is used. */
export type TypeTarget =
  | { readonly kind: 'type'; readonly name: string }
  | { readonly kind: 'template'; readonly file: string };

const isFile = (name: string): boolean => name.endsWith('.yaml') || name.endsWith('.template');

/**
 * Follows the resource registry from the type in a template to a type of the cloud or a template file:
 * overrides of this one resource first, then exact names, then wildcards, the longest first.
 *
 * @throws HeatError ValueError for types mapped in a circle
 */
export function resolveType(
  registry: Dict,
  type: string,
  resource: string,
  known: (type: string) => boolean,
): TypeTarget {
  const overrides = Object.entries(asDict(registry['resources']))
    .filter(([pattern]) => matches(pattern, resource))
    .toSorted(([a], [b]) => b.length - a.length)
    .map(([, map]) => asDict(map));
  const seen = new Set<string>();
  let name = type;
  for (;;) {
    if (seen.has(name)) throw valueError(`resource_registry maps ${type} in a circle`);
    seen.add(name);
    const target = [...overrides, registry]
      .map((map) => lookup(map, name))
      .find((found) => found !== undefined);
    // Mapping a type onto itself, or onto a wildcard of which it is a part, ends there.
    if (target === undefined || target === name) break;
    name = target;
    if (isFile(name)) break;
  }
  if (isFile(name) && !known(name)) return { kind: 'template', file: name };
  return { kind: 'type', name };
}

function lookup(map: Dict, type: string): string | undefined {
  const exact = map[type];
  if (typeof exact === 'string' && type !== 'base_url') return exact;
  const wildcard = Object.keys(map)
    .filter((pattern) => pattern.endsWith('*') && type.startsWith(pattern.slice(0, -1)))
    .toSorted((a, b) => b.length - a.length)[0];
  if (wildcard === undefined) return undefined;
  const target = map[wildcard];
  if (typeof target !== 'string') return undefined;
  return target.endsWith('*') ? target.slice(0, -1) + type.slice(wildcard.length - 1) : target;
}

function matches(pattern: string, name: string): boolean {
  if (!pattern.includes('*')) return pattern === name;
  const source = pattern.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${source.join('.*')}$`).test(name);
}

/** The environment of a nested stack: the same registry, seen from inside the resource `name`. */
export function childEnvironment(environment: Environment, name: string, parameters: Dict): Environment {
  const { resources, ...registry } = environment.resource_registry;
  const all = asDict(resources);
  const inner = asDict(all[name]);
  const types = Object.fromEntries(Object.entries(inner).filter(([, target]) => typeof target === 'string'));
  const deeper = Object.fromEntries(Object.entries(inner).filter(([, target]) => isDict(target)));
  const merged: Dict = { ...registry, ...types };
  return {
    ...environment,
    parameters,
    resource_registry: Object.keys(deeper).length > 0 ? { ...merged, resources: deeper } : merged,
  };
}
