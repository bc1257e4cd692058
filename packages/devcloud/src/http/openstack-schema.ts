import { isIP } from 'node:net';
import { Type, type Static, type TSchema } from 'typebox';

/** What of JSON Schema {@link parseBody} knows; anything else in a schema would be silently ignored, so add it here first. */
interface SchemaNode {
  type?: string;
  anyOf?: SchemaNode[];
  enum?: unknown[];
  const?: unknown;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  items?: SchemaNode;
  minItems?: number;
  maxItems?: number;
  required?: string[];
  properties?: Record<string, SchemaNode>;
  patternProperties?: Record<string, SchemaNode>;
  additionalProperties?: boolean;
}

/** A body or query that doesn't fit its schema. The message is the one Nova and Cinder give. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
}

/** Nova's and Cinder's lenient boolean: also the usual words for it. Read it with {@link asBoolean}. */
export const OsBoolean = Type.Union([Type.Boolean(), Type.String({ format: 'boolean' })]);

/** An integer, or a string of digits. Read it with `Number`. */
export function OsInteger(limits: { minimum?: number; maximum?: number } = {}) {
  return Type.Union([Type.Integer(limits), Type.String({ format: 'integer', minLength: 1, ...limits })]);
}

export const Uuid = Type.String({ format: 'uuid' });
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
export const Name = Type.String({ format: 'name', minLength: 1, maxLength: 255 });
export const IpAddress = Type.String({ format: 'ip' });
export const Metadata = Type.Record(
  Type.String({ pattern: '^[a-zA-Z0-9-_:. ]{1,255}$' }),
  Type.String({ maxLength: 255 }),
  { additionalProperties: false },
);

/** An object that allows no other properties than those named. */
export const Closed = <T extends Record<string, TSchema>>(properties: T) =>
  Type.Object(properties, { additionalProperties: false });

const TRUE = /^(true|1|on|yes|t|y)$/i;
const FALSE = /^(false|0|off|no|f|n)$/i;

export function asBoolean(value: boolean | string | undefined, fallback = false): boolean {
  return value === undefined ? fallback : typeof value === 'boolean' ? value : TRUE.test(value);
}

/**
 * Checks `body` against `schema`.
 *
 * @throws SchemaError saying which field is wrong and why, in the words OpenStack's services use
 */
export function parseBody<T extends TSchema>(schema: T, body: unknown): Static<T> {
  const wrong = check(schema, body, undefined);
  if (wrong) {
    throw new SchemaError(
      wrong.field === undefined
        ? wrong.reason
        : `Invalid input for field/attribute ${wrong.field}. Value: ${shown(wrong.value)}. ${wrong.reason}`,
    );
  }
  return body as Static<T>;
}

interface Wrong {
  readonly field: string | undefined;
  readonly value: unknown;
  readonly reason: string;
}

function check(schema: SchemaNode, value: unknown, field: string | undefined): Wrong | undefined {
  const wrong = (reason: string): Wrong => ({ field, value, reason });
  if (schema.anyOf) return checkAny(flat(schema.anyOf), value, field);
  if (schema.enum && !schema.enum.includes(value)) {
    return wrong(`${python(value)} is not one of [${schema.enum.map(python).join(', ')}]`);
  }
  if ('const' in schema && value !== schema.const) {
    return wrong(`${python(value)} is not one of [${python(schema.const)}]`);
  }
  if (schema.type !== undefined && !isOfType(schema.type, value)) {
    return wrong(`${python(value)} is not of type '${schema.type}'`);
  }
  if (typeof value === 'string') return stringFault(schema, value, wrong);
  if (typeof value === 'number') return numberFault(schema, value, wrong);
  if (Array.isArray(value)) return checkItems(schema, value, wrong);
  if (isObject(value)) return checkProperties(schema, value, wrong);
  return undefined;
}

/** The fault told is that of the alternative that has the value's own type, if there is one: it says most. */
function checkAny(alternatives: SchemaNode[], value: unknown, field: string | undefined): Wrong | undefined {
  let best: Wrong | undefined;
  for (const alternative of alternatives) {
    const wrong = check(alternative, value, field);
    if (!wrong) return undefined;
    if (alternative.type !== undefined && isOfType(alternative.type, value)) best ??= wrong;
  }
  const types = [...new Set(alternatives.map(({ type }) => `'${type ?? 'object'}'`))].join(', ');
  return best ?? { field, value, reason: `${python(value)} is not of type ${types}` };
}

/** Alternatives of alternatives are alternatives. */
function flat(alternatives: readonly SchemaNode[]): SchemaNode[] {
  return alternatives.flatMap((one) => (one.anyOf ? flat(one.anyOf) : [one]));
}

function checkItems(
  schema: SchemaNode,
  value: readonly unknown[],
  wrong: (reason: string) => Wrong,
): Wrong | undefined {
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    return wrong(`${python(value)} is too short`);
  }
  if (schema.maxItems !== undefined && value.length > schema.maxItems) {
    return wrong(`${python(value)} is too long`);
  }
  for (const [at, item] of value.entries()) {
    const inner = schema.items && check(schema.items, item, String(at));
    if (inner) return inner;
  }
  return undefined;
}

function checkProperties(
  schema: SchemaNode,
  value: Record<string, unknown>,
  wrong: (reason: string) => Wrong,
): Wrong | undefined {
  for (const name of schema.required ?? []) {
    if (!(name in value)) return wrong(`${python(name)} is a required property`);
  }
  const patterns = Object.entries(schema.patternProperties ?? {});
  const extra: string[] = [];
  for (const [name, item] of Object.entries(value)) {
    const inner =
      schema.properties && Object.hasOwn(schema.properties, name)
        ? schema.properties[name]
        : patterns.find(([pattern]) => new RegExp(pattern).test(name))?.[1];
    if (!inner) extra.push(name);
    const fault = inner && check(inner, item, name);
    if (fault) return fault;
  }
  if (schema.additionalProperties === false && extra.length > 0) {
    const verb = extra.length === 1 ? 'was' : 'were';
    return wrong(
      `Additional properties are not allowed (${extra.map(python).join(', ')} ${verb} unexpected)`,
    );
  }
  return undefined;
}

function stringFault(schema: SchemaNode, value: string, wrong: (reason: string) => Wrong): Wrong | undefined {
  if (schema.minLength !== undefined && value.length < schema.minLength)
    return wrong(`${python(value)} is too short`);
  if (schema.maxLength !== undefined && value.length > schema.maxLength)
    return wrong(`${python(value)} is too long`);
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value)) {
    return wrong(`${python(value)} does not match ${python(schema.pattern)}`);
  }
  if (schema.format !== undefined && !fitsFormat(schema.format, value)) {
    if (schema.format === 'name') {
      return wrong(
        'An invalid name value was provided. The name must be: printable characters. Can not start or end with whitespace.',
      );
    }
    if (schema.format === 'integer') return wrong(`${python(value)} does not match '^[0-9]*$'`);
    return wrong(`${python(value)} is not a '${schema.format}'`);
  }
  return schema.format === 'integer' ? numberFault(schema, Number(value), wrong) : undefined;
}

function numberFault(schema: SchemaNode, value: number, wrong: (reason: string) => Wrong): Wrong | undefined {
  if (schema.minimum !== undefined && value < schema.minimum) {
    return wrong(`${value} is less than the minimum of ${schema.minimum}`);
  }
  if (schema.maximum !== undefined && value > schema.maximum) {
    return wrong(`${value} is greater than the maximum of ${schema.maximum}`);
  }
  return undefined;
}

function fitsFormat(format: string, value: string): boolean {
  switch (format) {
    case 'uuid':
      return /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(value);
    case 'ip':
      return isIP(value) !== 0;
    case 'ipv4':
      return isIP(value) === 4;
    case 'ipv6':
      return isIP(value) === 6;
    case 'boolean':
      return TRUE.test(value) || FALSE.test(value);
    case 'integer':
      return /^-?[0-9]+$/.test(value);
    case 'name':
      return value === value.trim() && !/\p{Cc}/u.test(value);
    case 'base64':
      return isBase64(value);
    default:
      throw new Error(`unknown format ${format}`);
  }
}

/** As Python's `base64.b64decode` has it: white space is nothing, everything else must be in place. */
function isBase64(value: string): boolean {
  const dense = value.replaceAll(/\s/g, '');
  return dense.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(dense);
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    case 'null':
      return value === null;
    default:
      return typeof value === type;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : python(value);
}

/** A value as Python prints it, since that is what the messages of OpenStack's services hold. */
export function python(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') {
    const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
    const escaped = value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
    return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
  }
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  if (isObject(value)) {
    return `{${Object.entries(value)
      .map(([name, item]) => `${python(name)}: ${python(item)}`)
      .join(', ')}}`;
  }
  return typeof value === 'number' ? String(value) : typeof value;
}
