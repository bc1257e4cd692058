import { invalidSchema, parameterMissing, reasonOf, unknownParameter, ValidationFailed } from '../errors.ts';
import { isDict, pythonJson, text, UNKNOWN, type Dict } from '../values.ts';
import { parseConstraints, violation, type Constraint, type CustomCheck } from './constraints.ts';
import type { Template } from './template.ts';
import type { HotVersion } from './versions.ts';

export type ParameterType = 'string' | 'number' | 'comma_delimited_list' | 'json' | 'boolean';

/** The declaration of a parameter. */
export interface ParameterSchema {
  readonly name: string;
  readonly type: ParameterType;
  readonly description: string;
  readonly default: unknown;
  readonly constraints: readonly Constraint[];
  readonly hidden: boolean;
  readonly label: string;
  readonly immutable: boolean;
  readonly tags: readonly string[];
}

const TYPES: readonly ParameterType[] = ['string', 'number', 'comma_delimited_list', 'json', 'boolean'];
const KEYS = ['type', 'description', 'default', 'schema', 'constraints', 'hidden', 'label', 'immutable'];
const TAGS_SINCE: HotVersion = '2018-03-02';

/** @throws HeatError InvalidSchemaError */
export function parameterSchemata(template: Template): ParameterSchema[] {
  return Object.entries(template.parameters).map(([name, source]) =>
    parseSchema(name, source, template.version),
  );
}

function parseSchema(name: string, source: unknown, version: HotVersion): ParameterSchema {
  if (!isDict(source)) throw invalidSchema(`Invalid parameter (${name}), expected a mapping`);
  const keys = version >= TAGS_SINCE ? [...KEYS, 'tags'] : KEYS;
  for (const key of Object.keys(source)) {
    if (!keys.includes(key)) throw invalidSchema(`Invalid key '${key}' for parameter (${name})`);
  }
  const written = source['type'];
  if (written === undefined) throw invalidSchema(`Missing parameter type for parameter: ${name}`);
  const type = TYPES.find((known) => known === written);
  if (!type) throw invalidSchema(`Invalid type (${text(written)})`);
  const tags = source['tags'] ?? [];
  if (!Array.isArray(tags)) throw invalidSchema(`Tags property should be a list for parameter: ${name}`);
  const constraints = parseConstraints(name, source['constraints']);
  for (const constraint of constraints) checkFits(name, type, constraint);
  return {
    name,
    type,
    description: typeof source['description'] === 'string' ? source['description'] : '',
    default: source['default'] ?? undefined,
    constraints,
    hidden: flag(name, 'hidden', source['hidden']),
    label: typeof source['label'] === 'string' ? source['label'] : name,
    immutable: flag(name, 'immutable', source['immutable']),
    tags: tags.map(text),
  };
}

const FITTING: Readonly<Record<Constraint['kind'], readonly ParameterType[]>> = {
  range: ['number'],
  modulo: ['number'],
  length: ['string', 'comma_delimited_list', 'json'],
  allowed_pattern: ['string'],
  allowed_values: ['string', 'number', 'boolean', 'comma_delimited_list'],
  custom_constraint: ['string', 'number', 'boolean', 'comma_delimited_list'],
};

const TYPE_NAMES: Readonly<Record<ParameterType, string>> = {
  string: 'String',
  number: 'Number',
  comma_delimited_list: 'CommaDelimitedList',
  json: 'Json',
  boolean: 'Boolean',
};

/** A type as Heat's validation answer names it. */
export const typeName = (type: ParameterType): string => TYPE_NAMES[type];

function checkFits(name: string, type: ParameterType, constraint: Constraint): void {
  if (FITTING[constraint.kind].includes(type)) return;
  const kind = constraint.kind
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
  throw invalidSchema(`Parameter '${name}' is invalid: ${kind} constraint invalid for ${TYPE_NAMES[type]}`);
}

function flag(parameter: string, key: string, value: unknown): boolean {
  const result = booleanOf(value ?? false);
  if (result !== undefined) return result;
  throw invalidSchema(
    `Invalid value '${text(value)}' for ${key} of parameter (${parameter}): a boolean is needed`,
  );
}

/** Every parameter with its value, checked. */
export interface Parameters {
  readonly schemata: readonly ParameterSchema[];
  /** Values in their types, pseudo parameters included. @throws HeatError UserParameterMissing */
  value(name: string): unknown;
  /** As `stack show` tells them: text, hidden ones starred. */
  shown(): Record<string, string>;
  readonly names: readonly string[];
}

export interface ParameterSources {
  readonly given: Dict;
  readonly defaults: Dict;
  readonly pseudo: Readonly<Record<'OS::stack_name' | 'OS::stack_id' | 'OS::project_id', string>>;
}

/** Puts values to the parameters of a template, without checking them: see {@link checkParameters}. */
export function bindParameters(schemata: readonly ParameterSchema[], sources: ParameterSources): Parameters {
  const byName = new Map(schemata.map((schema) => [schema.name, schema]));
  const pseudo: Dict = sources.pseudo;
  return {
    schemata,
    names: [...byName.keys()],
    value(name) {
      if (Object.hasOwn(pseudo, name)) return pseudo[name];
      const schema = byName.get(name);
      const raw = schema && rawValue(schema, sources);
      if (!schema || raw === undefined) throw parameterMissing(name);
      return raw === UNKNOWN ? UNKNOWN : typed(schema, raw);
    },
    shown() {
      const result: Record<string, string> = { ...sources.pseudo };
      for (const schema of schemata) {
        const raw = rawValue(schema, sources);
        if (raw === undefined || raw === UNKNOWN) continue;
        result[schema.name] = schema.hidden ? '******' : shownValue(schema, typed(schema, raw));
      }
      return result;
    },
  };
}

function rawValue(schema: ParameterSchema, sources: ParameterSources): unknown {
  const given = sources.given[schema.name];
  if (given !== undefined && given !== null) return given;
  const other = sources.defaults[schema.name];
  return other !== undefined && other !== null ? other : schema.default;
}

/**
 * Checks that all given parameters are known, all needed ones are there, and each fits its type and constraints.
 *
 * @throws HeatError UnknownUserParameter, UserParameterMissing, StackValidationFailed
 */
export async function checkParameters(
  schemata: readonly ParameterSchema[],
  sources: ParameterSources,
  custom: CustomCheck,
  options: { readonly partial?: boolean } = {},
): Promise<void> {
  for (const name of Object.keys(sources.given)) {
    if (!schemata.some((schema) => schema.name === name)) throw unknownParameter(name);
  }
  for (const schema of schemata) {
    const raw = rawValue(schema, sources);
    if (raw === UNKNOWN) continue;
    if (raw === undefined) {
      if (options.partial) continue;
      throw parameterMissing(schema.name);
    }
    const fault = await parameterFault(schema, raw, custom);
    if (fault !== undefined) throw new ValidationFailed(`Parameter '${schema.name}' is invalid: ${fault}`);
  }
}

async function parameterFault(
  schema: ParameterSchema,
  raw: unknown,
  custom: CustomCheck,
): Promise<string | undefined> {
  let value: unknown;
  try {
    value = typed(schema, raw);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  for (const constraint of schema.constraints) {
    const fault = await violation(constraint, value, custom);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** The value in the type of its parameter. @throws Error in Heat's words */
function typed(schema: ParameterSchema, raw: unknown): unknown {
  switch (schema.type) {
    case 'string':
      if (typeof raw === 'object') return pythonJson(raw);
      return text(raw);
    case 'number': {
      const number = typeof raw === 'string' && raw.trim() !== '' ? Number(raw) : raw;
      if (typeof number === 'number' && !Number.isNaN(number)) return number;
      throw new Error(`could not convert string to float: '${text(raw)}'`);
    }
    case 'boolean': {
      const result = booleanOf(raw);
      if (result !== undefined) return result;
      throw new Error(
        `Unrecognized value '${text(raw)}', acceptable values are: '0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'`,
      );
    }
    case 'comma_delimited_list':
      if (Array.isArray(raw))
        return raw.map((item: unknown) =>
          typeof item === 'object' && item !== null ? pythonJson(item) : text(item),
        );
      if (typeof raw === 'string') return raw === '' ? [] : raw.split(',').map((item) => item.trim());
      throw new Error(`Value must be a comma-delimited list string: '${text(raw)}' has no items`);
    case 'json':
      if (typeof raw !== 'string') return raw;
      if (raw === '') return {};
      try {
        return JSON.parse(raw) as unknown;
      } catch (error) {
        throw new Error(`Value must be valid JSON: ${reasonOf(error)}`, { cause: error });
      }
  }
}

function shownValue(schema: ParameterSchema, value: unknown): string {
  if (schema.type === 'comma_delimited_list') return (value as string[]).join(',');
  return schema.type === 'json' ? pythonJson(value) : text(value);
}

/** Reads a boolean as oslo's `bool_from_string` does; undefined if it is none. */
export function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const word = text(value).trim().toLowerCase();
  if (['1', 't', 'true', 'on', 'y', 'yes'].includes(word)) return true;
  return ['0', 'f', 'false', 'off', 'n', 'no'].includes(word) ? false : undefined;
}
