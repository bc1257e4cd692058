import { badRequest, forbidden, ImageError, mismatch } from './image-error.ts';
import { CONTAINER_FORMATS, DISK_FORMATS } from './image-schema.ts';
import { VISIBILITIES, type ImageRow } from './tables.ts';

const READ_ONLY = [
  'created_at',
  'updated_at',
  'status',
  'checksum',
  'os_hash_algo',
  'os_hash_value',
  'size',
  'virtual_size',
  'direct_url',
  'self',
  'file',
  'schema',
  'stores',
];
const RESERVED = ['location', 'deleted', 'deleted_at'];
const BASE = [
  'id',
  'name',
  'visibility',
  'protected',
  'os_hidden',
  'owner',
  'container_format',
  'disk_format',
  'tags',
  'min_ram',
  'min_disk',
];
const MOST_PROPERTIES = 128;

/** Says whether an attribute belongs to every image, and is not one of the free properties. */
export function isBase(name: string): boolean {
  return BASE.includes(name) || READ_ONLY.includes(name) || name === 'locations';
}

/** @throws ImageError 403 if nobody may set it */
export function refuseReadOnly(name: string): void {
  if (READ_ONLY.includes(name)) throw forbidden(`Attribute '${name}' is read-only.`);
  if (RESERVED.includes(name)) throw forbidden(`Attribute '${name}' is reserved.`);
  if (name === 'locations') {
    throw forbidden("It's not allowed to update locations if locations are invisible.");
  }
}

/**
 * An image with one attribute or property set, checked against the schema.
 *
 * @throws ImageError 400 naming what is wrong, 403 for what is not to be set
 */
export function setAttribute(row: ImageRow, name: string, value: unknown): ImageRow {
  refuseReadOnly(name);
  switch (name) {
    case 'id':
      throw forbidden("Attribute 'id' is read-only.");
    case 'name':
      return { ...row, name: nullableText(value, 255) };
    case 'visibility':
      return { ...row, visibility: word(value, VISIBILITIES) };
    case 'protected':
      return { ...row, protected: flag(value) };
    case 'os_hidden':
      return { ...row, hidden: flag(value) };
    case 'owner':
      return { ...row, owner: requiredText(value) };
    case 'container_format':
      return { ...row, containerFormat: value === null ? null : word(value, CONTAINER_FORMATS, true) };
    case 'disk_format':
      return { ...row, diskFormat: value === null ? null : word(value, DISK_FORMATS, true) };
    case 'min_ram':
      return { ...row, minRam: count(value) };
    case 'min_disk':
      return { ...row, minDisk: count(value) };
    case 'tags':
      return { ...row, tags: tags(value) };
    default:
      return withProperty(row, name, value);
  }
}

function withProperty(row: ImageRow, name: string, value: unknown): ImageRow {
  if (name === '' || name.length > 255) {
    throw badRequest(`The name of a property must have 1 to 255 characters, not ${name.length}.`);
  }
  const properties = { ...row.properties, [name]: nullableText(value, 65_535) };
  if (Object.keys(properties).length > MOST_PROPERTIES) {
    throw new ImageError(
      413,
      `The limit has been exceeded on the number of allowed image properties. Attempted: ${Object.keys(properties).length}, Maximum: ${MOST_PROPERTIES}`,
    );
  }
  return { ...row, properties };
}

export function tags(value: unknown): string[] {
  if (!Array.isArray(value)) throw mismatch('image', `${show(value)} is not of type 'array'`);
  return [...new Set(value.map((tag: unknown) => tagText(tag)))];
}

function tagText(tag: unknown): string {
  if (typeof tag !== 'string') throw mismatch('image', `${show(tag)} is not of type 'string'`);
  if (tag.length > 255) throw mismatch('image', `${show(tag)} is too long`);
  return tag;
}

function nullableText(value: unknown, max: number): string | null {
  if (value === null) return null;
  if (typeof value !== 'string') throw mismatch('image', `${show(value)} is not of type 'null', 'string'`);
  if (value.length > max) throw mismatch('image', `${show(value.slice(0, 80))}… is too long`);
  return value;
}

function requiredText(value: unknown): string {
  if (typeof value !== 'string') throw mismatch('image', `${show(value)} is not of type 'string'`);
  return value;
}

function flag(value: unknown): boolean {
  if (typeof value !== 'boolean') throw mismatch('image', `${show(value)} is not of type 'boolean'`);
  return value;
}

function count(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw mismatch('image', `${show(value)} is not of type 'integer'`);
  }
  if (value < 0 || value > 2_147_483_647)
    throw badRequest('Image min_disk and min_ram must not be negative.');
  return value;
}

function word<T extends string>(value: unknown, words: readonly T[], orNull = false): T {
  const found = words.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  const shown = [...(orNull ? ['None'] : []), ...words.map((one) => show(one))];
  throw mismatch('image', `${show(value)} is not one of [${shown.join(', ')}]`);
}

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return JSON.stringify(value);
}
