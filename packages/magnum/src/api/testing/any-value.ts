import fc, { type Arbitrary } from 'fast-check';

/** JSON Schema, as far as the API's document uses it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

export interface AnyValueOptions {
  readonly resolve: (ref: string) => Schema;
  /** Texts that mean something to the API, so that some requests get far. */
  readonly words: readonly string[];
  /** By name of a field or parameter: what does well there. */
  readonly likely: Readonly<Record<string, readonly unknown[]>>;
}

/** Values that a schema allows, now and then spoiled in one place. */
export function anyValue(schema: Schema, options: AnyValueOptions): Arbitrary<unknown> {
  return fc.oneof({ weight: 40, arbitrary: allowed(schema, options) }, { weight: 1, arbitrary: odd });
}

/** Mostly what does well under this name, if that is known. */
export function namedValue(
  name: string,
  any: Arbitrary<unknown>,
  { likely }: AnyValueOptions,
): Arbitrary<unknown> {
  const known = likely[name];
  if (!known) return any;
  return fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: any });
}

/** What people and programs send by mistake, or on purpose. */
export const odd: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    '',
    ' ',
    '\0',
    '\ud800',
    '😀',
    '__proto__',
    'constructor',
    '%00',
    '../..',
    "' or 1=1 --",
  ),
  fc.constantFrom<unknown>(0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, true, false, [], {}, [[]], {
    a: { b: {} },
  }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.jsonValue({ maxDepth: 3 }),
);

function allowed(schema: Schema, options: AnyValueOptions): Arbitrary<unknown> {
  if (schema.$ref !== undefined) return allowed(options.resolve(schema.$ref), options);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => allowed(one, options)));
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'string':
      return someText(schema, options);
    case 'integer':
      return fc.oneof(
        fc.integer({
          min: schema.minimum ?? -5,
          max: Math.min(schema.maximum ?? 5, (schema.minimum ?? 0) + 5),
        }),
        fc.integer({ min: schema.minimum ?? -(2 ** 31), max: schema.maximum ?? 2 ** 31 }),
      );
    case 'number':
      return fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(schema.items ? anyValue(schema.items, options) : odd, { maxLength: 4 });
    case 'object':
      return someObject(schema, options);
    default:
      return odd;
  }
}

function someText(schema: Schema, { words }: AnyValueOptions): Arbitrary<string> {
  const { pattern, minLength = 0, maxLength = 255 } = schema;
  const free = fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, minLength + 40) });
  const shaped = pattern === undefined ? free : fc.stringMatching(new RegExp(pattern));
  return fc.oneof(shaped, fc.constantFrom(...words));
}

function someObject(schema: Schema, options: AnyValueOptions): Arbitrary<unknown> {
  const { properties, patternProperties, required = [] } = schema;
  const [ofAnyName] = Object.values(patternProperties ?? {});
  if (!properties || Object.keys(properties).length === 0) {
    const key = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.constantFrom('a.b/c', '__proto__', ...options.words),
    );
    return fc.dictionary(key, ofAnyName ? anyValue(ofAnyName, options) : odd, { maxKeys: 5 });
  }
  const values = Object.fromEntries(
    Object.entries(properties).map(([name, one]) => [
      name,
      namedValue(name, anyValue(one, options), options),
    ]),
  );
  const optional = Object.keys(values).filter((name) => !required.includes(name));
  // All of many optional fields at once would hardly ever be right together.
  const some = fc.subarray(optional, { maxLength: Math.min(6, optional.length) });
  return fc
    .tuple(fc.record(values), some)
    .map(([all, chosen]) =>
      Object.fromEntries(
        Object.entries(all).filter(([name]) => required.includes(name) || chosen.includes(name)),
      ),
    );
}
