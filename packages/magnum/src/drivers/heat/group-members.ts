import { stacksClient, type StackResource } from '@gantry/openstack';
import type { NodeGroup } from '../../store/rows.ts';
import type { DriverContext, Leaving, LeavingNode } from '../driver.ts';
import { findStack } from './find-stack.ts';

/** How a template makes the workers of a group: a ResourceGroup and its parameters. */
export interface WorkerResources {
  /** Name of the ResourceGroup. */
  readonly resource: string;
  /** Parameter: how many there are. */
  readonly count: string;
  /** Parameter: which are to be removed. Undefined if the template leaves the choice to Heat. */
  readonly removal: string | undefined;
  /** Name of the member's server. */
  host(stackName: string, member: string): string;
}

/** Names of the servers of a group. */
export async function memberHosts(
  context: DriverContext,
  group: NodeGroup,
  workers: WorkerResources,
): Promise<string[]> {
  return (await membersOf(context, group, workers)).map(({ host }) => host);
}

interface Member extends LeavingNode {
  /** Id of the server, or whatever else the member is known by. */
  readonly reference: string;
}

/**
 * Which members go. Heat would choose the highest numbers by itself; choosing here tells beforehand who it is, so
 * that work can be moved off them.
 */
export async function leavingMembers(
  context: DriverContext,
  group: NodeGroup,
  workers: WorkerResources,
  { count, named }: { readonly count: number; readonly named: readonly string[] },
): Promise<Leaving> {
  const members = await membersOf(context, group, workers);
  const wanted = [...new Set(named)];
  const is = (member: Member, name: string): boolean =>
    [member.member, member.host, member.reference].includes(name);
  const chosen = members.filter((member) => wanted.some((name) => is(member, name)));
  const others = members
    .filter((member) => !chosen.includes(member))
    .toSorted((a, b) => Number(b.member) - Number(a.member));
  const surplus = others.length - count;
  const nodes = [...chosen, ...others.slice(0, Math.max(surplus, 0))];
  return {
    nodes: nodes.map(({ member, host }) => ({ member, host })),
    unknown: wanted.filter((name) => !members.some((member) => is(member, name))),
  };
}

async function membersOf(
  context: DriverContext,
  group: NodeGroup,
  workers: WorkerResources,
): Promise<Member[]> {
  const stack = await findStack(context, group);
  if (!stack) return [];
  const resources = await stacksClient(context.session).resources(stack.id, {
    nestedDepth: 2,
    signal: context.signal,
  });
  const top = resources.find(
    (resource) => resource.resource_name === workers.resource && resource.parent_resource === undefined,
  );
  const members = resources.filter((resource) => resource.parent_resource === workers.resource);
  return members
    .filter((member) => top === undefined || stackOf(member) === top.physical_resource_id)
    .filter((member) => !member.resource_status.startsWith('DELETE_'))
    .map((member) => ({
      member: member.resource_name,
      host: workers.host(stack.stack_name, member.resource_name),
      reference: serverOf(member, resources) ?? member.physical_resource_id,
    }));
}

/** Id of the server inside of a member. */
function serverOf(member: StackResource, all: readonly StackResource[]): string | undefined {
  return all.find(
    (resource) =>
      resource.resource_type === 'OS::Nova::Server' &&
      resource.parent_resource === member.resource_name &&
      stackOf(resource) === member.physical_resource_id,
  )?.physical_resource_id;
}

/** Id of the stack that a resource is in; its links say it. */
function stackOf(resource: StackResource): string | undefined {
  return resource.links
    .find(({ rel }) => rel === 'stack')
    ?.href.split('/')
    .at(-1);
}
