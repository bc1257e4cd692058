import { Type, type TSchema } from 'typebox';
import { badRequest, invalidField } from '../../clusters/errors.ts';

/**
 * How the API reads a field of a request's object. `undefined` is absent, `null` was given as such; that numbers
 * may come as text and booleans as words is the original's, and its clients use it.
 */
export interface Field<T> {
  /** What is accepted, as JSON Schema, for the API's document. Undefined if the field can't be given. */
  readonly schema: TSchema | undefined;
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

/** What the databases keep of a text that has no other limit; the original fails on longer ones. */
const MAX_TEXT = 255;

/** Bytes of labels, written as JSON, that MariaDB's type `text` keeps. */
const MAX_LABELS = 65_535;

const NUMERIC = /^\s*[+-]?\d+\s*$/;
const BOOLEAN_WORD =
  /^\s*(?:(?<yes>[tT](?:[rR][uU][eE])?|[yY](?:[eE][sS])?|[oO][nN]|1)|[fF](?:[aA][lL][sS][eE])?|[nN][oO]?|[oO][fF][fF]|0)\s*$/;

function optional<T>(schema: TSchema, read: (name: string, value: unknown) => T): Field<Optional<T>> {
  return {
    schema: Type.Union([schema, Type.Null()]),
    mandatory: false,
    readOnly: false,
    read: (name, value) => (value === undefined || value === null ? value : read(name, value)),
  };
}

/** The lengths of most texts: those of the columns they are kept in. */
export const short = { min: 1, max: 255 } as const;

/** Text; lengths are in characters, at most 255 if nothing else is said. */
export function text(limits: TextLimits = {}): Field<Optional<string>> {
  return optional(textSchema(limits), (name, value) => readText(name, value, limits));
}

export function mandatoryText(limits: TextLimits = {}): Field<string> {
  const read = (name: string, value: unknown): string => readText(name, value, limits);
  return { schema: textSchema(limits), mandatory: true, readOnly: false, read };
}

export function integer(limits: Limits = {}): Field<Optional<number>> {
  return optional(integerSchema(limits), (name, value) => readInteger(name, value, limits));
}

export function mandatoryInteger(limits: Limits = {}): Field<number> {
  const read = (name: string, value: unknown): number => readInteger(name, value, limits);
  return { schema: integerSchema(limits), mandatory: true, readOnly: false, read };
}

export function boolean(): Field<Optional<boolean>> {
  const schema = Type.Union([
    Type.Boolean(),
    Type.Union([Type.Literal(0), Type.Literal(1)]),
    Type.String({ pattern: BOOLEAN_WORD.source.replace('?<yes>', '?:') }),
  ]);
  return optional(schema, (name, value) => {
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
  const value = Type.Union([Type.String(), Type.Number(), Type.Boolean()]);
  return optional(Type.Record(Type.String(), value), readLabels);
}

/** A field that only answers have. */
export function readOnly(): Field<undefined> {
  return {
    schema: undefined,
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
  return { schema: Type.Unknown(), mandatory: false, readOnly: false, read: () => undefined };
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

/** What {@link readObject} accepts, for the API's document; that a number in a text keeps to limits is left out. */
export function bodySchema(fields: Fields): TSchema {
  const properties = Object.fromEntries(
    Object.entries(fields).flatMap(([name, { schema, mandatory }]) =>
      schema === undefined ? [] : [[name, mandatory ? schema : Type.Optional(schema)] as const],
    ),
  );
  return Type.Object(properties, { additionalProperties: false });
}

/** True and false in all the forms that clients send; undefined if it is none. */
export function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const word = BOOLEAN_WORD.exec(String(value));
  return word ? word.groups?.['yes'] !== undefined : undefined;
}

function textSchema({ min, max = MAX_TEXT, pattern, choices }: TextLimits): TSchema {
  const [only, ...others] = (choices ?? []).map((choice) => Type.Literal(choice));
  if (only) return others.length === 0 ? only : Type.Union([only, ...others]);
  return Type.String({
    maxLength: max,
    ...(min === undefined ? {} : { minLength: min }),
    ...(pattern === undefined ? {} : { pattern: pattern.source }),
  });
}

function integerSchema({ min = -MAX_INTEGER, max = MAX_INTEGER }: Limits): TSchema {
  return Type.Union([Type.Integer({ minimum: min, maximum: max }), Type.String({ pattern: NUMERIC.source })]);
}

function readText(name: string, value: unknown, limits: TextLimits): string {
  if (typeof value !== 'string') throw wrongType(name, value, 'text');
  const length = Array.from(value).length;
  const { min = 0, max = MAX_TEXT, pattern, choices } = limits;
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
  if (!value.isWellFormed())
    throw invalidField(name, value, 'Value should be Unicode, without half characters.');
  return value;
}

function readInteger(name: string, value: unknown, limits: Limits): number {
  const number = typeof value === 'string' && NUMERIC.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) throw wrongType(name, value, 'integer');
  const { min = -MAX_INTEGER, max = MAX_INTEGER } = limits;
  if (number < min) throw invalidField(name, value, `Value should be greater or equal to ${min}`);
  if (number > max) throw invalidField(name, value, `Value should be lower or equal to ${max}`);
  return number;
}

function readLabels(name: string, value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || Array.isArray(value) || value === null) {
    throw invalidField(name, value, 'Value should be an object of texts by name.');
  }
  const read = Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      readText(`${name}.${key}`, key, LABEL_LIMITS);
      return [key, labelText(`${name}.${key}`, item)];
    }),
  );
  const size = Buffer.byteLength(JSON.stringify(read));
  if (size > MAX_LABELS) {
    throw invalidField(name, value, `Value should take at most ${MAX_LABELS} bytes as JSON, not ${size}.`);
  }
  return read;
}

const LABEL_LIMITS = { min: 0, max: Infinity } as const;

function labelText(name: string, value: unknown): string {
  switch (typeof value) {
    case 'string':
      return readText(name, value, LABEL_LIMITS);
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
