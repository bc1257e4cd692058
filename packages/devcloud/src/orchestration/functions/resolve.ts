import { invalidVersion, valueError } from '../errors.ts';
import { CONDITIONS_SINCE, type HotVersion } from '../template/versions.ts';
import { DROPPED, hasUnknown, isDict, same, text, UNKNOWN, walk } from '../values.ts';
import { AWS_FUNCTIONS, REFUSED_AWS_FUNCTIONS } from './aws-functions.ts';
import { COLLECTION_FUNCTIONS, contains, yaql } from './collection-functions.ts';
import { makeUrl } from './make-url.ts';
import type { PlainFunction, Scope } from './scope.ts';
import { TEXT_FUNCTIONS } from './text-functions.ts';

const PLAIN: Readonly<Record<string, PlainFunction>> = {
  ...AWS_FUNCTIONS,
  ...TEXT_FUNCTIONS,
  ...COLLECTION_FUNCTIONS,
  make_url: { since: '2017-09-01', run: makeUrl },
};

/** Functions that look beyond their arguments. */
const RESOLVERS: Readonly<Record<string, { since: HotVersion; until?: HotVersion; run: Resolver }>> = {
  get_param: { since: '2013-05-23', run: getParam },
  get_resource: { since: '2013-05-23', run: getResource },
  Ref: { since: '2013-05-23', until: '2014-10-16', run: ref },
  get_attr: { since: '2013-05-23', run: getAttr },
  get_file: { since: '2013-05-23', run: getFile },
  resource_facade: { since: '2013-05-23', run: resourceFacade },
  if: { since: CONDITIONS_SINCE, run: choose },
};

type Resolver = (args: unknown, scope: Scope, place: string) => unknown;

/** Names of the functions of a version, and of those its conditions may use. */
export function functionNames(version: HotVersion): { plain: string[]; conditions: string[] } {
  const plain = [...Object.entries(PLAIN), ...Object.entries(RESOLVERS)]
    .filter(([, { since, until }]) => version >= since && !(until && version >= until))
    .map(([name]) => name)
    .toSorted();
  return { plain, conditions: version >= CONDITIONS_SINCE ? conditionFunctions(version) : [] };
}

/** The function call a value is, if it is one: a map of one key that names a function. */
export function callOf(value: unknown): { name: string; args: unknown } | undefined {
  if (!isDict(value)) return undefined;
  const [name, ...others] = Object.keys(value);
  if (name === undefined || others.length > 0) return undefined;
  if (Object.hasOwn(PLAIN, name) || Object.hasOwn(RESOLVERS, name) || REFUSED_AWS_FUNCTIONS.includes(name)) {
    return { name, args: value[name] };
  }
  return undefined;
}

/**
 * Runs all functions in `value`.
 *
 * @param place where the value stands, for messages: `resources.a.properties.b`
 * @returns the value; {@link UNKNOWN} stands for what isn't there yet, {@link DROPPED} for an `if` without this branch
 */
export async function resolve(value: unknown, scope: Scope, place = 'unknown'): Promise<unknown> {
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value) {
      const resolved = await resolve(item, scope, place);
      if (resolved !== DROPPED) items.push(resolved);
    }
    return items;
  }
  if (!isDict(value)) return value;
  const call = callOf(value);
  if (call && isKnownIn(call.name, scope.version)) {
    const resolver = RESOLVERS[call.name];
    if (resolver) return resolver.run(call.args, scope, `${place}.${call.name}`);
    const args = await resolve(call.args, scope, `${place}.${call.name}`);
    if (hasUnknown(args)) return UNKNOWN;
    return PLAIN[call.name]?.run(args, call.name, scope.version);
  }
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const resolved = await resolve(item, scope, place);
    if (resolved !== DROPPED) result[key] = resolved;
  }
  return result;
}

export function isKnownIn(name: string, version: HotVersion): boolean {
  const known = RESOLVERS[name] ?? PLAIN[name];
  if (known && version >= known.since && !(known.until && version >= known.until)) return true;
  // A function that this version doesn't have yet is a map of that key; one it has no longer is refused.
  if (known && version < known.since) return false;
  throw invalidVersion(`The function ${name} is not supported in this version of HOT.`);
}

async function getParam(args: unknown, scope: Scope): Promise<unknown> {
  const resolved = await resolve(args, scope);
  const [name, ...path] = Array.isArray(resolved) ? (resolved as unknown[]) : [resolved];
  if (resolved === undefined || resolved === null || resolved === '' || name === undefined) {
    throw valueError('Function "get_param" must have arguments');
  }
  if (isDict(resolved)) throw valueError('Argument to "get_param" must be string or list');
  if (name === UNKNOWN) return UNKNOWN;
  if (typeof name !== 'string') throw valueError('Parameter name in "get_param" must be string');
  const value = scope.parameter(name);
  if (path.length === 0 || value === UNKNOWN) return value;
  return walk(value, path) ?? '';
}

async function getResource(args: unknown, scope: Scope, place: string): Promise<unknown> {
  const name = await resolve(args, scope);
  if (name === UNKNOWN) return UNKNOWN;
  return scope.reference(text(name), place);
}

async function ref(args: unknown, scope: Scope, place: string): Promise<unknown> {
  try {
    return scope.parameter(String(args));
  } catch {
    return scope.reference(String(args), place);
  }
}

async function getAttr(args: unknown, scope: Scope, place: string): Promise<unknown> {
  const all = scope.version >= '2015-10-15';
  if (!Array.isArray(args)) throw valueError('Argument to "get_attr" must be a list');
  if (args.length < (all ? 1 : 2)) {
    throw valueError(
      all
        ? 'Arguments to "get_attr" can be of the next forms: [resource_name] or [resource_name, attribute, (path), ...]'
        : 'Arguments to "get_attr" must be of the form [resource_name, attribute, (path), ...]',
    );
  }
  const resolved = (await resolve(args, scope)) as unknown[];
  if (hasUnknown(resolved)) return UNKNOWN;
  const [resource, attribute, ...path] = resolved;
  return scope.attribute(text(resource), attribute === undefined ? undefined : text(attribute), path, place);
}

async function getFile(args: unknown, scope: Scope): Promise<unknown> {
  const name = await resolve(args, scope);
  if (name === UNKNOWN) return UNKNOWN;
  if (typeof name !== 'string') throw valueError('Argument to "get_file" must be a string');
  const content = scope.file(name);
  if (content === undefined)
    throw valueError(`No content found in the "files" section for get_file path: ${name}`);
  return content;
}

function resourceFacade(args: unknown, scope: Scope): unknown {
  if (args !== 'metadata' && args !== 'deletion_policy' && args !== 'update_policy') {
    throw valueError(
      'Incorrect arguments to "resource_facade" should be one of: metadata, deletion_policy, update_policy',
    );
  }
  return scope.facade(args);
}

async function choose(args: unknown, scope: Scope, place: string): Promise<unknown> {
  const branch = await chosenBranch(args, scope);
  if (branch === UNKNOWN || branch === DROPPED) return branch;
  return resolve(branch, scope, place);
}

/** The branch of an `if`, not yet resolved. */
export async function chosenBranch(args: unknown, scope: Scope): Promise<unknown> {
  const short = scope.version >= '2021-04-16';
  if (!Array.isArray(args) || !(args.length === 3 || (short && args.length === 2))) {
    throw valueError(
      'Arguments to "if" must be of the form: [condition_name, value_if_true, value_if_false]',
    );
  }
  const [condition, yes, no] = args as unknown[];
  const holds = await resolveCondition(condition, scope);
  if (holds === UNKNOWN) return UNKNOWN;
  if (holds) return yes;
  return args.length === 2 ? DROPPED : no;
}

/** What a condition comes to: its name, a boolean, or a function of conditions. */
export async function resolveCondition(value: unknown, scope: Scope): Promise<boolean | typeof UNKNOWN> {
  if (typeof value === 'boolean' || value === UNKNOWN) return value;
  if (typeof value === 'string') return scope.condition(value);
  const call = isDict(value) && Object.keys(value).length === 1 ? Object.entries(value)[0] : undefined;
  if (!call) throw valueError(`Invalid condition "${text(value)}"`);
  const [name, args] = call;
  if (name === 'get_param') {
    const result = await getParam(args, scope);
    if (result === UNKNOWN || typeof result === 'boolean') return result;
    throw valueError(`Invalid condition "${text(result)}"`);
  }
  if (name === 'not') {
    if (args === null || args === undefined) throw valueError('Argument to "not" must be a condition');
    const holds = await resolveCondition(args, scope);
    return holds === UNKNOWN ? UNKNOWN : !holds;
  }
  if (name === 'and' || name === 'or') return combine(name, args, scope);
  if (!conditionFunctions(scope.version).includes(name)) {
    throw valueError(
      `Function "${name}" is not valid in this context: a condition may use ${conditionFunctions(scope.version).join(', ')}`,
    );
  }
  const resolved = await resolveArguments(args, scope);
  if (hasUnknown(resolved)) return UNKNOWN;
  if (name === 'equals') {
    if (!Array.isArray(resolved) || resolved.length !== 2) {
      throw valueError('Arguments to "equals" must be of the form: [value_1, value_2]');
    }
    return same(resolved[0], resolved[1]);
  }
  if (name === 'contains') return contains(resolved, name);
  const result = yaql(resolved, name);
  if (typeof result === 'boolean') return result;
  throw valueError(`Invalid condition "${text(result)}"`);
}

function conditionFunctions(version: HotVersion): string[] {
  const names = ['get_param', 'equals', 'not', 'and', 'or'];
  return version >= '2017-09-01' ? [...names, 'yaql', 'contains'].toSorted() : names.toSorted();
}

async function combine(name: 'and' | 'or', args: unknown, scope: Scope): Promise<boolean | typeof UNKNOWN> {
  if (!Array.isArray(args)) throw valueError(`Arguments to "${name}" must be a list of conditions`);
  if (args.length < 2) throw valueError(`The minimum number of condition arguments to "${name}" is 2.`);
  const results: (boolean | typeof UNKNOWN)[] = [];
  for (const item of args) results.push(await resolveCondition(item, scope));
  const decides = name === 'or';
  if (results.includes(decides)) return decides;
  return results.includes(UNKNOWN) ? UNKNOWN : !decides;
}

/** Arguments of `equals`, `contains` and `yaql` may hold parameters and conditions, nothing of resources. */
async function resolveArguments(value: unknown, scope: Scope): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((item) => resolveArguments(item, scope)));
  if (!isDict(value)) return value;
  const [name, ...others] = Object.keys(value);
  if (name !== undefined && others.length === 0) {
    if (name === 'get_param') return getParam(value[name], scope);
    if (conditionFunctions(scope.version).includes(name)) {
      if (name !== 'yaql') return resolveCondition(value, scope);
      const args = await resolveArguments(value[name], scope);
      return hasUnknown(args) ? UNKNOWN : yaql(args, name);
    }
    if (callOf(value)) throw valueError(`Function "${name}" is not valid in this context`);
  }
  const entries: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) entries.push([key, await resolveArguments(item, scope)]);
  return Object.fromEntries(entries);
}
