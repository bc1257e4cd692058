import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  booleanAt,
  keysOf,
  linksJson,
  numberAt,
  objectJson,
  textAt,
  textJson,
  timeJson,
} from './json-text.ts';
import { linksTo } from './links.ts';

const key = keysOf('b');

test('fields without a value, numbers and booleans are written as JSON has them, however a database has them', () => {
  expect([textAt(key.b, null), numberAt(key.b, null), numberAt(key.b, -7)]).toEqual([
    ',"b":null',
    ',"b":null',
    ',"b":-7',
  ]);
  expect([true, 1, false, 0].map((value) => booleanAt(key.b, value as boolean | 0 | 1))).toEqual([
    ',"b":true',
    ',"b":true',
    ',"b":false',
    ',"b":false',
  ]);
});

test('any text, also of a client that calls us strange names, comes back from its JSON as it was', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('"', '\\', '\n', '\ud800', '\ud83d\ude00'),
  );
  fc.assert(
    fc.property(text, (value) => {
      expect(JSON.parse(textJson(value))).toBe(value);
      expect(textJson(value)).toBe(JSON.stringify(value));
      expect(JSON.parse(`{"a":0${textAt(key.b, value)}}`)).toEqual({ a: 0, b: value });
      expect(JSON.parse(linksJson(value, 'clusters/1'))).toEqual(linksTo(value, 'clusters/1'));
    }),
  );
  expect(textJson(null)).toBe('null');
});

test('a time is written alike, whether it was decoded or is as a database has it', () => {
  const whole = '"2026-11-21T20:52:59+00:00"';
  const split = '"2026-11-21T20:52:59.709000+00:00"';
  expect(timeJson('2026-11-21 20:52:59')).toBe(whole);
  expect(timeJson('2026-11-21 20:52:59.000000')).toBe(whole);
  expect(timeJson(new Date('2026-11-21T20:52:59Z'))).toBe(whole);
  expect(timeJson('2026-11-21 20:52:59.709')).toBe(split);
  expect(timeJson(new Date('2026-11-21T20:52:59.709Z'))).toBe(split);
  expect(timeJson(null)).toBe('null');
});

test('an object that the original wrote goes out as it is, and what is none is an empty one', () => {
  expect(objectJson('{"a": "b"}')).toBe('{"a": "b"}');
  expect(objectJson({ a: 'b' })).toBe('{"a":"b"}');
  for (const none of ['null', null, '']) expect(objectJson(none)).toBe('{}');
});
