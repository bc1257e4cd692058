import {
  isConflict,
  orUndefined,
  stacksClient,
  type Stack,
  type StackResource,
  type StacksClient,
} from '@gantry/openstack';
import { clusterStatuses, type ClusterStatus } from '../../store/rows.ts';
import {
  DriverRefusal,
  type ClusterAttributes,
  type ClusterType,
  type Driver,
  type DriverContext,
  type Observation,
} from '../driver.ts';
import { describeFailure, describePending } from './stack-failure.ts';
import { stackName } from './stack-name.ts';
import type { TemplateFiles } from './template-files.ts';

/** What makes one Heat driver differ from another. */
export interface HeatDriverKind {
  readonly name: string;
  readonly provides: readonly ClusterType[];
  readonly templates: TemplateFiles;
  parameters(context: DriverContext): Promise<Readonly<Record<string, unknown>>>;
  attributes(outputs: ReadonlyMap<string, unknown>, context: DriverContext): ClusterAttributes;
}

export interface HeatDriverOptions {
  /** Minutes for clusters that don't say how long they may take. `[cluster_heat] create_timeout` */
  readonly createTimeoutMinutes: number;
}

/** A driver that has Heat build a cluster as one stack. Source: Orchestration API v1. */
export function heatDriver(kind: HeatDriverKind, options: HeatDriverOptions): Driver {
  return {
    name: kind.name,
    provides: kind.provides,

    validateMasterSize(count) {
      // Managers decide by majority: with an even number, one of them adds nothing but a way to fail.
      if (count % 2 === 1) return undefined;
      return `master nodegroup size of ${count} is invalid, size cannot be an even number.`;
    },

    async create(context) {
      const stacks = stacksClient(context.session);
      const existing = await findStack(stacks, context);
      if (existing) return existing.id;
      const order = {
        stack_name: stackName(context.cluster),
        template: kind.templates.template,
        files: kind.templates.files,
        parameters: await kind.parameters(context),
        timeout_mins: context.cluster.create_timeout || options.createTimeoutMinutes,
        disable_rollback: true,
        tags: `magnum,${context.cluster.uuid}`,
      };
      try {
        return await stacks.create(order, context.signal);
      } catch (error) {
        // A first request whose answer was lost got through after all.
        const made = isConflict(error) ? await findStack(stacks, context) : undefined;
        if (made) return made.id;
        throw error;
      }
    },

    async delete(context) {
      const stacks = stacksClient(context.session);
      const stack = await findStack(stacks, context);
      if (stack) await orUndefined(stacks.delete(stack.id, context.signal));
    },

    async observe(context, detail = false) {
      const stacks = stacksClient(context.session);
      const stack = await findStack(stacks, context);
      if (!stack) return { kind: 'missing' };
      return describe(stack, { stacks, context, detail });
    },

    async pending(context) {
      const stacks = stacksClient(context.session);
      const stack = await findStack(stacks, context);
      if (!stack) return 'there is no stack';
      const resources = await stacks.resources(stack.id, { nestedDepth: 5, signal: context.signal });
      return describePending(resources, stack.stack_status_reason);
    },
  };

  async function describe(
    stack: Stack,
    { stacks, context, detail }: { stacks: StacksClient; context: DriverContext; detail: boolean },
  ): Promise<Observation> {
    const status = clusterStatuses.find((known) => known === stack.stack_status);
    if (!status) throw new DriverRefusal(`stack ${stack.id} is in the unknown state ${stack.stack_status}`);
    if (status === 'DELETE_COMPLETE') return { kind: 'missing' };
    const resources =
      detail || status.endsWith('_FAILED')
        ? await stacks.resources(stack.id, { nestedDepth: 5, signal: context.signal })
        : undefined;
    return {
      kind: 'present',
      status,
      reason: status.endsWith('_FAILED')
        ? describeFailure(resources ?? [], stack.stack_status_reason)
        : undefined,
      progress: resources && fractionOf(resources, status),
      attributes: await attributesOf(stack, status, stacks, context),
    };
  }

  async function attributesOf(
    stack: Stack,
    status: ClusterStatus,
    stacks: StacksClient,
    context: DriverContext,
  ): Promise<ClusterAttributes | undefined> {
    if (!['CREATE_COMPLETE', 'CREATE_FAILED', 'UPDATE_COMPLETE'].includes(status)) return undefined;
    const { outputs = [] } = await stacks.get(stack.id, { signal: context.signal });
    // An output with an error is one whose resources aren't there (yet); it tells nothing.
    const usable = outputs.filter((output) => output.output_error === undefined);
    return kind.attributes(
      new Map(usable.map((output) => [output.output_key, output.output_value])),
      context,
    );
  }
}

/** The cluster's stack: the one written down, else the one that bears its name and is its own. */
async function findStack(
  stacks: StacksClient,
  { cluster, signal }: DriverContext,
): Promise<Stack | undefined> {
  if (cluster.stack_id !== null) {
    return orUndefined(stacks.get(cluster.stack_id, { resolveOutputs: false, signal }));
  }
  const stack = await orUndefined(stacks.get(stackName(cluster), { resolveOutputs: false, signal }));
  if (!stack || stack.stack_status === 'DELETE_COMPLETE') return undefined;
  if (stack.tags?.includes(cluster.uuid) || stack.parameters['cluster_uuid'] === cluster.uuid) return stack;
  throw new DriverRefusal(`the project has a stack ${stack.stack_name} already, which is not this cluster's`);
}

function fractionOf(resources: readonly StackResource[], status: ClusterStatus): number | undefined {
  if (!status.startsWith('CREATE') || resources.length === 0) return undefined;
  const complete = resources.filter((resource) => resource.resource_status.endsWith('_COMPLETE'));
  return complete.length / resources.length;
}
