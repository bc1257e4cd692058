import { randomBytes, randomInt } from 'node:crypto';
import { ValidationFailed } from '../../errors.ts';
import { isDict, text, type Dict } from '../../values.ts';
import { ResourceFault, type ResourceContext, type ResourceType } from '../resource-type.ts';
import { any, boolean, integer, list, map, number, oneOf, range, string } from '../schema.ts';

const ownId = async (context: ResourceContext): Promise<void> => {
  if (context.row.physicalId === null) context.setPhysicalId(context.cloud.uuid());
};

/** Takes anything and does nothing: what a type is mapped to that isn't wanted. */
export const none: ResourceType = {
  name: 'OS::Heat::None',
  description: 'A placeholder that accepts any property and gives every attribute as null.',
  properties: {},
  attributes: {},
  anything: true,
  create: ownId,
};

export const value: ResourceType = {
  name: 'OS::Heat::Value',
  description: 'Holds a value so that other parts of a template can use it.',
  properties: {
    type: string({ constraints: oneOf('string', 'number', 'comma_delimited_list', 'json', 'boolean') }),
    value: any({ required: true, update: true }),
  },
  attributes: { value: 'The value.' },
  create: ownId,
  update: async () => undefined,
  attribute: async ({ properties }) => typedValue(properties['type'], properties['value']),
};

function typedValue(type: unknown, given: unknown): unknown {
  if (type === 'string' && typeof given !== 'object') return text(given);
  if (type === 'number') return Number(given);
  if (type === 'boolean') return typeof given === 'boolean' ? given : text(given).toLowerCase() === 'true';
  if (type === 'comma_delimited_list' && typeof given === 'string')
    return given === '' ? [] : given.split(',');
  if (type === 'json' && typeof given === 'string') return JSON.parse(given) as unknown;
  return given;
}

const SEQUENCES: Readonly<Record<string, string>> = {
  lowercase: 'abcdefghijklmnopqrstuvwxyz',
  uppercase: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  digits: '0123456789',
  letters: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ',
  lettersdigits: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  octdigits: '01234567',
  hexdigits: '0123456789abcdefABCDEF',
};

export const randomString: ResourceType = {
  name: 'OS::Heat::RandomString',
  description: 'A random text that stays the same as long as the resource lives.',
  properties: {
    length: integer({ default: 32, constraints: range(1, 512) }),
    character_classes: list(
      map({
        class: string({ default: 'lettersdigits', constraints: oneOf(...Object.keys(SEQUENCES)) }),
        min: integer({ default: 1, constraints: range(1, 512) }),
      }),
    ),
    character_sequences: list(
      map({ sequence: string({ required: true }), min: integer({ default: 1, constraints: range(1, 512) }) }),
    ),
    sequence: string({ constraints: oneOf(...Object.keys(SEQUENCES)) }),
    salt: string(),
  },
  attributes: { value: 'The random text.' },
  validate(properties) {
    const least = pools(properties).reduce((sum, { min }) => sum + min, 0);
    if (least > Number(properties['length'])) {
      throw new ValidationFailed(
        `Length property cannot be smaller than combined character class and character sequence minimums`,
      );
    }
  },
  async create(context) {
    if (context.row.data['value'] === undefined) context.note('value', randomText(context.properties));
    if (context.row.physicalId === null) context.setPhysicalId(context.physicalName);
  },
  attribute: async ({ row }) => row.data['value'],
  reference: async ({ row, name }) => row.data['value'] ?? name,
};

function pools(properties: Dict): { characters: string; min: number }[] {
  const classes = entries(properties['character_classes']).map((item) => ({
    characters: SEQUENCES[text(item['class'])] ?? '',
    min: Number(item['min']),
  }));
  const sequences = entries(properties['character_sequences']).map((item) => ({
    characters: text(item['sequence']),
    min: Number(item['min']),
  }));
  const named = properties['sequence'];
  const all = [...classes, ...sequences];
  if (all.length > 0) return all;
  return [{ characters: SEQUENCES[typeof named === 'string' ? named : 'lettersdigits'] ?? '', min: 1 }];
}

function entries(given: unknown): Dict[] {
  return Array.isArray(given) ? given.filter(isDict) : [];
}

const pick = (from: string): string => from.charAt(randomInt(from.length));

function randomText(properties: Dict): string {
  const sources = pools(properties);
  const everything = sources.map(({ characters }) => characters).join('');
  const characters = sources.flatMap(({ characters: from, min }) =>
    Array.from({ length: min }, () => pick(from)),
  );
  while (characters.length < Number(properties['length'])) characters.push(pick(everything));
  // The obligatory ones are not to stand in front.
  return characters
    .map((character) => ({ character, order: randomBytes(4).readUInt32BE() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ character }) => character)
    .join('');
}

export const testResource: ResourceType = {
  name: 'OS::Heat::TestResource',
  description: 'Does nothing but take its time, or fail, as its properties say.',
  properties: {
    value: string({ default: 'test_string', update: true }),
    fail: boolean({ default: false, update: true }),
    update_replace: boolean({ default: false, update: true }),
    update_replace_value: string(),
    wait_secs: number({ default: 0, update: true }),
    action_wait_secs: map(
      {
        create: number(),
        update: number(),
        delete: number(),
      },
      { update: true },
    ),
    client_name: string({ default: '' }),
    entity_name: string({ default: '' }),
    constraint_prop_secs: number({ default: 0, update: true }),
    attr_wait_secs: number({ default: 0, update: true }),
  },
  attributes: { output: 'The value.' },
  async create(context) {
    if (context.row.physicalId === null) context.setPhysicalId(context.physicalName);
    await takeTime(context, 'create');
  },
  update: (context) => takeTime(context, 'update'),
  remove: (context) => takeTime(context, 'delete', false),
  attribute: async ({ properties }) => properties['value'],
};

async function takeTime(context: ResourceContext, action: string, mayFail = true): Promise<void> {
  const { properties } = context;
  const own = isDict(properties['action_wait_secs']) ? properties['action_wait_secs'][action] : undefined;
  const seconds = Number(own ?? properties['wait_secs'] ?? 0);
  if (seconds > 0) await context.pause(seconds * 1000);
  if (mayFail && properties['fail'] === true) {
    throw new ResourceFault('ValueError', `Test Resource failed ${context.name}`);
  }
}
