import { orUndefined, stacksClient, type Stack, type StackResource } from '@gantry/openstack';
import { clusterStatuses, type ClusterStatus, type NodeGroup } from '../../store/rows.ts';
import {
  DriverRefusal,
  type ClusterAttributes,
  type ClusterType,
  type Driver,
  type DriverContext,
  type Look,
  type Membership,
  type Observation,
  type UpgradeOrder,
} from '../driver.ts';
import { changeOf, findStack } from './find-stack.ts';
import { leavingMembers, type WorkerResources } from './group-members.ts';
import { orderStack, updateStack } from './order-stack.ts';
import { describeFailure, describePending } from './stack-failure.ts';
import type { TemplateFiles } from './template-files.ts';

/** What makes one Heat driver differ from another. */
export interface HeatDriverKind {
  readonly name: string;
  readonly provides: readonly ClusterType[];
  readonly templates: TemplateFiles;
  parameters(context: DriverContext): Promise<Readonly<Record<string, unknown>>>;
  attributes(told: StackTold, context: DriverContext): ClusterAttributes;
  /** How its template makes workers; without, its clusters keep their size. */
  readonly workers?: WorkerResources;
  /** Added node groups, each a stack of its own of the same template; without, there are none. */
  readonly addedGroups?: AddedGroups;
  /** Parameters that bring nodes to what another template says; without, its clusters stay as they are. */
  readonly upgradeParameters?: (
    context: DriverContext,
    order: UpgradeOrder,
  ) => Readonly<Record<string, unknown>>;
  readonly rest?: Pick<
    Driver,
    | 'validateCluster'
    | 'validateNodegroup'
    | 'missingFields'
    | 'validateUpgrade'
    | 'upgradedLabels'
    | 'rotateCa'
  >;
  readonly membership?: Membership;
  /** Begins to remove what is in the way of the cluster's stack. @returns whether nothing is any more */
  clearAway?(context: DriverContext): Promise<boolean>;
}

/** What a stack says of itself. */
export interface StackTold {
  readonly outputs: ReadonlyMap<string, unknown>;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface AddedGroups {
  /** @param main outputs of the cluster's stack */
  parameters(
    context: DriverContext,
    group: NodeGroup,
    main: ReadonlyMap<string, unknown>,
  ): Promise<Readonly<Record<string, unknown>>>;
  /** Addresses of the group's nodes. */
  addresses(outputs: ReadonlyMap<string, unknown>, context: DriverContext): readonly string[];
}

export interface HeatDriverOptions {
  /** Minutes for clusters that don't say how long they may take. `[cluster_heat] create_timeout` */
  readonly createTimeoutMinutes: number;
}

/** Statuses in which a stack's outputs tell something. */
const TELLING: readonly ClusterStatus[] = [
  'CREATE_COMPLETE',
  'CREATE_FAILED',
  'UPDATE_COMPLETE',
  'UPDATE_FAILED',
  'ROLLBACK_COMPLETE',
];

/** A driver that has Heat build a cluster as one stack, and each added node group as another. Source: Orchestration API v1. */
export function heatDriver(kind: HeatDriverKind, options: HeatDriverOptions): Driver {
  const { workers, addedGroups, upgradeParameters } = kind;
  const minutes = ({ cluster }: DriverContext): number =>
    cluster.create_timeout || options.createTimeoutMinutes;

  return {
    name: kind.name,
    provides: kind.provides,
    ...kind.rest,
    ...(kind.membership && { membership: kind.membership }),

    validateMasterSize(count) {
      // Managers decide by majority: with an even number, one of them adds nothing but a way to fail.
      if (count % 2 === 1) return undefined;
      return `master nodegroup size of ${count} is invalid, size cannot be an even number.`;
    },

    validateMasterResize: () => 'Resizing a master nodegroup is not supported.',

    create: (context) =>
      orderStack(context, {
        templates: kind.templates,
        parameters: () => kind.parameters(context),
        timeoutMinutes: minutes(context),
      }),

    async delete(context) {
      // Called again until the stack is gone, so what takes time to clear away is waited for.
      if ((await kind.clearAway?.(context)) !== false) await deleteStack(context);
    },

    deleteNodegroup: (context, group) => deleteStack(context, group),

    observe,

    async pending(context) {
      const stack = await findStack(context);
      if (!stack) return 'there is no stack';
      return describePending(await allResources(stack, context), stack.stack_status_reason);
    },

    ...(workers && {
      leaving: (context, group, wanted) => leavingMembers(context, group, workers, wanted),
      resize: (context, { group, leaving, change }) =>
        updateStack(context, {
          group,
          change,
          timeoutMinutes: minutes(context),
          parameters: {
            [workers.count]: group.node_count,
            ...(workers.removal !== undefined && {
              [workers.removal]: leaving.map(({ member }) => member),
            }),
          },
        }),
    }),

    ...(addedGroups && {
      async createNodegroup(context, group) {
        return orderStack(context, {
          templates: kind.templates,
          parameters: async () => addedGroups.parameters(context, group, await mainOutputs(context)),
          timeoutMinutes: minutes(context),
          group,
        });
      },
    }),

    ...(upgradeParameters && {
      upgrade: (context, order) =>
        updateStack(context, {
          group: order.group,
          change: order.change,
          timeoutMinutes: minutes(context),
          parameters: upgradeParameters(context, order),
        }),
    }),
  };

  async function observe(context: DriverContext, look: Look = {}): Promise<Observation> {
    const { detail = false, group } = look;
    const stack = await findStack(context, group);
    if (!stack) return { kind: 'missing' };
    const status = clusterStatuses.find((known) => known === stack.stack_status);
    if (!status) throw new DriverRefusal(`stack ${stack.id} is in the unknown state ${stack.stack_status}`);
    if (status === 'DELETE_COMPLETE') return { kind: 'missing' };
    const failed = status.endsWith('_FAILED');
    const resources = detail || failed ? await allResources(stack, context) : undefined;
    return {
      kind: 'present',
      status,
      reason: failed ? describeFailure(resources ?? [], stack.stack_status_reason) : undefined,
      progress: resources && fractionOf(resources, status),
      attributes: TELLING.includes(status) ? await attributesOf(stack, context, group) : undefined,
      change: changeOf(stack),
    };
  }

  async function attributesOf(
    stack: Stack,
    context: DriverContext,
    group: NodeGroup | undefined,
  ): Promise<ClusterAttributes> {
    const told = await toldBy(stack.id, context);
    if (!group || group.is_default || !addedGroups) return kind.attributes(told, context);
    return {
      apiAddress: undefined,
      discoveryUrl: undefined,
      coeVersion: undefined,
      containerVersion: undefined,
      nodeAddresses: new Map([[group.name, addedGroups.addresses(told.outputs, context)]]),
    };
  }
}

async function mainOutputs(context: DriverContext): Promise<ReadonlyMap<string, unknown>> {
  const main = await findStack(context);
  if (!main) throw new DriverRefusal('the stack of the cluster is not there any more');
  return (await toldBy(main.id, context)).outputs;
}

async function toldBy(stackId: string, { session, signal }: DriverContext): Promise<StackTold> {
  const { outputs = [], parameters } = await stacksClient(session).get(stackId, { signal });
  // An output with an error is one whose resources aren't there (yet); it tells nothing.
  const usable = outputs.filter((output) => output.output_error === undefined);
  return { outputs: new Map(usable.map((output) => [output.output_key, output.output_value])), parameters };
}

async function deleteStack(context: DriverContext, group?: NodeGroup): Promise<void> {
  const stack = await findStack(context, group);
  if (stack) await orUndefined(stacksClient(context.session).delete(stack.id, context.signal));
}

function allResources(stack: Stack, { session, signal }: DriverContext): Promise<StackResource[]> {
  return stacksClient(session).resources(stack.id, { nestedDepth: 5, signal });
}

function fractionOf(resources: readonly StackResource[], status: ClusterStatus): number | undefined {
  if (!status.startsWith('CREATE') || resources.length === 0) return undefined;
  const complete = resources.filter((resource) => resource.resource_status.endsWith('_COMPLETE'));
  return complete.length / resources.length;
}
