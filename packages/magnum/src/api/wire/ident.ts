import type { ClusterIdent } from '../../store/store.ts';

/** As the database has them. */
const USUAL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Whether a text is a UUID in one of the forms that Python's `uuid` reads: with or without dashes, in braces, as a
 * URN. @returns it in the form the database has
 */
export function asUuid(text: string): string | undefined {
  if (USUAL.test(text)) return text;
  const digits = text
    .replace(/^urn:/i, '')
    .replace(/^uuid:/i, '')
    .replaceAll(/[{}-]/g, '')
    .toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(digits)) return undefined;
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** What looks like a UUID is one, and never a name. */
export function identOf(text: string): ClusterIdent {
  const uuid = asUuid(text);
  return uuid === undefined ? { name: text } : { uuid };
}
