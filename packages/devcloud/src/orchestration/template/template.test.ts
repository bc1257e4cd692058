import { assert, jsonValue, pre, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeEnvironments, parseEnvironment, resolveType } from './environment.ts';
import { bindParameters, checkParameters, parameterSchemata, type ParameterSources } from './parameters.ts';
import { parseTemplate } from './template.ts';
import { parseYaml } from './yaml.ts';

const PSEUDO = { 'OS::stack_name': 's', 'OS::stack_id': 'i', 'OS::project_id': 'p' };
const noCustom = async (name: string, value: unknown): Promise<string | undefined> =>
  value === 'good' ? undefined : `Error validating value '${String(value)}': no such ${name}`;

function schemata(parameters: object): ReturnType<typeof parameterSchemata> {
  return parameterSchemata(parseTemplate({ heat_template_version: '2021-04-16', parameters }));
}

function sources(given: Record<string, unknown>, defaults: Record<string, unknown> = {}): ParameterSources {
  return { given, defaults, pseudo: PSEUDO };
}

describe('YAML is read as PyYAML reads it', () => {
  test.each<[string, unknown]>([
    ['yes', true],
    ['Off', false],
    ['y', 'y'],
    ['010', 8],
    ['0x1F', 31],
    ['1e5', '1e5'],
    ['1.5e+3', 1500],
    ['12e4567', '12e4567'],
    ['2013-05-23', '2013-05-23'],
    ['1:30', 90],
    ['~', null],
    ['1_000', 1000],
    ['123456789012345678901', '123456789012345678901'],
    ['{a: 1, a: 2}', { a: 2 }],
    ['- &x {a: 1}\n- {<<: *x, b: 2}', [{ a: 1 }, { a: 1, b: 2 }]],
  ])('%s', (source, expected) => {
    expect(parseYaml(source)).toEqual(expected);
  });

  test('whatever JSON holds comes back as it was', () => {
    assert(
      property(jsonValue({ noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        // Numbers in exponent form are text to PyYAML, and beyond 2^53 digits stay digits.
        pre(!/\d[eE][-+]?\d|\d{16}|__proto__/.test(text));
        expect(parseYaml(text)).toEqual(JSON.parse(text));
      }),
      { numRuns: 60 },
    );
  });

  test('a fault has its line', () => {
    expect(() => parseYaml('a: [1,\nb: }')).toThrow(/line 2/);
  });
});

describe('templates that Heat refuses are refused in its words', () => {
  test.each<[object, string]>([
    [{}, 'Template version was not provided'],
    [
      { heat_template_version: '2012-12-12' },
      '"heat_template_version" should be one of: 2013-05-23, 2014-10-16',
    ],
    [{ AWSTemplateFormatVersion: '2010-09-09' }, 'this cloud reads HOT templates only'],
    [{ HeatTemplateFormatVersion: '2012-12-12' }, 'this cloud reads HOT templates only'],
    [{ heat_template_version: '2016-04-08', conditions: {} }, 'The template section is invalid: conditions'],
    [{ heat_template_version: 'rocky', Resources: {} }, 'The template section is invalid: Resources'],
    [{ heat_template_version: 'rocky', resources: { a: {} } }, 'Each resource must contain a type key.'],
    [
      { heat_template_version: 'rocky', resources: { a: { type: 'T', foo: 1 } } },
      '"foo" is not a valid keyword inside a resource definition',
    ],
    [
      { heat_template_version: 'rocky', resources: { a: { type: 'T', properties: [] } } },
      'Resource a properties type must be an object, not list',
    ],
    [
      { heat_template_version: 'rocky', resources: { a: { type: 'T', deletion_policy: 'keep' } } },
      'Invalid deletion policy "keep"',
    ],
    [
      { heat_template_version: 'rocky', resources: [] },
      '"resources" must contain a map of resource maps. Found a [list] instead',
    ],
    [{ heat_template_version: 'rocky', outputs: { o: {} } }, 'Each output must contain a value key.'],
    [
      { heat_template_version: 'rocky', parameter_groups: [{ parameters: ['x'] }] },
      'The grouped parameter x does not reference a valid parameter.',
    ],
  ])('%j', (template, message) => {
    expect(() => parseTemplate(template)).toThrow(message);
  });
});

describe('parameters', () => {
  test('come in their types, hidden ones are starred where they are shown', () => {
    const bound = bindParameters(
      schemata({
        s: { type: 'string', default: 5 },
        n: { type: 'number' },
        b: { type: 'boolean', default: 'off' },
        l: { type: 'comma_delimited_list', default: 'a, b' },
        j: { type: 'json' },
        h: { type: 'string', hidden: true },
      }),
      sources({ n: '1.5', j: '{"x": [1]}', h: 'secret' }, { s: 'from defaults' }),
    );
    expect(['s', 'n', 'b', 'l', 'j', 'OS::stack_name'].map((name) => bound.value(name))).toEqual([
      'from defaults',
      1.5,
      false,
      ['a', 'b'],
      { x: [1] },
      's',
    ]);
    expect(bound.shown()).toMatchObject({ b: 'False', l: 'a,b', j: '{"x": [1]}', h: '******' });
  });

  test.each<[string, object, Record<string, unknown>, string]>([
    ['missing', { p: { type: 'string' } }, {}, 'The Parameter (p) was not provided.'],
    ['unknown', {}, { x: 1 }, 'The Parameter (x) was not defined in template.'],
    [
      'number',
      { p: { type: 'number' } },
      { p: 'x' },
      "Parameter 'p' is invalid: could not convert string to float: 'x'",
    ],
    [
      'boolean',
      { p: { type: 'boolean' } },
      { p: 'maybe' },
      "Parameter 'p' is invalid: Unrecognized value 'maybe'",
    ],
    ['json', { p: { type: 'json' } }, { p: '{' }, "Parameter 'p' is invalid: Value must be valid JSON"],
    [
      'range',
      { p: { type: 'number', constraints: [{ range: { min: 1, max: 3 } }] } },
      { p: 4 },
      "Parameter 'p' is invalid: 4 is out of range (min: 1, max: 3)",
    ],
    [
      'length',
      { p: { type: 'string', constraints: [{ length: { min: 2 } }] } },
      { p: 'a' },
      'length (1) is out of range (min: 2, max: None)',
    ],
    [
      'modulo',
      { p: { type: 'number', constraints: [{ modulo: { step: 3, offset: 1 } }] } },
      { p: 3 },
      '3 is not a multiple of 3 with an offset of 1',
    ],
    [
      'allowed values',
      { p: { type: 'string', constraints: [{ allowed_values: ['a', 'b'] }] } },
      { p: 'c' },
      '"c" is not an allowed value ["a", "b"]',
    ],
    [
      'pattern',
      { p: { type: 'string', constraints: [{ allowed_pattern: '[a-z]+' }] } },
      { p: 'ab1' },
      '"ab1" does not match pattern "[a-z]+"',
    ],
    [
      'own words',
      { p: { type: 'string', constraints: [{ allowed_pattern: 'x', description: 'must be x' }] } },
      { p: 'y' },
      "Parameter 'p' is invalid: must be x",
    ],
    [
      'custom',
      { p: { type: 'string', constraints: [{ custom_constraint: 'nova.flavor' }] } },
      { p: 'huge' },
      "Parameter 'p' is invalid: Error validating value 'huge': no such nova.flavor",
    ],
  ])('that break a rule are refused: %s', async (_name, parameters, given, message) => {
    await expect(checkParameters(schemata(parameters), sources(given), noCustom)).rejects.toThrow(message);
  });

  test.each<[object, string]>([
    [{ p: { default: 1 } }, 'Missing parameter type for parameter: p'],
    [{ p: { type: 'text' } }, 'Invalid type (text)'],
    [{ p: { type: 'string', foo: 1 } }, "Invalid key 'foo' for parameter (p)"],
    [{ p: { type: 'string', constraints: [{ range: { min: 1 } }] } }, 'Range constraint invalid for String'],
    [
      { p: { type: 'number', constraints: [{ range: {} }] } },
      'A range constraint must have a min value and/or a max value specified.',
    ],
    [
      { p: { type: 'number', constraints: [{ modulo: { step: 2, offset: 2 } }] } },
      'offset must be smaller (by absolute value) than step.',
    ],
  ])('that are declared wrongly are refused: %j', (parameters, message) => {
    expect(() => schemata(parameters)).toThrow(message);
  });
});

describe('environments', () => {
  test('are merged file over file, each parameter by its strategy, and the request wins', () => {
    const files = {
      'a.yaml':
        'parameters: {l: "a", s: x, m: {k: 1, d: [1]}, o: 1}\nparameter_merge_strategies: {default: overwrite, l: merge, s: merge, m: deep_merge}\nresource_registry: {A: B}',
      'b.yaml':
        'parameters: {l: "b", s: y, m: {d: [2]}, o: 2}\nparameter_merge_strategies: {l: merge, s: merge, m: deep_merge}\nresource_registry: {resources: {r: {A: C}}}',
    };
    const own = parseEnvironment({ parameters: { o: 3 } });
    const merged = mergeEnvironments(
      ['a.yaml', 'b.yaml'],
      files,
      own,
      schemata({
        l: { type: 'comma_delimited_list' },
        s: { type: 'string' },
        m: { type: 'json' },
        o: { type: 'number' },
      }),
    );
    expect(merged.parameters).toEqual({ l: 'a,b', s: 'xy', m: { k: 1, d: [1, 2] }, o: 3 });
    expect(merged.resource_registry).toEqual({ A: 'B', resources: { r: { A: 'C' } } });
  });

  test.each<[object | string, string]>([
    [{ foo: {} }, 'environment has wrong section "foo"'],
    ['- 1', 'The environment is not a valid YAML mapping data type.'],
    [{ resource_registry: { A: 1 } }, 'resource_registry: "A" must be mapped to a type or a file'],
    [
      { resource_registry: { resources: { r: { hooks: 'pre-create' } } } },
      'resource_registry.resources.r.hooks is not supported',
    ],
  ])('that are wrong are refused: %j', (source, message) => {
    expect(() => parseEnvironment(source)).toThrow(message);
  });

  const registry = {
    'My::Net': 'OS::Neutron::Net',
    'My::*': 'OS::Heat::None',
    'Old::*': 'OS::Neutron::*',
    'My::Pair': 'file:///pair.yaml',
    'A::A': 'B::B',
    'B::B': 'A::A',
    resources: { special: { 'My::Net': 'OS::Heat::Value' }, 'web*': { 'My::Net': 'file:///web.yaml' } },
  };

  test.each<[string, string, object]>([
    ['My::Net', 'any', { kind: 'type', name: 'OS::Neutron::Net' }],
    ['My::Other', 'any', { kind: 'type', name: 'OS::Heat::None' }],
    ['Old::Port', 'any', { kind: 'type', name: 'OS::Neutron::Port' }],
    ['My::Pair', 'any', { kind: 'template', file: 'file:///pair.yaml' }],
    ['My::Net', 'special', { kind: 'type', name: 'OS::Heat::Value' }],
    ['My::Net', 'web1', { kind: 'template', file: 'file:///web.yaml' }],
    ['x.yaml', 'any', { kind: 'template', file: 'x.yaml' }],
  ])('map %s of resource %s', (type, resource, target) => {
    expect(resolveType(registry, type, resource, () => false)).toEqual(target);
  });

  test('that map types in a circle are refused', () => {
    expect(() => resolveType(registry, 'A::A', 'x', () => false)).toThrow('in a circle');
  });
});
