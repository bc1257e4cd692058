/** What is known of the caller, by the names that rules use: `roles`, `project_id`, `token.user.id`… */
export type Credentials = Readonly<Record<string, unknown>>;

/** Decides for one caller and one target; `rule` looks another rule up. */
export type Check = (credentials: Credentials, target: object, rule: LookUp) => boolean;

export type LookUp = (name: string) => Check | undefined;

export const everybody: Check = () => true;
export const nobody: Check = () => false;

export function allOf(checks: readonly Check[]): Check {
  const [only, ...others] = checks;
  if (only && others.length === 0) return only;
  return (credentials, target, rule) => checks.every((check) => check(credentials, target, rule));
}

export function anyOf(checks: readonly Check[]): Check {
  const [only, ...others] = checks;
  if (only && others.length === 0) return only;
  return (credentials, target, rule) => checks.some((check) => check(credentials, target, rule));
}

export function not(check: Check): Check {
  return (credentials, target, rule) => !check(credentials, target, rule);
}

/** `rule:name`. A rule that isn't there lets nobody through. */
export function otherRule(name: string): Check {
  return (credentials, target, rule) => rule(name)?.(credentials, target, rule) ?? false;
}

/** `role:name`, in any case. */
export function role(match: Template): Check {
  return (credentials, target) => {
    const wanted = match(target)?.toLowerCase();
    const { roles } = credentials;
    return (
      wanted !== undefined &&
      Array.isArray(roles) &&
      roles.some((name: unknown) => typeof name === 'string' && name.toLowerCase() === wanted)
    );
  };
}

/** `'literal':%(attribute)s`: what a literal is compared with is an attribute of the target. */
export function literal(text: string, match: Template): Check {
  return (_credentials, target) => match(target) === text;
}

/** `project_id:%(project_id)s`, `token.user.domain.id:default`: an attribute of the caller's. */
export function attribute(path: readonly string[], match: Template): Check {
  return (credentials, target) => {
    const wanted = match(target);
    return wanted !== undefined && hasAt(credentials, path, wanted);
  };
}

/** Gives the text to compare with; undefined if the target lacks an attribute that it names. */
export type Template = (target: object) => string | undefined;

/** Text with `%(attribute)s` in it, from parts: texts and, in objects, names of attributes. */
export function template(parts: readonly (string | { readonly attribute: string })[]): Template {
  if (parts.every((part) => typeof part === 'string')) {
    const text = parts.join('');
    return () => text;
  }
  return (target) => {
    let text = '';
    for (const part of parts) {
      const value = typeof part === 'string' ? part : attributeOf(target, part.attribute);
      if (value === undefined) return undefined;
      text += inPython(value);
    }
    return text;
  };
}

/** By its whole name, or, where that has dots, step by step; undefined if the target has none. */
function attributeOf(target: object, name: string): unknown {
  const own = ownValue(target, name);
  if (own !== undefined || !name.includes('.')) return own;
  return name.split('.').reduce<unknown>((value, key) => ownValue(value, key), target);
}

/** In lists, one element that matches is enough. */
function hasAt(value: unknown, path: readonly string[], wanted: string): boolean {
  const [key, ...rest] = path;
  if (key === undefined) return inPython(value) === wanted;
  const inner = ownValue(value, key);
  if (inner === undefined) return false;
  return Array.isArray(inner)
    ? inner.some((item: unknown) => hasAt(item, rest, wanted))
    : hasAt(inner, rest, wanted);
}

function ownValue(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

/** As Python's `str()` writes it: rules compare with that. */
function inPython(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  return JSON.stringify(value) ?? '';
}
