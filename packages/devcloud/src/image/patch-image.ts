import { badRequest, conflict, forbidden, ImageError } from './image-error.ts';
import { isBase, refuseReadOnly, setAttribute } from './set-attribute.ts';
import type { ImageRow } from './tables.ts';

/** The two ways in which a list of changes is written; `http://…` of the content types' registrations. */
export const PATCH_TYPES = {
  'application/openstack-images-v2.1-json-patch': 'v2.1',
  'application/openstack-images-v2.0-json-patch': 'v2.0',
} as const;

export type PatchVersion = (typeof PATCH_TYPES)[keyof typeof PATCH_TYPES];

interface Change {
  readonly op: 'add' | 'replace' | 'remove';
  readonly name: string;
  readonly value: unknown;
}

/**
 * An image after all changes of a PATCH; either all of them hold or none.
 *
 * @throws ImageError 400 for what is no change, 403 for what must stay, 409 for a property that is not there
 */
export function patchImage(row: ImageRow, version: PatchVersion, body: unknown): ImageRow {
  if (!Array.isArray(body)) throw badRequest('Request body must be a JSON array of operation objects.');
  return body.map((entry: unknown) => parseChange(version, entry)).reduce(apply, row);
}

function apply(row: ImageRow, change: Change): ImageRow {
  const { op, name, value } = change;
  refuseReadOnly(name);
  const exists = isBase(name) || Object.hasOwn(row.properties, name);
  if (op === 'remove') {
    if (isBase(name)) throw forbidden(`Property ${name} may not be removed.`);
    if (!exists) throw conflict(`Property ${name} does not exist.`);
    const { [name]: _removed, ...properties } = row.properties;
    return { ...row, properties };
  }
  if (op === 'replace' && !exists) throw conflict(`Property ${name} does not exist.`);
  return setAttribute(row, name, value);
}

function parseChange(version: PatchVersion, entry: unknown): Change {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    throw badRequest('Operations must be JSON objects.');
  }
  const fields = new Map<string, unknown>(Object.entries(entry));
  const { op, path } = version === 'v2.1' ? headOf21(fields) : headOf20(fields);
  if (op !== 'remove' && !fields.has('value')) {
    throw badRequest(`Operation "${op}" requires a member named "value".`);
  }
  return { op, name: nameOf(path), value: fields.get('value') };
}

function headOf21(fields: Map<string, unknown>): { op: Change['op']; path: unknown } {
  const op = operation(fields.get('op'));
  if (op === undefined) {
    throw badRequest(
      `Operations must have a member "op" that is one of: add, remove, replace; got ${JSON.stringify(fields.get('op'))}.`,
    );
  }
  if (!fields.has('path'))
    throw badRequest(`Unable to find '${op}' in JSON Schema change: no member "path".`);
  return { op, path: fields.get('path') };
}

function headOf20(fields: Map<string, unknown>): { op: Change['op']; path: unknown } {
  const found = [...fields.keys()].flatMap((key) => operation(key) ?? []);
  const op = found.length === 1 ? found[0] : undefined;
  if (op === undefined) {
    throw badRequest(
      'Operation objects must contain exactly one member named "add", "remove", or "replace".',
    );
  }
  return { op, path: fields.get(op) };
}

function operation(value: unknown): Change['op'] | undefined {
  return value === 'add' || value === 'replace' || value === 'remove' ? value : undefined;
}

/** The attribute a JSON pointer (RFC 6901) of one step names. */
function nameOf(pointer: unknown): string {
  if (typeof pointer !== 'string') throw badRequest('Pointers must be strings.');
  if (!pointer.startsWith('/')) throw badRequest(`Pointer \`${pointer}\` does not start with "/".`);
  if (/~(?![01])/.test(pointer))
    throw badRequest(`Pointer \`${pointer}\` contains "~" not part of a recognized escape sequence.`);
  const steps = pointer.slice(1).split('/');
  if (steps.length !== 1) throw new ImageError(400, `Invalid JSON pointer for this resource: '${pointer}'`);
  if (steps[0] === '') throw badRequest(`Pointer \`${pointer}\` contains adjacent "/".`);
  return (steps[0] ?? '').replace(/~1/g, '/').replace(/~0/g, '~');
}
