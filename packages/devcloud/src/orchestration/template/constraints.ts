import { invalidSchema, reasonOf } from '../errors.ts';
import { isDict, same, text, type Dict } from '../values.ts';

/** What a value must be like, of a parameter or of a property. */
export type Constraint = { readonly description?: string | undefined } & (
  | { readonly kind: 'range'; readonly min?: number | undefined; readonly max?: number | undefined }
  | { readonly kind: 'length'; readonly min?: number | undefined; readonly max?: number | undefined }
  | { readonly kind: 'modulo'; readonly step: number; readonly offset: number }
  | { readonly kind: 'allowed_values'; readonly allowed: readonly unknown[] }
  | { readonly kind: 'allowed_pattern'; readonly pattern: string }
  | { readonly kind: 'custom_constraint'; readonly name: string }
);

/** Asks the cloud whether `value` names what a custom constraint wants; gives the fault in words, or undefined. */
export type CustomCheck = (constraint: string, value: unknown) => Promise<string | undefined>;

/** @returns what is wrong with `value`, in Heat's words, or undefined */
export async function violation(
  constraint: Constraint,
  value: unknown,
  custom: CustomCheck,
): Promise<string | undefined> {
  if (constraint.kind === 'custom_constraint') {
    const fault = await custom(constraint.name, value);
    return fault === undefined ? undefined : (constraint.description ?? fault);
  }
  const fault = plainViolation(constraint, value);
  return fault === undefined ? undefined : (constraint.description ?? fault);
}

function plainViolation(constraint: Constraint, value: unknown): string | undefined {
  switch (constraint.kind) {
    case 'range': {
      const { min, max } = constraint;
      const number = Number(value);
      if (Number.isNaN(number)) return `could not convert string to float: '${text(value)}'`;
      if ((min === undefined || number >= min) && (max === undefined || number <= max)) return undefined;
      return `${text(value)} is out of range (min: ${text(min)}, max: ${text(max)})`;
    }
    case 'length': {
      const { min, max } = constraint;
      const length = sizeOf(value);
      if ((min === undefined || length >= min) && (max === undefined || length <= max)) return undefined;
      return `length (${length}) is out of range (min: ${text(min)}, max: ${text(max)})`;
    }
    case 'modulo': {
      const { step, offset } = constraint;
      // As in Python, the remainder has the sign of the step.
      const rest = ((Number(value) % step) + step) % step;
      if (rest === offset) return undefined;
      return `${text(value)} is not a multiple of ${step} with an offset of ${offset}`;
    }
    case 'allowed_values': {
      const { allowed } = constraint;
      const known = (item: unknown): boolean =>
        allowed.some((other) => same(other, item) || text(other) === text(item));
      if (Array.isArray(value) ? value.every(known) : known(value)) return undefined;
      return `${JSON.stringify(value)} is not an allowed value [${allowed.map((item) => JSON.stringify(item)).join(', ')}]`;
    }
    case 'allowed_pattern': {
      const pattern = compilePattern(constraint.pattern);
      const match = typeof value === 'string' ? pattern.exec(value) : null;
      if (match && match[0].length === String(value).length) return undefined;
      return `"${text(value)}" does not match pattern "${constraint.pattern}"`;
    }
    case 'custom_constraint':
      return undefined;
  }
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return Array.from(value).length;
  if (Array.isArray(value)) return value.length;
  return isDict(value) ? Object.keys(value).length : text(value).length;
}

/** A Python pattern as JavaScript reads it, anchored at the beginning as `re.match` is. */
function compilePattern(pattern: string): RegExp {
  const translated = pattern
    .replaceAll('(?P<', '(?<')
    .replaceAll(String.raw`\A`, '^')
    .replaceAll(/\\[zZ]/g, '$');
  return new RegExp(translated, 'y');
}

const KINDS = ['range', 'length', 'modulo', 'allowed_values', 'allowed_pattern', 'custom_constraint'];

/**
 * Reads the `constraints` of a HOT parameter.
 *
 * @throws HeatError InvalidSchemaError
 */
export function parseConstraints(parameter: string, source: unknown): Constraint[] {
  if (source === undefined || source === null) return [];
  if (!Array.isArray(source))
    throw invalidSchema(`Invalid parameter constraints for parameter ${parameter}, expected a list`);
  return source.map((item: unknown) => parseConstraint(parameter, item));
}

function parseConstraint(parameter: string, source: unknown): Constraint {
  if (!isDict(source)) throw invalidSchema('Invalid parameter constraints, expected a mapping');
  for (const key of Object.keys(source)) {
    if (!KINDS.includes(key) && key !== 'description') {
      throw invalidSchema(`Invalid key '${key}' for parameter constraints`);
    }
  }
  const description = typeof source['description'] === 'string' ? source['description'] : undefined;
  const kind = KINDS.find((known) => known in source);
  const value = kind === undefined ? undefined : source[kind];
  switch (kind) {
    case 'range':
    case 'length': {
      const { min, max } = bounds(kind, value);
      return { kind, min, max, description };
    }
    case 'modulo':
      return { kind, ...modulo(value), description };
    case 'allowed_values':
      if (!Array.isArray(value)) throw invalidSchema('AllowedValues must be a list');
      return { kind, allowed: value as unknown[], description };
    case 'allowed_pattern':
      if (typeof value !== 'string') throw invalidSchema('AllowedPattern must be a string');
      try {
        compilePattern(value);
      } catch (error) {
        throw invalidSchema(
          `AllowedPattern of parameter ${parameter} is no regular expression: ${reasonOf(error)}`,
        );
      }
      return { kind, pattern: value, description };
    case 'custom_constraint':
      return { kind, name: text(value), description };
    default:
      throw invalidSchema('No constraint expressed');
  }
}

function bounds(kind: string, value: unknown): { min: number | undefined; max: number | undefined } {
  const map = mapping(kind, value, ['min', 'max']);
  const min = numeric(map, 'min', 'min/max must be numeric');
  const max = numeric(map, 'max', 'min/max must be numeric');
  if (min === undefined && max === undefined) {
    throw invalidSchema(`A ${kind} constraint must have a min value and/or a max value specified.`);
  }
  if (kind === 'length' && [min, max].some((bound) => bound !== undefined && !Number.isInteger(bound))) {
    throw invalidSchema('min/max length must be integral');
  }
  return { min, max };
}

function modulo(value: unknown): { step: number; offset: number } {
  const map = mapping('modulo', value, ['step', 'offset']);
  const step = numeric(map, 'step', 'step/offset must be numeric');
  const offset = numeric(map, 'offset', 'step/offset must be numeric');
  if (step === undefined || offset === undefined) {
    throw invalidSchema('A modulo constraint must have a step value and an offset value specified.');
  }
  if (!Number.isInteger(step) || !Number.isInteger(offset))
    throw invalidSchema('step/offset must be integer');
  if (step === 0) throw invalidSchema('step cannot be 0.');
  if (Math.abs(offset) >= Math.abs(step)) {
    throw invalidSchema('offset must be smaller (by absolute value) than step.');
  }
  if (step * offset < 0) throw invalidSchema('step and offset must be both positive or both negative.');
  return { step, offset };
}

function mapping(kind: string, value: unknown, keys: readonly string[]): Dict {
  if (!isDict(value)) throw invalidSchema(`Invalid ${kind} constraint, expected a mapping`);
  for (const key of Object.keys(value)) {
    if (!keys.includes(key)) throw invalidSchema(`Invalid key '${key}' for ${kind} constraint`);
  }
  return value;
}

function numeric(map: Dict, key: string, fault: string): number | undefined {
  const value = map[key];
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || Number.isNaN(number)) throw invalidSchema(fault);
  return number;
}
