import { describe, expect, test } from 'vitest';
import type { HotVersion } from '../template/versions.ts';
import { DROPPED, UNKNOWN } from '../values.ts';
import { functionNames, resolve, resolveCondition } from './resolve.ts';
import type { Scope } from './scope.ts';

const PARAMETERS: Record<string, unknown> = {
  name: 'web',
  flag: true,
  list: ['a', 'b'],
  map: { k: { deep: [10, 20] } },
  number: 3,
};

function scope(version: HotVersion = '2021-04-16'): Scope {
  const self: Scope = {
    version,
    parameter(name) {
      if (name in PARAMETERS) return PARAMETERS[name];
      throw new Error(`The Parameter (${name}) was not provided.`);
    },
    condition: async (name) =>
      name === 'later' ? UNKNOWN : resolveCondition({ equals: [name, 'yes'] }, self),
    reference: async (name) => `id-of-${name}`,
    attribute: async (name, attribute, path) => [name, attribute ?? null, ...path].join('/'),
    file: (name) => (name === 'script.sh' ? '#!/bin/sh' : undefined),
    facade: (part) => part,
  };
  return self;
}

const run = (value: unknown, version?: HotVersion): Promise<unknown> =>
  resolve(value, scope(version), 'a.Properties.b');

describe('functions give what Heat gives', () => {
  test.each<[string, unknown, unknown]>([
    ['get_param', { get_param: 'name' }, 'web'],
    ['get_param with a path', { get_param: ['map', 'k', 'deep', 1] }, 20],
    ['get_param with an index as text', { get_param: ['list', '1'] }, 'b'],
    ['get_param with a path to nowhere', { get_param: ['map', 'x', 'y'] }, ''],
    ['get_resource', { get_resource: 'net' }, 'id-of-net'],
    [
      'get_attr with a path out of a function',
      { get_attr: ['net', 'show', { get_param: 'name' }] },
      'net/show/web',
    ],
    ['get_attr of everything', { get_attr: ['net'] }, 'net/'],
    ['get_file', { get_file: 'script.sh' }, '#!/bin/sh'],
    ['resource_facade', { resource_facade: 'metadata' }, 'metadata'],
    ['list_join of several lists', { list_join: [',', ['a', null], { get_param: 'list' }] }, 'a,,a,b'],
    [
      'list_join of maps as JSON',
      { list_join: ['-', [{ b: 1, a: [true] }, 'x']] },
      '{"a": [true], "b": 1}-x',
    ],
    [
      'str_replace, longer names first, booleans as Python writes them',
      {
        str_replace: {
          template: '$host $hostname $flag',
          params: { $host: 'h', $hostname: 'n', $flag: true },
        },
      },
      'h n True',
    ],
    [
      'str_replace leaves what it put in',
      { str_replace: { template: 'ab', params: { a: 'b', b: 'a' } } },
      'ba',
    ],
    ['str_replace of null', { str_replace: { template: '[x]', params: { x: null } } }, '[]'],
    ['str_replace_strict', { str_replace_strict: { template: 'x', params: { x: 1 } } }, '1'],
    ['str_split', { str_split: [',', 'a,b,c'] }, ['a', 'b', 'c']],
    ['str_split with an index', { str_split: [',', 'a,b,c', 1] }, 'b'],
    [
      'digest',
      { digest: ['sha256', 'x'] },
      '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881',
    ],
    ['map_merge, nulls ignored', { map_merge: [{ a: 1, b: 1 }, null, { b: 2 }] }, { a: 1, b: 2 }],
    [
      'map_replace',
      {
        map_replace: [
          { k1: 'v1', k2: 'v2' },
          { keys: { k1: 'K1' }, values: { v2: 'V2' } },
        ],
      },
      { K1: 'v1', k2: 'V2' },
    ],
    ['list_concat', { list_concat: [[1], null, [2, 1]] }, [1, 2, 1]],
    ['list_concat_unique', { list_concat_unique: [[{ a: 1 }], [{ a: 1 }, 2]] }, [{ a: 1 }, 2]],
    ['filter', { filter: [['a'], ['a', 'b', 'a', 'c']] }, ['b', 'c']],
    ['contains', { contains: ['b', { get_param: 'list' }] }, true],
    [
      'repeat over all combinations',
      { repeat: { template: { p: '%x%-%y%' }, for_each: { '%x%': ['1', '2'], '%y%': ['a', 'b'] } } },
      [{ p: '1-a' }, { p: '1-b' }, { p: '2-a' }, { p: '2-b' }],
    ],
    [
      'repeat in step',
      {
        repeat: {
          template: '%x%%y%',
          for_each: { '%x%': ['1', '2'], '%y%': ['a', 'b'] },
          permutations: false,
        },
      },
      ['1a', '2b'],
    ],
    [
      'repeat over the keys of a map',
      { repeat: { template: '%k%', for_each: { '%k%': { x: 1, y: 2 } } } },
      ['x', 'y'],
    ],
    [
      'make_url',
      {
        make_url: {
          scheme: 'https',
          username: 'me',
          password: 'a b/c',
          host: '::1',
          port: 8080,
          path: 'v1/é',
          query: { 'k y': 'a/b&c' },
          fragment: 'top',
        },
      },
      'https://me:a%20b%2Fc@[::1]:8080/v1/%C3%A9?k+y=a/b%26c#top',
    ],
    ['if', { if: ['yes', 'then', 'else'] }, 'then'],
    ['if on a function', { if: [{ not: { equals: [{ get_param: 'number' }, 3] } }, 'then', 'else'] }, 'else'],
    ['an if that hangs on what is not known', { if: ['later', 1, 2] }, UNKNOWN],
    [
      'an if without this branch drops its place',
      { a: 1, b: { if: ['no', 2] }, c: [{ if: ['no', 3] }, 4] },
      { a: 1, c: [4] },
    ],
    ['an if without this branch, alone', { if: ['no', 2] }, DROPPED],
    ['maps of several keys are no calls', { get_param: 'x', other: 1 }, { get_param: 'x', other: 1 }],
  ])('%s', async (_name, value, expected) => {
    expect(await run(value)).toEqual(expected);
  });
});

describe('functions refuse what Heat refuses, in its words', () => {
  test.each<[unknown, string]>([
    [{ get_param: 'nope' }, 'The Parameter (nope) was not provided.'],
    [{ get_file: 'other' }, 'No content found in the "files" section for get_file path: other'],
    [{ list_join: [',', 'abc'] }, '"list_join" must operate on a list'],
    [{ list_join: [',', [true]] }, 'Items to join must be string, map or list not True'],
    [{ str_replace: { template: 'x' } }, '"str_replace" syntax should be'],
    [
      { str_replace_strict: { template: 'x', params: { y: 1 } } },
      'The following params were not found in the template: y',
    ],
    [
      { str_replace_vstrict: { template: 'x', params: { x: '' } } },
      'str_replace_vstrict has an undefined or empty value for param x, must be a defined non-empty value',
    ],
    [{ str_split: [',', 'a', 3] }, 'Incorrect index to "str_split" should be between 0 and 0'],
    [
      { map_replace: [{ a: 1, b: 2 }, { keys: { a: 'b' } }] },
      'key replacement b collides with a key in the input map',
    ],
    [
      { repeat: { template: 'x', for_each: { '%a%': [1], '%b%': [1, 2] }, permutations: false } },
      'should be equal',
    ],
    [{ make_url: { host: 'h', port: 70000 } }, 'Invalid URL port 70000, must be in range 1-65535'],
    [{ if: ['yes'] }, 'Arguments to "if" must be of the form'],
    [{ digest: ['nope', 'x'] }, 'Algorithm must be one of'],
    [{ resource_facade: 'x' }, 'should be one of: metadata, deletion_policy, update_policy'],
    [{ 'Fn::Join': ['', []] }, 'The function Fn::Join is not supported in this version of HOT.'],
  ])('%j', async (value, message) => {
    await expect(run(value)).rejects.toThrow(message);
  });
});

test('each version has the functions it had', async () => {
  expect(await run({ str_split: [',', 'a,b'] }, '2015-04-30')).toEqual({ str_split: [',', 'a,b'] });
  expect(await run({ 'Fn::Join': ['-', ['a', 'b']] }, '2013-05-23')).toBe('a-b');
  await expect(run({ list_join: ['', ['a'], ['b']] }, '2014-10-16')).rejects.toThrow('Incorrect arguments');
  await expect(run({ if: ['no', 1] }, '2018-08-31')).rejects.toThrow('value_if_false');
  expect(functionNames('2016-04-08')).toMatchObject({ conditions: [] });
  expect(functionNames('2016-10-14').conditions).toEqual(['and', 'equals', 'get_param', 'not', 'or']);
  expect(functionNames('2017-09-01').conditions).toContain('contains');
});

test('conditions combine, and say so when they cannot', async () => {
  const holds = (value: unknown): Promise<unknown> => resolveCondition(value, scope());
  expect(await holds({ and: ['yes', { or: ['no', { get_param: 'flag' }] }, { not: 'no' }] })).toBe(true);
  expect(await holds({ or: ['later', 'yes'] })).toBe(true);
  expect(await holds({ and: ['later', 'yes'] })).toBe(UNKNOWN);
  expect(
    await holds({ yaql: { expression: '$.data.a.startsWith("w")', data: { a: { get_param: 'name' } } } }),
  ).toBe(true);
  await expect(holds({ and: ['yes'] })).rejects.toThrow(
    'The minimum number of condition arguments to "and" is 2.',
  );
  await expect(holds({ equals: [{ get_attr: ['a', 'b'] }, 1] })).rejects.toThrow(
    '"get_attr" is not valid in this context',
  );
});
