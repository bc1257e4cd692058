import { timestamp } from './timestamp.ts';

/**
 * Values as JSON text, for answers that are too long to be made as objects first. Each takes a value as a row has it
 * once decoded, and as the database returned it: JSON that is text already goes out as it is.
 */

/** All but what stands in JSON as it is. Halves of surrogate pairs are looked at more closely, for they may be alone. */
const SPECIAL = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

export function textJson(value: string | null): string {
  if (value === null) return 'null';
  return SPECIAL.test(value) ? JSON.stringify(value) : `"${value}"`;
}

export function objectJson(value: object | string | null): string {
  if (typeof value !== 'string') return JSON.stringify(value ?? {});
  // Python writes `null` where there is none.
  return value.startsWith('{') ? value : '{}';
}

/** @param value as text `2026-11-21 20:52:59`, in UTC, perhaps with a fraction */
export function timeJson(value: Date | string | null): string {
  if (value === null) return 'null';
  if (typeof value === 'string' && value.length === 19) return `"${value.replace(' ', 'T')}+00:00"`;
  return `"${timestamp(typeof value === 'string' ? new Date(`${value.replace(' ', 'T')}Z`) : value)}"`;
}

/** The two links of a resource, as {@link linksTo} makes them. */
export function linksJson(base: string, path: string): string {
  // The base is what the client calls us, and may have a quote in it.
  const to = textJson(base).slice(1, -1);
  return `[{"href":"${to}/v1/${path}","rel":"self"},{"href":"${to}/${path}","rel":"bookmark"}]`;
}

/** How a field of an object begins that isn't its first, and how it is if it has no value, or is a boolean. */
export interface Key {
  readonly head: string;
  readonly none: string;
  readonly yes: string;
  readonly no: string;
  /** As `head`, with the quote before a text. */
  readonly quoted: string;
}

/** What is put together here is not put together for each object of a list: that takes a third of its time. */
export function keysOf<const N extends string>(...names: readonly N[]): Readonly<Record<N, Key>> {
  const entries = names.map((name): [string, Key] => {
    const head = `,"${name}":`;
    const keys = { head, none: `${head}null`, yes: `${head}true`, no: `${head}false`, quoted: `${head}"` };
    return [name, keys];
  });
  return Object.fromEntries(entries) as Record<N, Key>;
}

export function textAt(key: Key, value: string | null): string {
  if (value === null) return key.none;
  return SPECIAL.test(value) ? key.head + JSON.stringify(value) : `${key.quoted}${value}"`;
}

export function numberAt(key: Key, value: number | null): string {
  return value === null ? key.none : key.head + value;
}

export function booleanAt(key: Key, value: boolean | 0 | 1): string {
  return value === true || value === 1 ? key.yes : key.no;
}
