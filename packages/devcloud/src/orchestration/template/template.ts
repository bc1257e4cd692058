import { HeatError, invalidSection, invalidVersion, ValidationFailed } from '../errors.ts';
import { isDict, text, type Dict } from '../values.ts';
import { CONDITIONS_SINCE, HOT_VERSIONS, hotVersion, RELEASE_NAMES, type HotVersion } from './versions.ts';

/** A resource as it is written, with its functions not yet run. */
export interface ResourceSnippet {
  readonly type: string;
  readonly properties: Dict;
  readonly metadata: unknown;
  readonly dependsOn: readonly string[];
  readonly deletionPolicy: 'delete' | 'retain' | 'snapshot';
  readonly updatePolicy: Dict;
  readonly description: string;
  /** A resource that exists already, only watched, never changed. */
  readonly externalId: unknown;
  readonly condition: unknown;
}

export interface OutputSnippet {
  readonly value: unknown;
  readonly description: string;
  readonly condition: unknown;
}

/** A template of which every section has the right shape. */
export interface Template {
  readonly version: HotVersion;
  /** As the user sent it. */
  readonly source: Dict;
  readonly description: string;
  readonly parameters: Dict;
  readonly parameterGroups: readonly Dict[];
  readonly conditions: Dict;
  readonly resources: ReadonlyMap<string, ResourceSnippet>;
  readonly outputs: ReadonlyMap<string, OutputSnippet>;
}

const SECTIONS = [
  'heat_template_version',
  'description',
  'parameter_groups',
  'parameters',
  'resources',
  'outputs',
];
const RESOURCE_KEYS = [
  'type',
  'properties',
  'metadata',
  'depends_on',
  'deletion_policy',
  'update_policy',
  'description',
];

/**
 * Takes a template apart.
 *
 * @throws HeatError of the kind Heat gives: InvalidTemplateVersion, InvalidTemplateSection, StackValidationFailed
 */
export function parseTemplate(source: unknown): Template {
  if (!isDict(source))
    throw new HeatError('ValueError', 400, 'The template is not a JSON object or YAML mapping.');
  const version = versionOf(source);
  const withConditions = version >= CONDITIONS_SINCE;
  for (const section of Object.keys(source)) {
    if (!SECTIONS.includes(section) && !(withConditions && section === 'conditions'))
      throw invalidSection(section);
  }
  const parameters = section(source, 'parameters');
  const groups = source['parameter_groups'] ?? [];
  return {
    version,
    source,
    description: typeof source['description'] === 'string' ? source['description'] : 'No description',
    parameters,
    parameterGroups: checkGroups(groups, parameters),
    conditions: section(source, 'conditions'),
    resources: new Map(
      Object.entries(section(source, 'resources')).map(([name, value]) => [
        name,
        parseResource(name, value, withConditions),
      ]),
    ),
    outputs: new Map(
      Object.entries(section(source, 'outputs')).map(([name, value]) => [
        name,
        parseOutput(value, withConditions),
      ]),
    ),
  };
}

function versionOf(source: Dict): HotVersion {
  const known = [...HOT_VERSIONS, ...Object.keys(RELEASE_NAMES)].toSorted().join(', ');
  const wanted = source['heat_template_version'];
  if (wanted !== undefined) {
    const version = hotVersion(text(wanted));
    if (version) return version;
    throw invalidVersion(
      `"heat_template_version: ${text(wanted)}". "heat_template_version" should be one of: ${known}`,
    );
  }
  for (const key of ['AWSTemplateFormatVersion', 'HeatTemplateFormatVersion']) {
    if (source[key] === undefined) continue;
    throw invalidVersion(
      `"${key}: ${text(source[key])}": this cloud reads HOT templates only. Write the template with "heat_template_version", one of: ${known}`,
    );
  }
  throw invalidVersion('Template version was not provided');
}

function section(source: Dict, name: string): Dict {
  const value = source[name] ?? {};
  if (!isDict(value)) {
    const one = name.replace(/s$/, '');
    throw new ValidationFailed(
      `"${name}" must contain a map of ${one} maps. Found a [${typeOf(value)}] instead`,
    );
  }
  return value;
}

function parseResource(name: string, value: unknown, withConditions: boolean): ResourceSnippet {
  if (!isDict(value)) {
    if (value === null || value === '') throw new ValidationFailed('Each resource must contain a type key.');
    throw new ValidationFailed(
      `"resources" must contain a map of resource maps. Found a [${typeOf(value)}] instead`,
    );
  }
  const allowed = withConditions ? [...RESOURCE_KEYS, 'external_id', 'condition'] : RESOURCE_KEYS;
  for (const key of Object.keys(value)) {
    if (!allowed.includes(key)) {
      throw new ValidationFailed(`"${key}" is not a valid keyword inside a resource definition`);
    }
  }
  const type = value['type'];
  if (type === undefined) throw new ValidationFailed('Each resource must contain a type key.');
  if (typeof type !== 'string') {
    throw new ValidationFailed(`Resource ${name} type type must be string, not ${typeOf(type)}`);
  }
  if (type === '') throw new ValidationFailed(`Resource "${name}" has no type`);
  if (name.includes('/')) throw new ValidationFailed(`Resource name may not contain "/": ${name}`);
  const policy = value['deletion_policy'] ?? 'delete';
  const deletionPolicy = typeof policy === 'string' ? policy.toLowerCase() : '';
  if (deletionPolicy !== 'delete' && deletionPolicy !== 'retain' && deletionPolicy !== 'snapshot') {
    throw new ValidationFailed(`Invalid deletion policy "${text(policy)}"`);
  }
  return {
    type,
    properties: part(name, 'properties', value['properties']),
    metadata: value['metadata'] ?? {},
    dependsOn: dependsOn(name, value['depends_on']),
    deletionPolicy,
    updatePolicy: part(name, 'update_policy', value['update_policy']),
    description: typeof value['description'] === 'string' ? value['description'] : '',
    externalId: value['external_id'],
    condition: value['condition'],
  };
}

function part(resource: string, key: string, value: unknown): Dict {
  if (value === undefined || value === null) return {};
  if (isDict(value)) return value;
  throw new ValidationFailed(`Resource ${resource} ${key} type must be an object, not ${typeOf(value)}`);
}

function dependsOn(resource: string, value: unknown): readonly string[] {
  const list = value === undefined || value === null ? [] : typeof value === 'string' ? [value] : value;
  if (!Array.isArray(list) || !list.every((item) => typeof item === 'string')) {
    throw new ValidationFailed(
      `Resource ${resource} depends_on type must be list or string, not ${typeOf(value)}`,
    );
  }
  return list;
}

function parseOutput(value: unknown, withConditions: boolean): OutputSnippet {
  if (!isDict(value)) {
    if (value === null || value === '') throw new ValidationFailed('Each output must contain a value key.');
    throw new ValidationFailed(
      `"outputs" must contain a map of output maps. Found a [${typeOf(value)}] instead`,
    );
  }
  const allowed = ['description', 'value', ...(withConditions ? ['condition'] : [])];
  for (const key of Object.keys(value)) {
    if (!allowed.includes(key)) {
      throw new ValidationFailed(`"${key}" is not a valid keyword inside a output definition`);
    }
  }
  if (!('value' in value)) throw new ValidationFailed('Each output must contain a value key.');
  const description = value['description'];
  return {
    value: value['value'],
    description: typeof description === 'string' ? description : 'No description given',
    condition: value['condition'],
  };
}

function checkGroups(groups: unknown, parameters: Dict): readonly Dict[] {
  if (!Array.isArray(groups)) {
    throw new ValidationFailed(`The parameter_groups should be a list, found ${typeOf(groups)}`, [
      'parameter_groups',
    ]);
  }
  const seen = new Map<string, string>();
  for (const group of groups as unknown[]) {
    if (!isDict(group)) throw new ValidationFailed(`${String(group)} is not a map`, ['parameter_groups']);
    const label = typeof group['label'] === 'string' ? group['label'] : '';
    const names = group['parameters'];
    if (names === undefined) {
      throw new ValidationFailed('The parameters must be provided for each parameter group.', [
        'parameter_groups',
        label,
      ]);
    }
    if (!Array.isArray(names)) {
      throw new ValidationFailed(`The parameters of parameter group should be a list.`, [
        'parameter_groups',
        label,
      ]);
    }
    for (const name of names.map(String)) {
      if (seen.has(name)) {
        throw new ValidationFailed(`The ${name} parameter must be assigned to one parameter group only.`, [
          'parameter_groups',
          label,
        ]);
      }
      if (!(name in parameters)) {
        throw new ValidationFailed(`The grouped parameter ${name} does not reference a valid parameter.`, [
          'parameter_groups',
          label,
        ]);
      }
      seen.set(name, label);
    }
  }
  return groups as Dict[];
}

export function typeOf(value: unknown): string {
  if (value === null) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'object') return 'dict';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
