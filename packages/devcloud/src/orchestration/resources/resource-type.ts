import type { Cloud, ServiceType } from '../../cloud/service.ts';
import type { Failure, ResourceRow, StackRow, Tables } from '../engine/tables.ts';
import type { Environment } from '../template/environment.ts';
import type { Dict } from '../values.ts';
import type { PropertySchemas } from './schema.ts';

/**
 * One type of resource. Each step may be run again after a crash at any point in it: it looks at what
 * `context.row` says was done, and at the cloud, before it does anything.
 */
export interface ResourceType {
  readonly name: string;
  readonly description: string;
  readonly properties: PropertySchemas;
  readonly updatePolicy?: PropertySchemas;
  /** Names of the attributes and what they are. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Is replaced with every update, changed or not. */
  readonly renewed?: boolean;
  /** Takes any property and any attribute. */
  readonly anything?: boolean;
  /** Says whether an attribute that isn't listed may be asked for. */
  knowsAttribute?(name: string, properties: Dict): boolean;
  /** Checks what the schema can't say. @throws ValidationFailed */
  validate?(properties: Dict): void;
  /** Files the template it stands for is found in, or undefined: this type holds a nested stack. */
  readonly nested?: NestedType;
  create(context: ResourceContext): Promise<void>;
  /** @throws Replacement if it must be made anew after all */
  update?(context: ResourceContext, before: Dict, changed: ReadonlySet<string>): Promise<void>;
  /** Gives back what {@link beforeReplacement} took, when a rollback puts it in its place again. */
  afterRestoration?(context: ResourceContext): Promise<void>;
  /** Undoes what holds it together with others before another is made in its place. */
  beforeReplacement?(context: ResourceContext): Promise<void>;
  remove?(context: ResourceContext): Promise<void>;
  /** What an unanswered request of an earlier process has made, if it made anything. */
  find?(context: ResourceContext): Promise<string | undefined>;
  /** @throws Error if it isn't there or isn't well */
  check?(context: ResourceContext): Promise<void>;
  suspend?(context: ResourceContext): Promise<void>;
  resume?(context: ResourceContext): Promise<void>;
  /** The value of an attribute, into which the engine follows `path` unless `walksPath` says it was done. */
  attribute?(context: ResourceContext, name: string, path: readonly unknown[]): Promise<unknown>;
  readonly walksPath?: boolean;
  /** What `get_resource` gives; the physical id where it isn't said. */
  reference?(context: ResourceContext): Promise<unknown>;
  /** Takes a signal; gives the reason for the event. @throws HeatError */
  signal?(context: ResourceContext, body: unknown): Promise<string>;
  /** Called when the work on it is stopped from outside. */
  cancelled?(context: ResourceContext): void;
  /** Names of properties that hold the same reference as another resource's, which then has to come first. */
  implied?(mine: Implication, other: Implication): boolean;
}

/** What implicit dependencies are found by. */
export interface Implication {
  readonly type: string;
  /** Not resolved: functions stand as they are written. */
  readonly properties: Dict;
}

/** A resource that is a stack of its own. */
export interface NestedType {
  /** What the stack is made from, now. @throws Error */
  body(context: NestedContext): Promise<NestedBody>;
}

/** What a nested type sees when only its template is asked for: without a row there is nothing made yet. */
export interface NestedContext {
  readonly name: string;
  readonly properties: Dict;
  readonly row: ResourceRow | undefined;
  /** Template file the registry named, for template resources. */
  readonly file: string | undefined;
  readonly files: Readonly<Record<string, string>>;
  readonly environment: Environment;
}

export interface NestedBody {
  readonly template: Dict;
  readonly environment: Environment;
  /** Undefined for those of the stack above. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Says that the change can't be made in place. */
export class Replacement extends Error {
  override readonly name = 'Replacement';
}

/** A fault with a name, as Heat shows it: `ResourceInError: resources.server: Went to status ERROR…`. */
export class ResourceFault extends Error {
  readonly failure: Failure;

  constructor(error: string, message: string, path: readonly string[] = []) {
    super(message);
    this.name = error;
    this.failure = { error, path, message };
  }
}

/** A template names what isn't there. */
export class EntityNotFound extends ResourceFault {
  constructor(entity: string, name: string) {
    super('EntityNotFound', `The ${entity} (${name}) could not be found.`);
  }
}

/** Another service refused, or wasn't there. */
export class ServiceFault extends ResourceFault {
  readonly status: number;

  constructor(status: number, message: string) {
    super(
      FAULT_NAMES[status] ?? (status >= 500 ? 'InternalServerError' : 'ClientException'),
      `${message} (HTTP ${status})`,
    );
    this.status = status;
  }
}

/** Takes "it is not there" for an answer, as for what is to be gone; every other failure goes on. */
export function ignoreMissing(error: unknown): undefined {
  const missing = error instanceof ServiceFault ? error.status === 404 : error instanceof EntityNotFound;
  if (!missing) throw error;
  return undefined;
}

const FAULT_NAMES: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  413: 'OverLimit',
  429: 'OverLimit',
  503: 'ServiceUnavailable',
};

/** What a resource type works with. */
export interface ResourceContext {
  readonly cloud: Cloud;
  readonly tables: Tables;
  readonly stack: StackRow;
  /** As it stands in the store now. */
  readonly row: ResourceRow;
  readonly name: string;
  /** Resolved and checked. */
  readonly properties: Dict;
  readonly updatePolicy: Dict;
  /** Aborts when the work is to stop: a time-out, a deletion, the cloud going down. */
  readonly signal: AbortSignal;
  /** Name for what is made outside: stack, resource and a part that is unique. */
  readonly physicalName: string;
  /** Asks another service in the owner's name. @throws ServiceFault from status 400 on */
  call(
    service: ServiceType,
    method: Method,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<unknown>;
  /**
   * Makes the outside object once, whatever crashes: notes that it is about to ask, asks, notes the id; the
   * next time it looks with the type's `find` before it asks again.
   */
  make(post: () => Promise<string>): Promise<string>;
  setPhysicalId(id: string | null): void;
  /** Notes something beside the resource; undefined removes it. */
  note(key: string, value: unknown): void;
  /** The id of a thing named by id or name; `kind` is that of a custom constraint: `neutron.network`. @throws Error */
  findId(kind: string, value: string): Promise<string>;
  /** Waits until `check` gives something, looking again at hints from the cloud and now and then. @throws on abort */
  until<T>(check: () => Promise<T | undefined>): Promise<T>;
  /** Waits. @throws on abort */
  pause(milliseconds: number): Promise<void>;
  /** Brings the nested stack to `body` and waits for it. `step` tells several rounds of one operation apart. */
  nest(body: NestedBody, step?: string): Promise<void>;
  /** Deletes the nested stack and waits for it. */
  unnest(): Promise<void>;
  readonly nestedView: NestedView;
  /** Sets the nested stack of another resource on its way to what its type now says, without waiting for it. */
  refreshNested(rowId: string): Promise<void>;
}

/** The nested stack of a resource as the resource type reads it. */
export interface NestedView {
  readonly stack: StackRow | undefined;
  members(): readonly ResourceRow[];
  reference(member: string): Promise<unknown>;
  attribute(member: string, name: string | undefined, path: readonly unknown[]): Promise<unknown>;
  hasOutput(name: string): Promise<boolean>;
  output(name: string): Promise<unknown>;
  /** The template as the nested stack has it. */
  template(): Dict;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
