import { valueError } from '../../errors.ts';
import { isDict, pythonJson, same, text, type Dict } from '../../values.ts';
import { compare, truthy } from './compare.ts';

/** An argument that is an expression about each item. */
export type Lambda = (...values: unknown[]) => unknown;

type Lazy = (receiver: unknown, lambdas: readonly Lambda[]) => unknown;
type Plain = (...values: unknown[]) => unknown;

/** Functions that run their arguments per item. */
export const LAZY: Readonly<Record<string, Lazy>> = {
  where: (list, [test]) => items(list).filter((item) => truthy(need(test)(item))),
  filter: (list, [test]) => items(list).filter((item) => truthy(need(test)(item))),
  select: (list, [map]) => items(list).map((item) => need(map)(item)),
  map: (list, [map]) => items(list).map((item) => need(map)(item)),
  selectMany: (list, [map]) =>
    items(list).flatMap((item) => {
      const found = need(map)(item);
      return Array.isArray(found) ? (found as unknown[]) : [found];
    }),
  orderBy: (list, [by]) => items(list).toSorted((a, b) => compare(need(by)(a), need(by)(b))),
  orderByDescending: (list, [by]) => items(list).toSorted((a, b) => compare(need(by)(b), need(by)(a))),
  any: (list, [test]) => items(list).some((item) => !test || truthy(test(item))),
  all: (list, [test]) => items(list).every((item) => truthy(test ? test(item) : item)),
  takeWhile: (list, [test]) => {
    const end = items(list).findIndex((item) => !truthy(need(test)(item)));
    return end < 0 ? items(list) : items(list).slice(0, end);
  },
  skipWhile: (list, [test]) => {
    const start = items(list).findIndex((item) => !truthy(need(test)(item)));
    return start < 0 ? [] : items(list).slice(start);
  },
  indexWhere: (list, [test]) => items(list).findIndex((item) => truthy(need(test)(item))),
  groupBy: (list, [by, value]) => {
    const groups: [unknown, unknown[]][] = [];
    for (const item of items(list)) {
      const key = need(by)(item);
      const group = groups.find(([known]) => same(known, key));
      const member = value ? value(item) : item;
      if (group) group[1].push(member);
      else groups.push([key, [member]]);
    }
    return groups;
  },
  toDict: (list, [key, value]) =>
    Object.fromEntries(items(list).map((item) => [text(need(key)(item)), value ? value(item) : item])),
  aggregate: (list, [step, seed]) => reduce(items(list), need(step), seed?.(null)),
  reduce: (list, [step, seed]) => reduce(items(list), need(step), seed?.(null)),
  distinct: (list, [by]) => {
    const key = (item: unknown): unknown => (by ? by(item) : item);
    const all = items(list);
    return all.filter((item, index) => all.findIndex((other) => same(key(other), key(item))) === index);
  },
};

/** Functions of values. As a method, the receiver is the first argument. */
export const PLAIN_CALLS: Readonly<Record<string, Plain>> = {
  len: (value) =>
    typeof value === 'string'
      ? value.length
      : isDict(value)
        ? Object.keys(value).length
        : items(value).length,
  count: (value) => items(value).length,
  isEmpty: (value) => !truthy(value),
  // Both $list.join(',') and ','.join($list).
  join: (a, b) => {
    const [list, glue] = typeof a === 'string' ? [b, a] : [a, b];
    return items(list)
      .map((item) => (typeof item === 'string' ? item : text(item)))
      .join(text(glue ?? ''));
  },
  flatten: (list) => items(list).flat(Infinity),
  first: (list, other) => items(list)[0] ?? fallback(list, other),
  last: (list, other) => items(list).at(-1) ?? fallback(list, other),
  single: (list) => {
    if (items(list).length !== 1) throw valueError('Collection must contain exactly one element');
    return items(list)[0];
  },
  dict: (value = []) =>
    isDict(value)
      ? value
      : Object.fromEntries(
          items(value).map((pair) => {
            if (!Array.isArray(pair) || pair.length !== 2)
              throw valueError('dict() needs pairs of key and value');
            return [text(pair[0]), pair[1] as unknown];
          }),
        ),
  list: (...values) => values.flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value])),
  toList: (value) => items(value),
  keys: (map) => Object.keys(entries(map)),
  values: (map) => Object.values(entries(map)),
  items: (map) => Object.entries(entries(map)),
  get: (map, key, other = null) => (Object.hasOwn(entries(map), text(key)) ? entries(map)[text(key)] : other),
  set: (map, key, value) =>
    isDict(key) ? { ...entries(map), ...key } : { ...entries(map), [text(key)]: value },
  containsKey: (map, key) => Object.hasOwn(entries(map), text(key)),
  containsValue: (map, value) => Object.values(entries(map)).some((item) => same(item, value)),
  contains: (list, value) => items(list).some((item) => same(item, value)),
  mergeWith: (a, b) => merge(entries(a), entries(b)),
  delete: (map, ...keys) =>
    Object.fromEntries(Object.entries(entries(map)).filter(([key]) => !keys.map(text).includes(key))),
  deleteAll: (map, keys) =>
    Object.fromEntries(Object.entries(entries(map)).filter(([key]) => !items(keys).map(text).includes(key))),
  reverse: (list) =>
    typeof list === 'string' ? Array.from(list).toReversed().join('') : items(list).toReversed(),
  skip: (list, n) => items(list).slice(count(n)),
  limit: (list, n) => items(list).slice(0, count(n)),
  take: (list, n) => items(list).slice(0, count(n)),
  indexOf: (list, value) =>
    typeof list === 'string' ? list.indexOf(text(value)) : items(list).findIndex((item) => same(item, value)),
  append: (list, ...values) => [...items(list), ...values],
  concat: (first, ...others) =>
    typeof first === 'string' ? [first, ...others].map(text).join('') : [first, ...others].flatMap(items),
  zip: (first, ...others) =>
    items(first).map((item, index) => [item, ...others.map((list) => items(list)[index])]),
  enumerate: (list, start = 0) => items(list).map((item, index) => [index + count(start), item]),
  sum: (list, start = 0) => items(list).reduce<number>((total, item) => total + number(item), number(start)),
  min: (...values) => best(values, (order) => order < 0),
  max: (...values) => best(values, (order) => order > 0),
  range: (a, b) => {
    const [from, to] = b === undefined ? [0, count(a)] : [count(a), count(b)];
    return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
  },
  str: (value) =>
    value === null
      ? 'null'
      : typeof value === 'object'
        ? pythonJson(value)
        : typeof value === 'boolean'
          ? String(value)
          : text(value),
  int: (value) => Math.trunc(number(value)),
  float: (value) => number(value),
  bool: (value) => truthy(value),
  toUpper: (value) => string(value).toUpperCase(),
  toLower: (value) => string(value).toLowerCase(),
  trim: (value) => string(value).trim(),
  trimLeft: (value) => string(value).trimStart(),
  trimRight: (value) => string(value).trimEnd(),
  startsWith: (value, ...starts) => starts.some((start) => string(value).startsWith(string(start))),
  endsWith: (value, ...ends) => ends.some((end) => string(value).endsWith(string(end))),
  split: (value, by) =>
    by === undefined ? string(value).split(/\s+/).filter(Boolean) : string(value).split(string(by)),
  substring: (value, from, length) => {
    const start = count(from) < 0 ? string(value).length + count(from) : count(from);
    return length === undefined || count(length) < 0
      ? string(value).slice(start)
      : string(value).slice(start, start + count(length));
  },
  replace: (value, before, after) => {
    if (Array.isArray(value))
      return value.map((item, index) => (index === before ? after : (item as unknown)));
    if (isDict(before)) {
      return Object.entries(before).reduce(
        (result, [from, to]) => result.replaceAll(from, () => text(to)),
        string(value),
      );
    }
    return string(value).replaceAll(string(before), () => string(after));
  },
  matches: (value, pattern) => new RegExp(`^(?:${string(pattern)})`).test(string(value)),
  format: (pattern, ...values) =>
    string(pattern).replaceAll(
      /\{(\d*)\}/g,
      (() => {
        let next = 0;
        return (_: string, at: string) => text(values[at === '' ? next++ : Number(at)]);
      })(),
    ),
  isList: (value) => Array.isArray(value),
  isDict: (value) => isDict(value),
  isString: (value) => typeof value === 'string',
  isInteger: (value) => Number.isInteger(value),
  isNumber: (value) => typeof value === 'number',
  isBoolean: (value) => typeof value === 'boolean',
  not: (value) => !truthy(value),
};

function items(value: unknown): unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  if (isDict(value)) return Object.keys(value);
  throw valueError(`expected a list in a YAQL expression, found ${text(value)}`);
}

function entries(value: unknown): Dict {
  if (isDict(value)) return value;
  throw valueError(`expected a map in a YAQL expression, found ${text(value)}`);
}

function string(value: unknown): string {
  if (typeof value === 'string') return value;
  throw valueError(`expected text in a YAQL expression, found ${text(value)}`);
}

function number(value: unknown): number {
  const result = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof result === 'number' && !Number.isNaN(result)) return result;
  throw valueError(`expected a number in a YAQL expression, found ${text(value)}`);
}

function count(value: unknown): number {
  const result = number(value);
  if (!Number.isInteger(result))
    throw valueError(`expected a whole number in a YAQL expression, found ${text(value)}`);
  return result;
}

function need(lambda: Lambda | undefined): Lambda {
  if (!lambda) throw valueError('an argument is missing in a YAQL expression');
  return lambda;
}

function fallback(list: unknown, other: unknown): unknown {
  if (items(list).length > 0) return null;
  if (other === undefined) throw valueError('the collection in a YAQL expression is empty');
  return other;
}

function reduce(list: readonly unknown[], step: Lambda, seed: unknown): unknown {
  if (seed !== undefined) return list.reduce((total, item) => step(total, item), seed);
  if (list.length === 0) throw valueError('the collection in a YAQL expression is empty');
  return list.reduce((total, item) => step(total, item));
}

function best(values: readonly unknown[], wins: (order: number) => boolean): unknown {
  const list = values.length === 1 ? items(values[0]) : values;
  if (list.length === 0) throw valueError('the collection in a YAQL expression is empty');
  return list.reduce((leader, item) => (wins(compare(item, leader)) ? item : leader));
}

function merge(a: Dict, b: Dict): Dict {
  const result: Record<string, unknown> = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const before = result[key];
    if (isDict(before) && isDict(value)) result[key] = merge(before, value);
    else if (Array.isArray(before) && Array.isArray(value))
      result[key] = [...(before as unknown[]), ...(value as unknown[])];
    else result[key] = value;
  }
  return result;
}
