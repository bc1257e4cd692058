import { describe, expect, test } from 'vitest';
import { runYaql } from './yaql.ts';

const DATA = {
  data: {
    tag: 'v3.3.6',
    numbers: [3, 1, 2],
    nested: [[1, [2]], [3]],
    servers: [
      { name: 'a', role: 'web', ips: ['10.0.0.1'] },
      { name: 'b', role: 'db', ips: ['10.0.0.2', '10.0.0.3'] },
      { name: 'c', role: 'web', ips: [] },
    ],
    map: { x: 1, y: null },
    nothing: null,
  },
};

describe('expressions templates use', () => {
  test.each<[string, unknown]>([
    ['$.data.tag.startsWith("v3.3.")', true],
    ['$.data.numbers.sum()', 6],
    ['$.data.numbers.orderBy($)', [1, 2, 3]],
    ['$.data.numbers.max() - $.data.numbers.min()', 2],
    ['$.data.servers.where($.role = web).name', ['a', 'c']],
    ["$.data.servers[$.role = 'db'].first().name", 'b'],
    ['$.data.servers.select($.ips).flatten()', ['10.0.0.1', '10.0.0.2', '10.0.0.3']],
    ['$.data.servers.selectMany($.ips).len()', 3],
    ['$.data.servers.toDict($.name, $.role)', { a: 'web', b: 'db', c: 'web' }],
    ['dict($.data.servers.select([$.name, $.ips.len()]))', { a: 1, b: 2, c: 0 }],
    ['dict(a => 1, b => $.data.numbers[0])', { a: 1, b: 3 }],
    [
      '$.data.servers.groupBy($.role, $.name)',
      [
        ['web', ['a', 'c']],
        ['db', ['b']],
      ],
    ],
    ['$.data.servers.role.distinct()', ['web', 'db']],
    ["$.data.servers.select($.name).join(',')", 'a,b,c'],
    ["','.join($.data.servers.name)", 'a,b,c'],
    ['$.data.nested.flatten()', [1, 2, 3]],
    ['$.data.numbers[-1]', 2],
    ['$.data.map.items().where($[1] != null).select($[0])', ['x']],
    ['$.data.map.keys().last()', 'y'],
    ['$.data.get(missing, 5)', 5],
    ['$.data.nothing?.deeper', null],
    ['coalesce($.data.nothing, 7)', 7],
    ['switch($.data.tag = x => 1, true => 2)', 2],
    ['let(n => 2) -> $.data', undefined],
    ['not ($.data.tag in [a, b]) and len($.data.tag) = 6', true],
    ['$.data.tag =~ "^v[0-9]"', true],
    ["concat('a', 'b') + 'c'", 'abc'],
    ["$.data.tag.split('.').select(int($.replace('v', ''))) ", [3, 3, 6]],
    ['7 / 2 + 7 mod 4 * 2', 9],
    ['{a => 1}.set(b, 2)', { a: 1, b: 2 }],
    ['range(3).select($ * 2)', [0, 2, 4]],
    ['$.data.numbers.any($ > 2) and $.data.numbers.all($ > 0)', true],
    ['$.data.numbers.aggregate($1 + $2)', 6],
    [
      '[1, 2].zip([3, 4])',
      [
        [1, 3],
        [2, 4],
      ],
    ],
  ])('%s', (expression, expected) => {
    if (expected === undefined) expect(() => runYaql(expression, DATA)).not.toThrow();
    else expect(runYaql(expression, DATA)).toEqual(expected);
  });
});

describe('what cannot be answered is refused by name', () => {
  test.each([
    ['$.data.numbers.sliceWhere($ > 1)', 'YAQL function "sliceWhere" is not supported by this cloud'],
    ['$.data.', 'Bad expression $.data.: unexpected end.'],
    ['$.data.numbers.where(', 'unexpected end'],
    ['1 +* 2', 'unexpected "*" at position 3'],
    ['$.data.missing', "'missing'"],
    ['$.data.numbers[9]', 'list index out of range'],
    ['1 / 0', 'division by zero'],
    ["'a' < 1", "can't compare a with 1"],
  ])('%s', (expression, message) => {
    expect(() => runYaql(expression, DATA)).toThrow(message);
  });
});
