/**
 * Declarations of options. Each gives a typed value; one without a default gives undefined when nobody sets it.
 */
export interface Option<T> {
  /** Reads one value. @throws NotAValue */
  readonly parse: (text: string) => unknown;
  readonly default: T;
  /** Every assignment counts and gives one element of a list, instead of the last one winning. */
  readonly multiple: boolean;
  /** What the right kind of value looks like. */
  readonly expects: string;
  /** Earlier names, `name` or `group/name`, still understood. */
  readonly deprecated: readonly string[];
  /** Never shown in logs. */
  readonly secret: boolean;
  readonly help: string;
}

/** Options by group and name. */
export type OptionSchema = Readonly<Record<string, Readonly<Record<string, Option<unknown>>>>>;

/** The values that a schema's options give. */
export type Values<S extends OptionSchema> = {
  readonly [G in keyof S]: { readonly [O in keyof S[G]]: S[G][O] extends Option<infer T> ? T : never };
};

/** What stands there is no such value. The message may say why; it needn't repeat what is expected. */
export class NotAValue extends Error {
  override readonly name = 'NotAValue';
}

interface Details<T> {
  readonly default?: T;
  readonly help?: string;
  readonly deprecated?: readonly string[];
  readonly secret?: boolean;
}

interface WithDefault<T> extends Details<T> {
  readonly default: T;
}

interface Range {
  readonly min?: number;
  readonly max?: number;
}

interface Choices<C extends string> {
  readonly choices?: readonly C[];
}

function make<T>(
  parse: (text: string) => unknown,
  expects: string,
  details: Details<T>,
  multiple = false,
): Option<T> {
  return {
    parse,
    default: details.default as T,
    multiple,
    expects,
    deprecated: details.deprecated ?? [],
    secret: details.secret ?? false,
    help: details.help ?? '',
  };
}

/** Any text, or one of `choices`. */
export function text<C extends string = string>(details: WithDefault<C> & Choices<C>): Option<C>;
export function text<C extends string = string>(details?: Details<C> & Choices<C>): Option<C | undefined>;
export function text(details: Details<string> & Choices<string> = {}): Option<string | undefined> {
  const { choices } = details;
  const expects = choices ? `one of ${choices.map((choice) => choice || "''").join(', ')}` : 'text';
  return make<string | undefined>(
    (value) => {
      if (choices && !choices.includes(value)) throw new NotAValue();
      return value;
    },
    expects,
    details,
  );
}

/** A whole number. */
export function integer(details: WithDefault<number> & Range): Option<number>;
export function integer(details?: Details<number> & Range): Option<number | undefined>;
export function integer(details: Details<number> & Range = {}): Option<number | undefined> {
  return numeric(/^[+-]?\d+$/, 'a whole number', details);
}

/** A number, with or without a fraction. */
export function number(details: WithDefault<number> & Range): Option<number>;
export function number(details?: Details<number> & Range): Option<number | undefined>;
export function number(details: Details<number> & Range = {}): Option<number | undefined> {
  return numeric(/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, 'a number', details);
}

/** A TCP or UDP port. */
export function port(details: WithDefault<number>): Option<number>;
export function port(details?: Details<number>): Option<number | undefined>;
export function port(details: Details<number> = {}): Option<number | undefined> {
  return integer({ min: 0, max: 65_535, ...details });
}

function numeric(
  pattern: RegExp,
  kind: string,
  details: Details<number> & Range,
): Option<number | undefined> {
  const { min = -Infinity, max = Infinity } = details;
  const parts = [kind];
  if (details.min !== undefined) parts.push(`of ${min} or more`);
  if (details.max !== undefined)
    parts.push(details.min === undefined ? `of ${max} or less` : `and ${max} or less`);
  return make<number | undefined>(
    (value) => {
      if (value === '') return details.default;
      const found = Number(value);
      if (!pattern.test(value) || !(found >= min && found <= max)) throw new NotAValue();
      return found;
    },
    parts.join(' '),
    details,
  );
}

/** true, yes, on, 1 or false, no, off, 0, in any case. */
export function boolean(details: WithDefault<boolean>): Option<boolean>;
export function boolean(details?: Details<boolean>): Option<boolean | undefined>;
export function boolean(details: Details<boolean> = {}): Option<boolean | undefined> {
  return make<boolean | undefined>(
    (value) => {
      if (/^(true|1|on|yes)$/i.test(value)) return true;
      if (/^(false|0|off|no)$/i.test(value)) return false;
      throw new NotAValue();
    },
    'true, yes, on, 1, false, no, off or 0',
    details,
  );
}

/** Texts divided by commas; spaces around them don't count, empty ones are left out. */
export function list(details: Partial<WithDefault<readonly string[]>> = {}): Option<readonly string[]> {
  return make<readonly string[]>(
    (value) =>
      value
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    'values divided by commas',
    { default: [], ...details },
  );
}

/** `key:value` pairs divided by commas. */
export function dictionary(
  details: Partial<WithDefault<Readonly<Record<string, string>>>> = {},
): Option<Readonly<Record<string, string>>> {
  return make<Readonly<Record<string, string>>>(
    (value) => {
      const found: Record<string, string> = {};
      for (const pair of value.split(',')) {
        if (pair.trim() === '') continue;
        const colon = pair.indexOf(':');
        if (colon < 1) throw new NotAValue();
        found[pair.slice(0, colon).trim()] = pair.slice(colon + 1).trim();
      }
      return found;
    },
    'key:value pairs divided by commas',
    { default: {}, ...details },
  );
}

/** A text that may be given several times, in one file or several; all of them count. */
export function multiText(details: Partial<WithDefault<readonly string[]>> = {}): Option<readonly string[]> {
  return make<readonly string[]>((value) => value, 'text', { default: [], ...details }, true);
}
