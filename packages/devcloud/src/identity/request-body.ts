import { badRequest, invalidField, type IdentityError } from './identity-error.ts';

/** A JSON object of a request, of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object under `key` of the body, as all identity requests have one: `{"user": {…}}`. */
export function member(body: unknown, key: string): Fields {
  const value = isFields(body) ? body[key] : undefined;
  if (value === undefined) throw badRequest(`'${key}' is a required property`);
  if (!isFields(value)) throw invalidField(key, `${show(value)} is not of type 'object'`);
  return value;
}

/** @throws IdentityError 400 if the changes name another id than the thing's */
export function keepsId(changes: Fields, id: string): void {
  if (changes['id'] !== undefined && changes['id'] !== id) throw badRequest('Cannot change ID');
}

export interface TextRule {
  readonly max?: number;
  readonly min?: number;
}

/** A string, or undefined if it is not there or null. */
export function text(fields: Fields, name: string, rule: TextRule = {}): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw invalidField(name, `${show(value)} is not of type 'string'`);
  if (rule.min !== undefined && value.trim().length < rule.min) {
    throw invalidField(name, `${show(value)} is too short`);
  }
  if (rule.max !== undefined && value.length > rule.max) {
    throw invalidField(name, `${show(value)} is too long`);
  }
  return value;
}

/** A string that must be there. */
export function requiredText(fields: Fields, name: string, rule: TextRule = {}): string {
  if (fields[name] === undefined) throw badRequest(`'${name}' is a required property`);
  const value = text(fields, name, rule);
  if (value === undefined) throw invalidField(name, "None is not of type 'string'");
  return value;
}

/** A name of something: 1 to 255 characters, not only blanks. */
export function nameOf(fields: Fields, max = 255): string {
  return requiredText(fields, 'name', { min: 1, max });
}

export function flag(fields: Fields, name: string): boolean | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'boolean') throw invalidField(name, `${show(value)} is not of type 'boolean'`);
  return value;
}

export function integer(fields: Fields, name: string, minimum: number): number | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw invalidField(name, `${show(value)} is not of type 'integer'`);
  }
  if (value < minimum) throw invalidField(name, `${value} is less than the minimum of ${minimum}`);
  return value;
}

export function objects(fields: Fields, name: string): readonly Fields[] | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw invalidField(name, `${show(value)} is not of type 'array'`);
  return value.map((item: unknown, at) => {
    if (!isFields(item)) throw invalidField(`${name}/${at}`, `${show(item)} is not of type 'object'`);
    return item;
  });
}

export function object(fields: Fields, name: string): Fields | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (!isFields(value)) throw invalidField(name, `${show(value)} is not of type 'object'`);
  return value;
}

export function texts(fields: Fields, name: string): readonly string[] | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw invalidField(name, `${show(value)} is not of type 'array'`);
  return value.map((item: unknown, at) => {
    if (typeof item !== 'string')
      throw invalidField(`${name}/${at}`, `${show(item)} is not of type 'string'`);
    return item;
  });
}

/** One of some words. */
export function choice<T extends string>(fields: Fields, name: string, words: readonly T[]): T | undefined {
  const value = text(fields, name);
  if (value === undefined) return undefined;
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) {
    throw invalidField(name, `${show(value)} is not one of [${words.map(show).join(', ')}]`);
  }
  return word;
}

/** A point in time, as it goes into a row: ISO 8601 in UTC with microseconds. */
export function time(fields: Fields, name: string): string | undefined {
  const value = text(fields, name);
  if (value === undefined) return undefined;
  const at = new Date(/[zZ]|[+-]\d\d:?\d\d$/.test(value) ? value : `${value}Z`);
  if (Number.isNaN(at.getTime())) {
    throw badRequest(
      'Timestamp not in expected format. The server could not comply with the request since it is either ' +
        'malformed or otherwise incorrect. The client is assumed to be in error.',
    );
  }
  return isoTime(at);
}

/** Keystone's way of writing times: six digits after the point. */
export function isoTime(at: Date): string {
  return at.toISOString().replace('Z', '000Z');
}

/** What is left of a body when the attributes the API defines are taken away. */
export function extraOf(fields: Fields, known: readonly string[]): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([key, value]) => !known.includes(key) && value !== undefined),
  );
}

/** A value as Python shows it: messages of the identity API are written so. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return JSON.stringify(value);
}

/** A point in time that must lie ahead does not. */
export function invalidTime(name: string): IdentityError {
  return badRequest(
    `The '${name}' must not be before now. The server could not comply with the request since it is either ` +
      'malformed or otherwise incorrect. The client is assumed to be in error.',
  );
}
