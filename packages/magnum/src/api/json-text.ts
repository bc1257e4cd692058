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

export function booleanJson(value: boolean | 0 | 1): string {
  return value === true || value === 1 ? 'true' : 'false';
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
