import { orUndefined, stacksClient, type Stack } from '@gantry/openstack';
import type { Cluster, NodeGroup } from '../../store/rows.ts';
import { DriverRefusal, type DriverContext } from '../driver.ts';
import { groupStackName, stackName } from './stack-name.ts';

/** Marks on a stack whose order was the last that changed it. */
const CHANGE = 'change-';

/** Tags of a stack: whose it is, and what changed it last. Source: Orchestration API v1, "tags". */
export function stackTags(cluster: Cluster, group: NodeGroup | undefined, change?: string): string {
  const whose = group && !group.is_default ? [cluster.uuid, group.uuid] : [cluster.uuid];
  return ['magnum', ...whose, ...(change === undefined ? [] : [CHANGE + change])].join(',');
}

/** The last change that was ordered; undefined for a stack as it was created, or changed by others. */
export function changeOf(stack: Stack): string | undefined {
  return stack.tags?.find((tag) => tag.startsWith(CHANGE))?.slice(CHANGE.length);
}

/** Name of the stack that a cluster, or a node group that was added to it, has. */
export function nameOf(cluster: Cluster, group: NodeGroup | undefined): string {
  return group && !group.is_default ? groupStackName(cluster, group) : stackName(cluster);
}

/**
 * The stack of a cluster, or of a node group that was added: the one written down, else the one that bears its
 * name and is its own. Outputs are not resolved.
 */
export async function findStack(context: DriverContext, group?: NodeGroup): Promise<Stack | undefined> {
  const { cluster, session, signal } = context;
  const stacks = stacksClient(session);
  const added = group && !group.is_default;
  const known = added ? group.stack_id : cluster.stack_id;
  if (known !== null) return orUndefined(stacks.get(known, { resolveOutputs: false, signal }));
  const name = nameOf(cluster, group);
  const stack = await orUndefined(stacks.get(name, { resolveOutputs: false, signal }));
  if (!stack || stack.stack_status === 'DELETE_COMPLETE') return undefined;
  const own = added ? group.uuid : cluster.uuid;
  if (stack.tags?.includes(own) || (!added && stack.parameters['cluster_uuid'] === own)) return stack;
  throw new DriverRefusal(`the project has a stack ${stack.stack_name} already, which is not this cluster's`);
}

/** What a resource of a stack tells of itself; undefined if it isn't there. */
export async function resourceAttributes(
  { session, signal }: DriverContext,
  stack: Stack | undefined,
  name: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const found = stack && (await orUndefined(stacksClient(session).resource(stack.id, name, signal)));
  return found?.attributes;
}
