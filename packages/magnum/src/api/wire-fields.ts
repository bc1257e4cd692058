import { badRequest, invalidField } from '../clusters/errors.ts';

/**
 * How the API reads a field of a request's object. `undefined` is absent, `null` was given as such; that numbers
 * may come as text and booleans as words is the original's, and its clients use it.
 */
export interface Field<T> {
  /** @throws MagnumError 400 naming the field */
  readonly read: (name: string, value: unknown) => T;
  readonly mandatory: boolean;
  readonly readOnly: boolean;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;

/** What an object of these fields is once read. */
export type Read<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never;
};

type Optional<T> = T | null | undefined;

interface Limits {
  readonly min?: number;
  readonly max?: number;
}

interface TextLimits extends Limits {
  readonly pattern?: RegExp;
  readonly choices?: readonly string[];
}

/** The largest number that every one of the databases keeps. */
const MAX_INTEGER = 2_147_483_647;

function optional<T>(read: (name: string, value: unknown) => T): Field<Optional<T>> {
  return {
    mandatory: false,
    readOnly: false,
    read: (name, value) => (value === undefined || value === null ? value : read(name, value)),
  };
}

/** Text; lengths are in characters. */
export function text(limits: TextLimits = {}): Field<Optional<string>> {
  return optional((name, value) => readText(name, value, limits));
}

export function mandatoryText(limits: TextLimits = {}): Field<string> {
  return { mandatory: true, readOnly: false, read: (name, value) => readText(name, value, limits) };
}

export function integer(limits: Limits = {}): Field<Optional<number>> {
  return optional((name, value) => readInteger(name, value, limits));
}

export function mandatoryInteger(limits: Limits = {}): Field<number> {
  return { mandatory: true, readOnly: false, read: (name, value) => readInteger(name, value, limits) };
}

export function boolean(): Field<Optional<boolean>> {
  return optional((name, value) => {
    const found = booleanOf(value);
    if (found === undefined) {
      throw invalidField(
        name,
        value,
        'Value should be true, false, or one of the words yes, no, on, off, 1, 0.',
      );
    }
    return found;
  });
}

/** Labels: an object of short values, all of which become text, as Python writes them. */
export function labels(): Field<Optional<Readonly<Record<string, string>>>> {
  return optional((name, value) => {
    if (typeof value !== 'object' || Array.isArray(value) || value === null) {
      throw invalidField(name, value, 'Value should be an object of texts by name.');
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, labelText(`${name}.${key}`, item)]),
    );
  });
}

/** A field that only answers have. */
export function readOnly(): Field<undefined> {
  return {
    mandatory: false,
    readOnly: true,
    read: (name, value) => {
      if (value === undefined) return undefined;
      throw invalidField(name, value, 'Cannot set read only field.');
    },
  };
}

/** A field that is taken without a look, because clients send back what they got. */
export function ignored(): Field<undefined> {
  return { mandatory: false, readOnly: false, read: () => undefined };
}

/**
 * Reads the object of a request.
 *
 * @param argument what the object is, for messages: `cluster`
 * @throws MagnumError 400 for what isn't an object, has unknown fields, or fields with wrong values
 */
export function readObject<F extends Fields>(argument: string, body: unknown, fields: F): Read<F> {
  if (body === undefined) throw badRequest(`Missing argument: "${argument}"`);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badRequest(`Invalid input for field/attribute ${argument}. The body should be a JSON object.`);
  }
  const given = body as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(fields, name));
  if (unknown.length > 0) {
    const plural = unknown.length > 1 ? 's' : '';
    throw badRequest(`Unknown attribute${plural} for argument ${argument}: ${unknown.toSorted().join(', ')}`);
  }
  const read: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (field.mandatory && (value === undefined || value === null)) {
      throw invalidField(name, value, 'Mandatory field missing.');
    }
    read[name] = field.read(name, value);
  }
  return read as Read<F>;
}

/** True and false in all the forms that clients send; undefined if it is none. */
export function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const word =
    typeof value === 'string' || typeof value === 'number' ? String(value).trim().toLowerCase() : '';
  if (/^(t|true|y|yes|on|1)$/.test(word)) return true;
  return /^(f|false|n|no|off|0)$/.test(word) ? false : undefined;
}

function readText(name: string, value: unknown, limits: TextLimits): string {
  if (typeof value !== 'string') throw wrongType(name, value, 'text');
  const length = Array.from(value).length;
  const { min = 0, max = Infinity, pattern, choices } = limits;
  if (length < min)
    throw invalidField(name, value, `Value should have a minimum character requirement of ${min}`);
  if (length > max)
    throw invalidField(name, value, `Value should have a maximum character requirement of ${max}`);
  if (pattern && !pattern.test(value)) {
    throw invalidField(name, value, `Value should match the pattern ${pattern.source}`);
  }
  if (choices && !choices.includes(value)) {
    throw invalidField(name, value, `Value should be one of: ${choices.join(', ')}`);
  }
  if (value.includes('\0')) throw invalidField(name, value, 'Value should not contain a NUL character.');
  return value;
}

function readInteger(name: string, value: unknown, limits: Limits): number {
  const number = typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) throw wrongType(name, value, 'integer');
  const { min = -MAX_INTEGER, max = MAX_INTEGER } = limits;
  if (number < min) throw invalidField(name, value, `Value should be greater or equal to ${min}`);
  if (number > max) throw invalidField(name, value, `Value should be lower or equal to ${max}`);
  return number;
}

function labelText(name: string, value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return String(value);
    case 'boolean':
      return value ? 'True' : 'False';
    default:
      throw invalidField(name, value, 'Value should be a text, a number or a boolean.');
  }
}

function wrongType(name: string, value: unknown, expected: string) {
  const got = Array.isArray(value) ? 'array' : typeof value;
  return invalidField(name, value, `Wrong type. Expected '${expected}', got '${got}'`);
}
