import { expect, test } from 'vitest';
import { cloud, type Answer } from './client.ts';
import { departures, type DepartureName } from './departures.ts';
import type { Expected } from './expected.ts';
import type { Entry } from './inventory.ts';

/** A test of what the inventory names. */
export function shows(entries: readonly Entry[], title: string, run: () => Promise<void>): void {
  test(`${title} (${entries.join(', ')})`, run);
}

/** A test of one request and its answer. `expected` is the name of a departure where original and Gantry differ. */
export function answers(
  entries: readonly Entry[],
  title: string,
  request: () => Promise<Answer>,
  expected: Expected | DepartureName,
): void {
  shows(entries, title, async () => check(await request(), expected));
}

/**
 * Asserts that an answer is the expected one, and that an error has the form of Magnum's. Gantry words its errors itself, so
 * of a text that isn't declared as a departure it owes what the text names: fields, values, rules, uuids.
 */
export function check(answer: Answer, expected: Expected | DepartureName): void {
  const declared = typeof expected === 'string';
  const { status, detail, body }: Expected = declared ? departures[expected][cloud.kind] : expected;
  expect(answer.status, answer.text).toBe(status);
  if (body !== undefined) expect(answer.body).toMatchObject(body);
  if (detail === undefined) return;
  if (declared || cloud.kind === 'original') {
    expect(answer.detail).toEqual(typeof detail === 'string' ? detail : expect.stringMatching(detail));
  } else if (typeof detail === 'string') {
    for (const name of namedIn(detail)) expect(answer.detail).toContain(name);
  }
  expect(answer.detail).not.toBe('');
  if (status === 406) return;
  const title = answer.detail.split('.')[0];
  const code = status < 500 ? 'client' : 'server';
  const error = { request_id: '', code, status, title, detail: answer.detail, links: [] };
  expect(answer.body).toEqual({ errors: [error] });
}

/** What a text must still name in other words: at most 40 characters of each, because long values may be cut. */
function namedIn(text: string): string[] {
  const names =
    /(?<!\w)'([^']{1,40})'(?!\w)|attribute (\w+)|\b(\w+[_:]\w+|[0-9a-f]{8}-[0-9a-f-]{27}|nosuch)\b/g;
  return [...text.matchAll(names)].map((match) => match.slice(1).find((name) => name !== undefined) ?? '');
}
