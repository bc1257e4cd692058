import type { StackResource } from '@gantry/openstack';

/**
 * Why a stack failed, in one line: its deepest failed resource and the cause. What lies above it fails with it
 * and says nothing new; what was interrupted because something else had failed isn't the cause either.
 *
 * @param resources of the stack and of all nested in it
 * @param stackReason what Heat says of the stack, used if no resource tells more
 */
export function describeFailure(resources: readonly StackResource[], stackReason: string): string {
  const failed = resources.filter(
    (resource) => resource.resource_status.endsWith('_FAILED') && !isAncestor(resource, resources),
  );
  const causes = failed.filter((resource) => !isConsequence(resource.resource_status_reason));
  const [first, ...others] = causes.length > 0 ? causes : failed;
  if (!first) return describePending(resources, stackReason);
  const also = others.length === 0 ? '' : ` (${others.length} more failed: ${list(others, resources)})`;
  return `${placeOf(first, resources)} failed: ${causeIn(first.resource_status_reason)}${also}`;
}

/** What a stack that ran out of time was still waiting for. */
export function describePending(resources: readonly StackResource[], stackReason: string): string {
  const pending = resources.filter(
    (resource) => resource.resource_status.endsWith('_IN_PROGRESS') && !isAncestor(resource, resources),
  );
  if (pending.length === 0) return causeIn(stackReason);
  return `${causeIn(stackReason)}; not finished: ${list(pending, resources)}`;
}

/** Strips the chain of `Kind: resources.a.resources.b: ` that Heat puts in front of what happened. */
export function causeIn(reason: string): string {
  let cause = reason.trim();
  for (;;) {
    const shorter = cause
      .replace(/^Resource [A-Z]+ failed: /i, '')
      .replace(/^[A-Za-z]+: resources(\.[\w-]+|\[\w+\])*: /, '')
      .replace(/^(ResourceFailure|WaitConditionFailure|ResourceInError|Error|Exception): /, '');
    if (shorter === cause) return cause === '' ? 'Heat gave no reason' : cause;
    cause = shorter.trim();
  }
}

function isConsequence(reason: string): boolean {
  return /aborted|cancelled|canceled|Timed out$/i.test(reason);
}

/** Whether a failed or unfinished resource only stands for one nested in it. */
function isAncestor(resource: StackResource, all: readonly StackResource[]): boolean {
  return all.some(
    (other) =>
      other.parent_resource === resource.resource_name &&
      stackOf(other) === resource.physical_resource_id &&
      other.resource_status === resource.resource_status,
  );
}

/** `worker 2 (membership)` for people, rather than `swarm_nodes.2.membership`. */
function placeOf(resource: StackResource, all: readonly StackResource[]): string {
  const path = [resource.resource_name];
  for (let at: StackResource | undefined = resource; at;) {
    const inner: StackResource = at;
    const parent = all.find(
      (candidate) =>
        candidate.resource_name === inner.parent_resource &&
        candidate.physical_resource_id === stackOf(inner),
    );
    if (parent) path.unshift(parent.resource_name);
    at = parent;
  }
  return path.join('.');
}

function list(resources: readonly StackResource[], all: readonly StackResource[]): string {
  const names = resources.map((resource) => placeOf(resource, all));
  return names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
}

/** Id of the stack that a resource is in; its links say it. */
function stackOf(resource: StackResource): string | undefined {
  const link = resource.links.find(({ rel }) => rel === 'stack');
  return link?.href.split('/').at(-1);
}
