import { isDict, UNKNOWN } from '../values.ts';
import { callOf, chosenBranch, isKnownIn, resolve } from './resolve.ts';
import type { Scope } from './scope.ts';

/**
 * Calls `found` for each resource that `value` refers to, with the attribute where one is asked for; in an
 * `if` only in the branch that is taken.
 *
 * @param place where `value` stands, handed on with each step inwards: `server.Properties.networks[0]`
 */
export async function collect(
  value: unknown,
  scope: Scope,
  found: (resource: string, place: string, attribute?: readonly unknown[]) => void,
  place: string,
): Promise<void> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) await collect(item, scope, found, `${place}[${index}]`);
    return;
  }
  if (!isDict(value)) return;
  const call = callOf(value);
  if (!call || !isKnownIn(call.name, scope.version)) {
    for (const [key, item] of Object.entries(value)) await collect(item, scope, found, `${place}.${key}`);
    return;
  }
  if (call.name === 'if') {
    const branch = await chosenBranch(call.args, scope);
    // While it isn't known which one it will be, both count.
    if (branch !== UNKNOWN) return collect(branch, scope, found, `${place}.if`);
    return collect((call.args as unknown[]).slice(1), scope, found, `${place}.if`);
  }
  const target = await referenceOf(call, scope);
  if (target) found(target.resource, place, target.attribute);
  await collect(call.args, scope, found, `${place}.${call.name}`);
}

async function referenceOf(
  call: { name: string; args: unknown },
  scope: Scope,
): Promise<{ resource: string; attribute?: readonly unknown[] } | undefined> {
  if (call.name === 'get_resource' || call.name === 'Ref') {
    const resource = typeof call.args === 'string' ? call.args : undefined;
    if (resource === undefined || (call.name === 'Ref' && hasParameter(resource, scope))) return undefined;
    return { resource };
  }
  if (call.name !== 'get_attr' || !Array.isArray(call.args)) return undefined;
  const [first, ...attribute] = call.args as unknown[];
  // The name may come out of a function, but only of one that needs no resource.
  const resource = typeof first === 'string' ? first : await resolve(first, scope);
  return typeof resource === 'string' ? { resource, attribute } : undefined;
}

function hasParameter(name: string, scope: Scope): boolean {
  try {
    scope.parameter(name);
    return true;
  } catch {
    return false;
  }
}
