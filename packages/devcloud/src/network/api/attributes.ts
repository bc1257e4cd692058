import type { Caller } from '../../cloud/service.ts';
import { adminRequired, forbidden, httpBadRequest, pythonText } from '../errors.ts';
import { Reason, type Parser } from './parse.ts';

/** What the API says about one attribute of a resource. */
export interface Attribute<T> {
  readonly parse: Parser<T>;
  readonly post: boolean;
  readonly put: boolean;
  readonly required: boolean;
  /** Only for admins and services when it is given in a POST or PUT (`adminWrites`), when it is shown (`adminReads`). */
  readonly adminWrites: boolean;
  readonly adminReads: boolean;
  /** The value that counts as not given when policies are looked at. */
  readonly fallback: unknown;
  readonly filter: boolean;
  readonly sort: boolean;
}

export type Attributes = Readonly<Record<string, Attribute<unknown>>>;

/** What a request body holds after parsing: only what was given. */
export type Given<S extends Attributes> = {
  readonly [K in keyof S]?: S[K] extends Attribute<infer T> ? T : never;
};

type Flags = Partial<Omit<Attribute<unknown>, 'parse'>>;

/** An attribute that may be set at creation and, unless said otherwise, later. */
export function attribute<T>(parse: Parser<T>, flags: Flags = {}): Attribute<T> {
  return {
    parse,
    post: true,
    put: true,
    required: false,
    adminWrites: false,
    adminReads: false,
    fallback: undefined,
    filter: true,
    sort: true,
    ...flags,
  };
}

/** An attribute that only the service sets. */
export function readOnly(flags: Flags = {}): Attribute<never> {
  return attribute<never>(
    () => {
      throw new Reason('read-only');
    },
    { post: false, put: false, ...flags },
  );
}

/** May do what Neutron's policies keep for admins and for other services (`service` role). */
export function privileged(caller: Caller): boolean {
  return caller.isAdmin || caller.roles.includes('service');
}

export interface BodyRules<S extends Attributes> {
  /** `network`: the key in the body, and part of the policy's name. */
  readonly resource: string;
  readonly attributes: S;
}

/**
 * Reads one object of a request body: unknown attributes first, then what is missing or not allowed, then
 * the values, then the policy. `project_id` and `tenant_id` are one attribute; a project other than the
 * caller's own is for admins only.
 *
 * @throws NeutronError 400 or 403 in Neutron's words
 */
export function parseObject<S extends Attributes>(
  rules: BodyRules<S>,
  caller: Caller,
  object: unknown,
  verb: 'create' | 'update',
): Given<S> & { readonly project_id?: string } {
  const { resource, attributes } = rules;
  if (typeof object !== 'object' || object === null || Array.isArray(object)) {
    throw httpBadRequest(`Object '${resource}' contains invalid data`);
  }
  const given: Record<string, unknown> = { ...object };
  const project = projectOf(caller, given);
  delete given['tenant_id'];
  delete given['project_id'];
  const unknown = Object.keys(given).filter((key) => !Object.hasOwn(attributes, key));
  if (unknown.length > 0) throw httpBadRequest(`Unrecognized attribute(s) '${unknown.join(', ')}'`);
  if (project !== undefined && verb === 'update') {
    throw httpBadRequest('Cannot update read-only attribute tenant_id');
  }
  for (const [key, attribute] of Object.entries(attributes)) {
    const isGiven = Object.hasOwn(given, key);
    if (verb === 'update') {
      if (isGiven && !attribute.put) throw httpBadRequest(`Cannot update read-only attribute ${key}`);
      continue;
    }
    if (isGiven && !attribute.post) throw httpBadRequest(`Attribute '${key}' not allowed in POST`);
    if (!isGiven && attribute.required) {
      throw httpBadRequest(`Failed to parse request. Required attribute '${key}' not specified`);
    }
  }
  const parsed: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    const attribute = attributes[key];
    if (attribute) parsed[key] = parseValue(key, attribute, value);
  }
  enforce(rules, caller, parsed, verb);
  if (project !== undefined) parsed['project_id'] = project;
  return parsed as Given<S> & { readonly project_id?: string };
}

function parseValue(key: string, attribute: Attribute<unknown>, value: unknown): unknown {
  try {
    return attribute.parse(value);
  } catch (error) {
    if (!(error instanceof Reason)) throw error;
    throw httpBadRequest(`Invalid input for ${key}. Reason: ${error.message}.`);
  }
}

function projectOf(caller: Caller, given: Readonly<Record<string, unknown>>): string | undefined {
  const { project_id: project, tenant_id: tenant } = given;
  if (project !== undefined && tenant !== undefined && project !== tenant) {
    throw httpBadRequest("'project_id' and 'tenant_id' do not match");
  }
  const named = project ?? tenant;
  if (named === undefined || named === null) return undefined;
  if (typeof named !== 'string') {
    throw httpBadRequest(
      `Invalid input for project_id. Reason: '${pythonText(named)}' is not a valid string.`,
    );
  }
  if (named !== caller.projectId && !privileged(caller)) {
    throw adminRequired(
      "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin privileges",
    );
  }
  return named;
}

/**
 * Refuses attributes that the caller may not write, naming the rule as Neutron's policy engine builds it.
 * At creation, a value equal to the default counts as not given.
 */
function enforce<S extends Attributes>(
  rules: BodyRules<S>,
  caller: Caller,
  given: Readonly<Record<string, unknown>>,
  verb: 'create' | 'update',
): void {
  if (privileged(caller)) return;
  const action = `rule:${verb}_${rules.resource}`;
  const kept = Object.keys(given).filter((key) => {
    const attribute = rules.attributes[key];
    return attribute?.adminWrites && (verb === 'update' || given[key] !== attribute.fallback);
  });
  if (kept.length === 0) return;
  throw forbidden(kept.reduce((sofar, key) => `(${sofar} and ${action}:${key})`, action));
}
