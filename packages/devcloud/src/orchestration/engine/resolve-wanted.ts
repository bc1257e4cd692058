import { resolve } from '../functions/resolve.ts';
import type { Scope } from '../functions/scope.ts';
import { checkProperties } from '../resources/schema.ts';
import { isDict, type Dict } from '../values.ts';
import { customCheckFor } from './custom-constraints.ts';
import type { ResourceDefinition } from './definition.ts';
import type { Engine } from './engine.ts';
import type { ResourceRow, StackRow } from './tables.ts';

/** What a resource is to be, its functions run. */
export interface Wanted {
  readonly properties: Dict;
  readonly metadata: Dict;
  readonly updatePolicy: Dict;
  readonly externalId: string | undefined;
}

/** Runs the functions of a resource and checks what they gave. @throws HeatError, ValidationFailed */
export async function resolveWanted(
  engine: Engine,
  stack: StackRow,
  scope: Scope,
  resource: ResourceDefinition,
  signal: AbortSignal,
): Promise<Wanted> {
  const { name, snippet, type } = resource;
  const place = `${name}.Properties`;
  const raw = await resolve(snippet.properties, scope, place);
  const check = customCheckFor(engine, stack.owner, signal);
  const values = isDict(raw) ? raw : {};
  const properties = type.anything
    ? {}
    : await checkProperties(type.properties, values, ['resources', name, 'properties'], check);
  type.validate?.(properties);
  const policy = await resolve(snippet.updatePolicy, scope, `${name}.UpdatePolicy`);
  const updatePolicy = type.updatePolicy
    ? await checkProperties(
        type.updatePolicy,
        isDict(policy) ? policy : {},
        ['resources', name, 'update_policy'],
        check,
      )
    : {};
  const metadata = await resolve(snippet.metadata, scope, `${name}.Metadata`);
  const external = await resolve(snippet.externalId, scope, `${name}.external_id`);
  return {
    properties,
    updatePolicy,
    metadata: isDict(metadata) ? metadata : {},
    externalId: typeof external === 'string' && external !== '' ? external : undefined,
  };
}

/** What is kept of the wanted state beside the properties. */
export function kept(wanted: Wanted): Pick<ResourceRow, 'metadata' | 'updatePolicy'> {
  return { metadata: wanted.metadata, updatePolicy: wanted.updatePolicy };
}
