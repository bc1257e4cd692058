import type { HotVersion } from '../template/versions.ts';
import type { UNKNOWN } from '../values.ts';

/** Where the functions of a template get their values from. */
export interface Scope {
  readonly version: HotVersion;
  /** @throws HeatError UserParameterMissing */
  parameter(name: string): unknown;
  /** @throws Error if there is no such condition, or it hangs on itself */
  condition(name: string): Promise<boolean | typeof UNKNOWN>;
  /** What `get_resource` gives. @throws HeatError InvalidTemplateReference */
  reference(resource: string, place: string): Promise<unknown>;
  /** One attribute, or a map of all if `attribute` is undefined. @throws HeatError InvalidTemplateReference, InvalidTemplateAttribute */
  attribute(
    resource: string,
    attribute: string | undefined,
    path: readonly unknown[],
    place: string,
  ): Promise<unknown>;
  /** Content of one of the files sent along. */
  file(name: string): string | undefined;
  /** What `resource_facade` gives: of the resource that this template stands for. */
  facade(part: 'metadata' | 'deletion_policy' | 'update_policy'): unknown;
}

/** A function that only looks at its arguments, which are resolved already. */
export interface PlainFunction {
  readonly since: HotVersion;
  /** The first version without it. */
  readonly until?: HotVersion;
  run(args: unknown, name: string, version: HotVersion): unknown;
}
