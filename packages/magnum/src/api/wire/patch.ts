import { isDeepStrictEqual } from 'node:util';
import { badRequest, invalidField } from '../../clusters/errors.ts';
import { parseLiteral } from '../../clusters/python-literal.ts';
import { isRecord } from './is-record.ts';

/** One operation of a JSON patch, on an attribute or on one key of an attribute that holds an object. */
export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly attribute: string;
  readonly key: string | undefined;
  readonly value: unknown;
}

/** What resources let patches do. */
export interface PatchRules {
  /** Attributes that only the service sets. */
  readonly internal: readonly string[];
  /** Attributes that can't be removed. */
  readonly mandatory: readonly string[];
}

/** Of every resource. */
export const SERVICES_OWN: readonly string[] = [
  'created_at',
  'id',
  'links',
  'updated_at',
  'uuid',
  'project_id',
  'user_id',
];

/**
 * Reads the body of a PATCH: before it is looked up what is to be changed, because the original does so too, and
 * answers 400 where both are wrong.
 *
 * @throws MagnumError 400 naming the operation that is wrong
 */
export function readPatch(body: unknown, rules: PatchRules): PatchOperation[] {
  if (body === undefined) throw badRequest('Missing argument: "patch"');
  if (!Array.isArray(body)) throw invalidField('patch', body, 'Value not a valid list.');
  return body.map((item: unknown) => readOperation(item, rules));
}

/**
 * Applies a patch to an object; attributes that hold objects are patched by key.
 *
 * @returns the changed object and which attributes the patch was about
 * @throws MagnumError 400 for attributes that aren't there, or are there already
 */
export function applyPatch(
  target: Readonly<Record<string, unknown>>,
  operations: readonly PatchOperation[],
): { readonly patched: Record<string, unknown>; readonly touched: ReadonlySet<string> } {
  const patched = { ...target };
  const touched = new Set<string>();
  for (const { op, attribute, key, value } of operations) {
    touched.add(attribute);
    const known = Object.hasOwn(patched, attribute);
    if (!known && op === 'add') {
      throw badRequest(`Adding a new attribute /${attribute} to the root of the resource is not allowed.`);
    }
    if (!known) throw unpatchable(op, attribute);
    const before = patched[attribute];
    if (key !== undefined) {
      if (!isRecord(before))
        throw badRequest(`/${attribute} has no keys of its own, so /${key} can't be changed.`);
      if (op !== 'add' && !Object.hasOwn(before, key)) throw unpatchable(op, key);
      const others = Object.entries(before).filter(([name]) => name !== key);
      patched[attribute] = Object.fromEntries(op === 'remove' ? others : [...others, [key, value]]);
    } else if (op === 'remove') {
      patched[attribute] = null;
    } else {
      if (op === 'add' && before !== null && !isRecord(before)) {
        throw badRequest(`The attribute /${attribute} has existed, please use 'replace' operation instead.`);
      }
      patched[attribute] = isRecord(before) ? objectIn(attribute, value) : value;
    }
  }
  return { patched, touched };
}

/** What has become different: all that is written, so that of two patches at once neither takes back the other. */
export function changesOf<T extends object>(before: T, after: Partial<T>): Partial<T> {
  const changed = Object.entries(after).filter(
    ([name, value]) => !isDeepStrictEqual(value, before[name as keyof T]),
  );
  return Object.fromEntries(changed) as Partial<T>;
}

function readOperation(item: unknown, rules: PatchRules): PatchOperation {
  if (!isRecord(item))
    throw invalidField('patch', item, 'Every element should be an object with op and path.');
  const { op, path, value, ...unknown } = item;
  const [name] = Object.keys(unknown);
  if (name !== undefined) throw badRequest(`Unknown attribute for argument patch: ${name}`);
  if (typeof path !== 'string') throw invalidField('path', path, 'Mandatory field missing.');
  if (op === undefined || op === null) throw invalidField('op', op, 'Mandatory field missing.');
  if (op !== 'add' && op !== 'replace' && op !== 'remove') {
    throw invalidField('op', op, 'Value should be one of: add, replace, remove');
  }
  const found = /^\/([\w-]+)(?:\/(.+?))?\/?$/s.exec(path);
  const attribute = found?.[1];
  if (attribute === undefined)
    throw invalidField('path', path, 'Value should match the pattern ^(/[\\w-]+)+$');
  if (rules.internal.includes(attribute)) {
    throw badRequest(`'/${attribute}' is an internal attribute and can not be updated`);
  }
  const key = found?.[2]?.replaceAll('~1', '/').replaceAll('~0', '~');
  if (op === 'remove' && key === undefined && rules.mandatory.includes(attribute)) {
    throw badRequest(`'/${attribute}' is a mandatory attribute and can not be removed`);
  }
  if (op !== 'remove' && (value === undefined || value === null)) {
    throw badRequest("'add' and 'replace' operations needs value");
  }
  return { op, attribute, key, value };
}

/** An object as JSON, or written in a text as JSON or Python write it. */
function objectIn(attribute: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const parsed = parseLiteral(value);
  if (parsed && isRecord(parsed.value)) return parsed.value;
  throw badRequest(`Couldn't apply patch: the value of /${attribute} is no object: ${value.slice(0, 200)}`);
}

function unpatchable(op: string, name: string) {
  return badRequest(`Couldn't apply patch. Reason: can't ${op} a non-existent object '${name}'`);
}
