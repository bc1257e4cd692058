import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linksJson, objectJson, textJson, timeJson } from './json-text.ts';
import { linksTo } from './links.ts';

test('any text, also of a client that calls us strange names, comes back from its JSON as it was', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('"', '\\', '\n', '\ud800', '\ud83d\ude00'),
  );
  fc.assert(
    fc.property(text, (value) => {
      expect(JSON.parse(textJson(value))).toBe(value);
      expect(textJson(value)).toBe(JSON.stringify(value));
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
