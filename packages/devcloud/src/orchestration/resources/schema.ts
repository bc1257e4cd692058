import { reasonOf, ValidationFailed } from '../errors.ts';
import { violation, type Constraint, type CustomCheck } from '../template/constraints.ts';
import { hasUnknown, isDict, pythonJson, text, UNKNOWN, type Dict } from '../values.ts';

export type PropertyType = 'string' | 'integer' | 'number' | 'boolean' | 'list' | 'map' | 'any';

/** What a property of a resource type may be. */
export interface PropertySchema {
  readonly type: PropertyType;
  readonly required?: boolean;
  readonly default?: unknown;
  /** Can be changed without making the resource anew. */
  readonly update?: boolean;
  readonly constraints?: readonly Constraint[];
  /** Of a list: what its items are. */
  readonly items?: PropertySchema;
  /** Of a map: what it may hold; without it, anything. */
  readonly schema?: PropertySchemas;
  /** Takes values of neighbouring types, as parameters of a template used as a resource do. */
  readonly lenient?: boolean;
  /** What an explicit null becomes, where that differs from not being written. */
  readonly whenNull?: unknown;
}

export type PropertySchemas = Readonly<Record<string, PropertySchema>>;

type Options = Omit<PropertySchema, 'type'>;

export const string = (options: Options = {}): PropertySchema => ({ type: 'string', ...options });
export const integer = (options: Options = {}): PropertySchema => ({ type: 'integer', ...options });
export const number = (options: Options = {}): PropertySchema => ({ type: 'number', ...options });
export const boolean = (options: Options = {}): PropertySchema => ({ type: 'boolean', ...options });
export const map = (schema?: PropertySchemas, options: Options = {}): PropertySchema => ({
  type: 'map',
  ...(schema ? { schema } : {}),
  ...options,
});
export const list = (items?: PropertySchema, options: Options = {}): PropertySchema => ({
  type: 'list',
  ...(items ? { items } : {}),
  ...options,
});
export const any = (options: Options = {}): PropertySchema => ({ type: 'any', ...options });
export const oneOf = (...allowed: unknown[]): Constraint[] => [{ kind: 'allowed_values', allowed }];
export const range = (min?: number, max?: number): Constraint[] => [{ kind: 'range', min, max }];
export const custom = (name: string): Constraint[] => [{ kind: 'custom_constraint', name }];

/**
 * Gives properties their types and defaults, and checks them. What is {@link UNKNOWN} stays so, unchecked.
 *
 * @param section where the properties stand: `['resources', 'server', 'properties']`
 * @throws ValidationFailed with the place, as Heat words it
 */
export async function checkProperties(
  schemas: PropertySchemas,
  values: Dict,
  section: readonly string[],
  check: CustomCheck,
): Promise<Dict> {
  try {
    return await checkMap(schemas, values, check);
  } catch (error) {
    if (!(error instanceof ValidationFailed)) throw error;
    throw new ValidationFailed(error.reason, [...section, ...error.path], 'Property error');
  }
}

async function checkMap(schemas: PropertySchemas, values: Dict, check: CustomCheck): Promise<Dict> {
  for (const key of Object.keys(values)) {
    if (!Object.hasOwn(schemas, key)) throw new ValidationFailed(`Unknown Property ${key}`);
  }
  const result: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(schemas)) {
    const value = await checkOne(key, schema, values[key], check);
    if (value !== undefined) result[key] = value;
  }
  return result;
}

async function checkOne(
  key: string,
  schema: PropertySchema,
  given: unknown,
  check: CustomCheck,
): Promise<unknown> {
  if (given === undefined) {
    if (schema.default !== undefined) return schema.default;
    if (schema.required) throw new ValidationFailed(`Property ${key} not assigned`);
    return undefined;
  }
  if (given === UNKNOWN) return UNKNOWN;
  if (given === null) {
    return (
      schema.whenNull ??
      schema.default ??
      (schema.required || schema.lenient ? EMPTY[schema.type] : undefined)
    );
  }
  try {
    return await checkValue(schema, given, check);
  } catch (error) {
    if (error instanceof ValidationFailed) throw error.under(key);
    throw new ValidationFailed(reasonOf(error), [key]);
  }
}

const EMPTY: Readonly<Record<PropertyType, unknown>> = {
  string: '',
  integer: 0,
  number: 0,
  boolean: false,
  list: [],
  map: {},
  any: null,
};

async function checkValue(schema: PropertySchema, given: unknown, check: CustomCheck): Promise<unknown> {
  const value = await typed(schema, given, check);
  if (hasUnknown(value)) return value;
  for (const constraint of schema.constraints ?? []) {
    // An empty name stands for "none" and isn't looked up, as templates with switched-off parts rely on.
    if (constraint.kind === 'custom_constraint' && value === '') continue;
    const fault = await violation(constraint, value, check);
    if (fault !== undefined) throw new ValidationFailed(fault);
  }
  return value;
}

async function typed(schema: PropertySchema, value: unknown, check: CustomCheck): Promise<unknown> {
  switch (schema.type) {
    case 'any':
      return value;
    case 'string':
      if (typeof value === 'string') return value;
      if (typeof value === 'boolean' || typeof value === 'number') return text(value);
      if (schema.lenient) return pythonJson(value);
      throw new ValidationFailed(`Value must be a string; got ${pythonJson(value)}`);
    case 'integer': {
      const whole = typeof value === 'number' ? Math.trunc(value) : numberOf(value);
      if (Number.isInteger(whole)) return whole;
      throw new ValidationFailed(`Value '${text(value)}' is not an integer`);
    }
    case 'number': {
      const result = numberOf(value);
      if (!Number.isNaN(result)) return result;
      throw new ValidationFailed(`could not convert string to float: '${text(value)}'`);
    }
    case 'boolean':
      if (typeof value === 'boolean') return value;
      if (typeof value === 'string' && /^(?:true|false)$/i.test(value)) return value.toLowerCase() === 'true';
      throw new ValidationFailed(`"${text(value).toLowerCase()}" is not a valid boolean`);
    case 'list':
      return typedList(schema, value, check);
    case 'map':
      return typedMap(schema, value, check);
  }
}

function numberOf(value: unknown): number {
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'string' && value.trim() !== '') return Number(value);
  return typeof value === 'number' ? value : Number.NaN;
}

async function typedList(schema: PropertySchema, value: unknown, check: CustomCheck): Promise<unknown> {
  const source = schema.lenient && typeof value === 'string' ? (value === '' ? [] : value.split(',')) : value;
  if (!Array.isArray(source)) throw new ValidationFailed(`"${pythonJson(value)}" is not a list`);
  if (!schema.items) return source;
  const items: unknown[] = [];
  for (const [index, item] of (source as unknown[]).entries()) {
    try {
      items.push(item === UNKNOWN ? UNKNOWN : await checkValue(schema.items, item, check));
    } catch (error) {
      throw error instanceof ValidationFailed ? error.under(index) : error;
    }
  }
  return items;
}

async function typedMap(schema: PropertySchema, value: unknown, check: CustomCheck): Promise<unknown> {
  if (!isDict(value)) {
    if (schema.lenient && (typeof value === 'string' || Array.isArray(value))) return value;
    throw new ValidationFailed(`"${text(value)}" is not a map`);
  }
  return schema.schema ? checkMap(schema.schema, value, check) : value;
}
