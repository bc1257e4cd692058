/** What templates, environments and answers of other services are made of. */
export type Dict = Readonly<Record<string, unknown>>;

/** A value that isn't there yet while a template is only being validated: it hangs on a resource not made. */
export const UNKNOWN: unique symbol = Symbol('not known yet');

/** The branch an `if` doesn't have: what holds it is treated as if it were not written. */
export const DROPPED: unique symbol = Symbol('not written');

export function isDict(value: unknown): value is Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function hasUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isDict(value) && Object.values(value).some(hasUnknown);
}

/** Deep equality of JSON values; the order of keys doesn't count. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => same(item, b[index]));
  }
  if (!isDict(a) || !isDict(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
}

/** Text of a value as Python's `str` writes it: scripts in templates compare with `True` and `None`. */
export function text(value: unknown): string {
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'object') return JSON.stringify(value);
  return typeof value === 'symbol' ? 'None' : `${value as string | number | bigint}`;
}

/** JSON as Python writes it: a blank after `,` and `:`, keys sorted if asked, non-ASCII escaped. */
export function pythonJson(value: unknown, sorted = false): string {
  if (Array.isArray(value)) return `[${value.map((item) => pythonJson(item, sorted)).join(', ')}]`;
  if (isDict(value)) {
    const keys = sorted ? Object.keys(value).toSorted() : Object.keys(value);
    return `{${keys.map((key) => `${asciiJson(key)}: ${pythonJson(value[key], sorted)}`).join(', ')}}`;
  }
  return asciiJson(value ?? null);
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Follows `path` into maps and lists; undefined where it leads nowhere. */
export function walk(value: unknown, path: readonly unknown[]): unknown {
  let here = value;
  for (const step of path) {
    if (Array.isArray(here)) {
      const index =
        typeof step === 'number' ? step : /^-?\d+$/.test(String(step)) ? Number(step) : Number.NaN;
      here = Number.isNaN(index) ? undefined : here.at(index);
    } else if (isDict(here)) {
      here = Object.hasOwn(here, String(step)) ? here[String(step)] : undefined;
    } else return undefined;
  }
  return here;
}

/** The string at `path`, or undefined. */
export function stringAt(value: unknown, ...path: (string | number)[]): string | undefined {
  const found = walk(value, path);
  return typeof found === 'string' ? found : undefined;
}

/** The list at `path`, empty if there is none. */
export function listAt(value: unknown, ...path: (string | number)[]): readonly unknown[] {
  const found = walk(value, path);
  return Array.isArray(found) ? found : [];
}
