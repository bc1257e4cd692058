import { expect, test } from 'vitest';
import { parseLiteral } from './python-literal.ts';

test.each([
  [`{'a': 'b', "c": True, 'd': None}`, { a: 'b', c: true, d: null }],
  [`{u'a': u'\\xe9'}`, { a: 'é' }],
  ['{"a": "\\ud83d\\ude00", "b": [1, -2.5, true, null,]}', { a: '😀', b: [1, -2.5, true, null] }],
  [`{'a': 123456789012345678901234567890}`, { a: '123456789012345678901234567890' }],
  [' () ', []],
])('%s is read', (text, value) => {
  expect(parseLiteral(text)).toEqual({ value });
});

test.each([
  "{'a': 1e999}",
  "{'a': b'x'}",
  "{'a': open('x')}",
  "{'a'",
  "{'a': 'b'} c",
  '['.repeat(100_000),
  '',
])('%.40s is none', (text) => {
  expect(parseLiteral(text)).toBeUndefined();
});
