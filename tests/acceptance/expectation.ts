import { expect, test } from 'vitest';
import { cloud, type Answer } from './client.ts';
import { departures, type DepartureName } from './departures.ts';
import type { Entry } from './inventory.ts';

/** What an answer must be. Status 0: the connection is closed without an answer. */
export interface Expected {
  readonly status: number;
  /** Of the first error: the whole text, or what it must match. */
  readonly detail?: string | RegExp;
  /** Members of the body. */
  readonly body?: object;
}

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

/** Asserts that an answer is the expected one; of a 4xx also that its body has the form of Magnum's errors. */
export function check(answer: Answer, expected: Expected | DepartureName): void {
  const wanted: Expected = typeof expected === 'string' ? departures[expected][cloud.kind] : expected;
  const { status, detail, body } = wanted;
  expect({ status: answer.status, said: answer.detail }, answer.text).toEqual({
    status,
    said:
      detail === undefined
        ? expect.any(String)
        : typeof detail === 'string'
          ? detail
          : expect.stringMatching(detail),
  });
  if (body !== undefined) expect(answer.body).toMatchObject(body);
  if (status >= 400 && status !== 401 && status !== 406 && typeof detail === 'string' && detail !== '') {
    expect(answer.body).toEqual({
      errors: [
        {
          request_id: '',
          code: status < 500 ? 'client' : 'server',
          status,
          title: titleOf(detail),
          detail,
          links: [],
        },
      ],
    });
  }
}

/** The original makes an error's title of its text up to the first full stop. */
const titleOf = (detail: string) => detail.split('.')[0];
