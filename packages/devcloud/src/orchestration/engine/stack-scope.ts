import { invalidAttribute, reasonOf } from '../errors.ts';
import { resolve } from '../functions/resolve.ts';
import type { Scope } from '../functions/scope.ts';
import { walk } from '../values.ts';
import { define, type Definition, type Lookup } from './definition.ts';
import type { ResourceContext } from '../resources/resource-type.ts';
import type { Engine } from './engine.ts';
import { bodyOf, currentRow, filesOf } from './rows.ts';
import type { ResourceRow, StackRow } from './tables.ts';
import { typeOfTarget } from './type-lookup.ts';
import { NEVER_STOPS } from './never-stops.ts';

export function arnOf(stack: StackRow): string {
  return `arn:openstack:heat::${stack.projectId}:stacks/${stack.name}/${stack.id}`;
}

/** What a stack is to be, with references and attributes taken from its resources as they are whenever they are asked for. */
export function defineStack(engine: Engine, stack: StackRow): Promise<Definition> {
  const body = bodyOf(engine, stack);
  return define({
    template: body.template,
    environment: body.environment,
    files: filesOf(engine, body),
    types: engine.types,
    pseudo: { 'OS::stack_name': stack.name, 'OS::stack_id': arnOf(stack), 'OS::project_id': stack.projectId },
    lookup: (): Lookup => ({
      reference: async (name) => referenceTo(engine, currentRow(engine, stack.id, name), name),
      attribute: (name, attribute, path) =>
        attributeOf(engine, currentRow(engine, stack.id, name), name, attribute, path),
      facade: facadeOf(engine, stack),
    }),
  });
}

/** What `get_resource` gives for a resource. */
export async function referenceTo(
  engine: Engine,
  row: ResourceRow | undefined,
  name: string,
): Promise<unknown> {
  if (!row) return name;
  const type = rowType(engine, row);
  if (!type.reference) return row.physicalId ?? name;
  return type.reference(rowContext(engine, row));
}

/** An attribute of a resource; null as long as there is nothing it could be asked of. */
export async function attributeOf(
  engine: Engine,
  row: ResourceRow | undefined,
  name: string,
  attribute: string | undefined,
  path: readonly unknown[],
): Promise<unknown> {
  if (!row || row.action === 'INIT') return null;
  const type = rowType(engine, row);
  if (type.anything) return null;
  const context = rowContext(engine, row);
  if (attribute === undefined) {
    const all: Record<string, unknown> = {};
    for (const key of Object.keys(type.attributes)) {
      all[key] = (await type.attribute?.(context, key, []).catch(() => null)) ?? null;
    }
    return all;
  }
  const listed = Object.hasOwn(type.attributes, attribute);
  if (!listed && !type.knowsAttribute?.(attribute, row.properties ?? {}))
    throw invalidAttribute(name, attribute);
  const value = await type.attribute?.(context, attribute, path);
  return (type.walksPath ? value : walk(value, path)) ?? null;
}

/** All attributes for `resource show`; what can't be had is null. */
export async function shownAttributes(
  engine: Engine,
  row: ResourceRow,
  extra: readonly string[],
): Promise<Record<string, unknown>> {
  const type = rowType(engine, row);
  const context = rowContext(engine, row);
  const get = async (name: string): Promise<unknown> => {
    try {
      return (await type.attribute?.(context, name, [])) ?? null;
    } catch {
      return null;
    }
  };
  const result: Record<string, unknown> = {};
  const shown = Object.hasOwn(type.attributes, 'show') ? await get('show') : undefined;
  if (typeof shown === 'object' && shown !== null) Object.assign(result, shown);
  else for (const name of Object.keys(type.attributes)) if (name !== 'show') result[name] = await get(name);
  for (const name of extra) if (!(name in result)) result[name] = await get(name);
  return result;
}

export interface ShownOutput {
  readonly key: string;
  readonly description: string;
  readonly value: unknown;
  readonly error?: string;
}

/** One output with its value, or with why it has none. */
export async function outputOf(definition: Definition, key: string): Promise<ShownOutput | undefined> {
  const snippet = definition.outputs.get(key);
  if (!snippet) return undefined;
  try {
    const value = (await resolve(snippet.value, definition.scope, `outputs.${key}.value`)) ?? null;
    return { key, description: snippet.description, value };
  } catch (error) {
    return { key, description: snippet.description, value: null, error: reasonOf(error) };
  }
}

export function rowType(engine: Engine, row: ResourceRow): ReturnType<typeof typeOfTarget> {
  const stack = engine.tables.stacks.get(row.stackId);
  if (!stack) throw new Error(`the stack of resource ${row.name} is gone`);
  const body = bodyOf(engine, stack);
  return typeOfTarget(engine.types, filesOf(engine, body), body.environment, row.target);
}

export function rowContext(engine: Engine, row: ResourceRow): ResourceContext {
  return engine.context(row.id, row.properties ?? {}, row.updatePolicy, NEVER_STOPS);
}

function facadeOf(engine: Engine, stack: StackRow): Scope['facade'] {
  return (part) => {
    if (stack.parentId === null || stack.parentResource === null) {
      throw new Error(`resource_facade can only be used in the template of a resource`);
    }
    const row = currentRow(engine, stack.parentId, stack.parentResource);
    if (part === 'metadata') return row?.metadata ?? {};
    if (part === 'update_policy') return row?.updatePolicy ?? {};
    const policy = row?.deletionPolicy ?? 'delete';
    return policy.charAt(0).toUpperCase() + policy.slice(1);
  };
}
