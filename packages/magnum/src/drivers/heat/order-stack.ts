import { isConflict, stacksClient } from '@gantry/openstack';
import type { NodeGroup } from '../../store/rows.ts';
import { DriverRefusal, type Change, type DriverContext } from '../driver.ts';
import { changeOf, findStack, nameOf, stackTags } from './find-stack.ts';
import type { TemplateFiles } from './template-files.ts';

export interface NewStack {
  readonly templates: TemplateFiles;
  parameters(): Promise<Readonly<Record<string, unknown>>>;
  readonly timeoutMinutes: number;
  /** The added group that it is for; without, it is the cluster's. */
  readonly group?: NodeGroup;
}

/** Has Heat build a stack, if it isn't there. @returns its id */
export async function orderStack(context: DriverContext, wanted: NewStack): Promise<string> {
  const { cluster, session, signal } = context;
  const stacks = stacksClient(session);
  const existing = await findStack(context, wanted.group);
  if (existing) return existing.id;
  const order = {
    stack_name: nameOf(cluster, wanted.group),
    template: wanted.templates.template,
    files: wanted.templates.files,
    parameters: await wanted.parameters(),
    timeout_mins: wanted.timeoutMinutes,
    disable_rollback: true,
    tags: stackTags(cluster, wanted.group),
  };
  try {
    return await stacks.create(order, signal);
  } catch (error) {
    // A first request whose answer was lost got through after all.
    const made = isConflict(error) ? await findStack(context, wanted.group) : undefined;
    if (made) return made.id;
    throw error;
  }
}

export interface StackUpdate {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly change: Change;
  readonly timeoutMinutes: number;
  /** The added group whose stack it is. */
  readonly group?: NodeGroup | undefined;
}

/** Has Heat change parameters of a stack and keep all else, unless this very change was ordered already. */
export async function updateStack(context: DriverContext, update: StackUpdate): Promise<void> {
  const { cluster, session, signal } = context;
  const stack = await findStack(context, update.group);
  if (!stack) throw new DriverRefusal(`the stack ${nameOf(cluster, update.group)} is not there any more`);
  if (changeOf(stack) === update.change.id) return;
  const order = {
    parameters: update.parameters,
    disable_rollback: !update.change.rollback,
    timeout_mins: update.timeoutMinutes,
    tags: stackTags(cluster, update.group, update.change.id),
  };
  await stacksClient(session).update(stack.id, order, signal);
}
