import { valueError } from '../errors.ts';
import { isDict, pythonJson, same, text, type Dict } from '../values.ts';
import type { HotVersion } from '../template/versions.ts';
import type { PlainFunction } from './scope.ts';
import { runYaql } from './yaql/yaql.ts';

export const COLLECTION_FUNCTIONS: Readonly<Record<string, PlainFunction>> = {
  map_merge: { since: '2016-04-08', run: mapMerge },
  map_replace: { since: '2016-10-14', run: mapReplace },
  list_concat: { since: '2017-09-01', run: listConcat },
  list_concat_unique: { since: '2017-09-01', run: (args, name) => unique(listConcat(args, name)) },
  filter: { since: '2017-02-24', run: filter },
  contains: { since: '2017-09-01', run: contains },
  repeat: { since: '2015-04-30', run: repeat },
  yaql: { since: '2016-10-14', run: yaql },
};

export function yaql(args: unknown, name: string): unknown {
  if (!isDict(args)) throw valueError(`Arguments to "${name}" must be a map.`);
  const extra = Object.keys(args).some((key) => key !== 'expression' && key !== 'data');
  if (extra || !('expression' in args)) {
    throw valueError(
      `"${name}" syntax should be ${name}: {expression: $.data.var1.sum(), data: {var1: [3, 2, 1]}}`,
    );
  }
  if (typeof args['expression'] !== 'string') {
    throw valueError(`The "expression" argument to ${name} must contain a string.`);
  }
  return runYaql(args['expression'], { data: args['data'] ?? {} });
}

export function contains(args: unknown, name: string): boolean {
  if (!Array.isArray(args) || args.length !== 2) {
    throw valueError(`Arguments to "${name}" must be of the form: [value1, [value1, value2]]`);
  }
  const [value, sequence] = args as unknown[];
  if (typeof sequence === 'string') return typeof value === 'string' && sequence.includes(value);
  if (!Array.isArray(sequence)) throw valueError(`Second argument to "${name}" should be a sequence.`);
  return sequence.some((item) => same(item, value));
}

function mapMerge(args: unknown, name: string): Dict {
  if (!Array.isArray(args)) {
    throw valueError(
      `Incorrect arguments to "${name}" should be: "${name}" : [ { "key1": "val1" }, { "key2": "val2" } ]`,
    );
  }
  return Object.assign(
    {},
    ...args.map((map: unknown) => {
      if (map === null || map === undefined) return {};
      if (!isDict(map)) throw valueError('Incorrect arguments: Items to merge must be maps.');
      return map;
    }),
  ) as Dict;
}

function mapReplace(args: unknown, name: string): Dict {
  const example = `"${name}" : [ { "key1": "val1" }, {"keys": {"key1": "key2"}, "values": {"val1": "val2"}}]`;
  const wrong = (): Error => valueError(`Incorrect arguments to "${name}" should be: ${example}`);
  if (!Array.isArray(args) || args.length !== 2) throw wrong();
  const [source, rules] = args.map((item: unknown) => item ?? {});
  if (!isDict(source) || !isDict(rules)) {
    throw valueError(
      `Incorrect arguments: to "${name}", arguments must be a list of maps. Example:  ${example}`,
    );
  }
  if (Object.keys(rules).some((key) => key !== 'keys' && key !== 'values')) throw wrong();
  const keys = rules['keys'] ?? {};
  const values = rules['values'] ?? {};
  if (!isDict(keys) || !isDict(values)) throw wrong();
  const result: Record<string, unknown> = {};
  for (const [before, value] of Object.entries(source)) {
    const after = keys[before];
    const key = after === undefined || after === null ? before : text(after);
    if (key !== before && key in source) {
      throw valueError(`key replacement ${key} collides with a key in the input map`);
    }
    if (key in result) throw valueError(`key replacement ${key} collides with a key in the output map`);
    const plain = typeof value === 'object' ? undefined : text(value);
    result[key] = plain !== undefined && Object.hasOwn(values, plain) ? values[plain] : value;
  }
  return result;
}

function listConcat(args: unknown, name: string): unknown[] {
  if (!Array.isArray(args)) {
    throw valueError(
      `Incorrect arguments to "${name}" should be: "${name}" : [ [ <value 1>, <value 2> ], [ <value 3>, <value 4> ] ]`,
    );
  }
  return args.flatMap((item: unknown) => {
    if (item === null || item === undefined) return [];
    if (Array.isArray(item)) return item as unknown[];
    throw valueError(
      `Incorrect arguments: Items to concat must be lists. ${pythonJson(args)} contains an item that is not a list: ${pythonJson(item)}`,
    );
  });
}

export function unique(list: readonly unknown[]): unknown[] {
  return list.filter((item, index) => list.findIndex((other) => same(other, item)) === index);
}

function filter(args: unknown, name: string): unknown {
  if (!Array.isArray(args)) throw valueError(`Argument to "${name}" must be a list`);
  if (args.length !== 2) {
    throw valueError(
      `"${name}" expected 2 arguments of the form [values, sequence] but got ${args.length} arguments instead`,
    );
  }
  const [values, sequence] = args as unknown[];
  if (sequence === null || sequence === undefined || sequence === '') return sequence;
  if (!Array.isArray(sequence)) throw valueError(`"${name}" only works with lists`);
  if (values === null || values === undefined || values === '') return sequence;
  if (!Array.isArray(values)) throw valueError(`"${name}" filters a list of values`);
  return sequence.filter((item) => !values.some((value) => same(value, item)));
}

function repeat(args: unknown, name: string, version: HotVersion): unknown[] {
  if (!isDict(args)) throw valueError(`Arguments to "${name}" must be a map`);
  if (!('for_each' in args) || !('template' in args)) {
    throw valueError(
      `"repeat" syntax should be repeat: {template: This is %var%, for_each: {%var%: ['a', 'b', 'c']}}`,
    );
  }
  const forEach = args['for_each'];
  if (!isDict(forEach)) throw valueError(`The "for_each" argument to "${name}" must contain a map`);
  const permutations = version >= '2017-09-01' ? (args['permutations'] ?? true) : true;
  if (typeof permutations !== 'boolean') {
    throw valueError(`"permutations" should be boolean type for ${name} function.`);
  }
  const maps = version >= '2016-10-14' && permutations;
  const lists = Object.values(forEach).map((value) => {
    if (value === null || value === undefined) return [];
    if (Array.isArray(value)) return value as unknown[];
    if (maps && isDict(value)) return Object.keys(value);
    throw valueError(
      `The values of the "for_each" argument to "${name}" must be lists${maps ? ' or maps' : ''}`,
    );
  });
  const keys = Object.keys(forEach);
  const rounds = permutations ? product(lists) : zip(lists, name);
  return rounds.map((values) => fill(args['template'], keys, values));
}

function product(lists: readonly (readonly unknown[])[]): unknown[][] {
  return lists.reduce<unknown[][]>(
    (rows, list) => rows.flatMap((row) => list.map((item) => [...row, item])),
    [[]],
  );
}

function zip(lists: readonly (readonly unknown[])[], name: string): unknown[][] {
  const length = lists[0]?.length ?? 0;
  if (lists.some((list) => list.length !== length)) {
    throw valueError(`For ${name}, the length of for_each values should be equal if no nested loop.`);
  }
  return Array.from({ length }, (_, index) => lists.map((list) => list[index]));
}

function fill(template: unknown, keys: readonly string[], values: readonly unknown[]): unknown {
  if (typeof template === 'string') {
    // A template that is nothing but the variable becomes the value itself, a map for example.
    const alone = keys.indexOf(template);
    if (alone >= 0 && typeof values[alone] !== 'string') return values[alone];
    return keys.reduce((result, key, index) => result.replaceAll(key, () => plain(values[index])), template);
  }
  if (Array.isArray(template)) return template.map((item) => fill(item, keys, values));
  if (!isDict(template)) return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) => [
      String(fill(key, keys, values)),
      fill(value, keys, values),
    ]),
  );
}

function plain(value: unknown): string {
  return typeof value === 'object' ? pythonJson(value) : text(value);
}
