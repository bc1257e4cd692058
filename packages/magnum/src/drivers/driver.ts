import type { Session } from '@gantry/openstack';
import type { ClientCredentials } from '../certificates/cluster-certificates.ts';
import type { Cluster, ClusterStatus, ClusterTemplate, Labels, NodeGroup } from '../store/rows.ts';

/** What a template's image and COE say about who can build its clusters. */
export interface ClusterType {
  /** `vm`, `bm` */
  readonly serverType: string;
  /** The image's `os_distro`. */
  readonly os: string;
  readonly coe: string;
}

/** A cluster as a driver sees it, and in whose name it may act for it. */
export interface DriverContext {
  readonly cluster: Cluster;
  /** Undefined only if somebody removed it from the database by hand. */
  readonly template: ClusterTemplate | undefined;
  /** The default master group first, then the default worker group. */
  readonly nodegroups: readonly NodeGroup[];
  /** Scoped to the cluster's project. */
  readonly session: Session;
  /** Magnum's own certificate for the API of the cluster's COE, and the CA that its nodes' are signed by. */
  credentials(): Promise<ClientCredentials>;
  readonly signal: AbortSignal;
}

/** What is there of a cluster. Statuses are Magnum's own, from `CREATE_IN_PROGRESS` to `ROLLBACK_COMPLETE`. */
export type Observation =
  | { readonly kind: 'missing' }
  | {
      readonly kind: 'present';
      readonly status: ClusterStatus;
      /** Of a failure, in words: what failed, and why. */
      readonly reason: string | undefined;
      /** How much is done, 0 to 1; undefined if that wasn't asked for or can't be told. */
      readonly progress: number | undefined;
      /** Once there is something to connect to. */
      readonly attributes: ClusterAttributes | undefined;
      /** The last {@link Change} that was ordered, as far as can be told. */
      readonly change: string | undefined;
    };

/** What to look at. */
export interface Look {
  /** Whether to find out the progress, which costs a further request. */
  readonly detail?: boolean;
  /** A node group that was added; without, the cluster with its default groups. */
  readonly group?: NodeGroup | undefined;
}

/** One change of what is there. Whatever is ordered bears its id, so that ordering it twice is ordering it once. */
export interface Change {
  readonly id: string;
  /** Whether to go back to what was before if it fails. */
  readonly rollback: boolean;
}

/** A node that leaves its group. All texts, because it is written down between steps. */
export interface LeavingNode {
  /** What it is called in its group: `3`. */
  readonly member: string;
  /** Its server's name, which is its name in the COE. */
  readonly host: string;
}

export interface Leaving {
  readonly nodes: readonly LeavingNode[];
  /** What was asked to leave and isn't there. */
  readonly unknown: readonly string[];
}

export interface ResizeOrder {
  /** As it shall be: `node_count` is the new one. */
  readonly group: NodeGroup;
  readonly leaving: readonly LeavingNode[];
  readonly change: Change;
}

export interface UpgradeOrder {
  readonly template: ClusterTemplate;
  readonly group: NodeGroup;
  /** How many nodes at a time. */
  readonly maxBatchSize: number;
  readonly change: Change;
}

export interface UpgradeRefusal {
  /** `older`: the template has an older version of something; `unfit`: it says nothing that nodes could be brought to. */
  readonly kind: 'older' | 'unfit';
  /** In words for the user. */
  readonly why: string;
}

/** What a COE does about its nodes when they come and go. Each may be called again. */
export interface Membership {
  /** Moves work off the nodes. @returns whether none is left on them */
  drain(context: DriverContext, nodes: readonly LeavingNode[]): Promise<boolean>;
  /** Takes that back, for nodes that stay after all. */
  readmit(context: DriverContext, nodes: readonly LeavingNode[]): Promise<void>;
  /** Strikes nodes that are gone off its list. */
  forget(context: DriverContext, nodes: readonly LeavingNode[]): Promise<void>;
  /** Gives the nodes of a group the labels that its row says. @param former keys that it said before */
  label(context: DriverContext, group: NodeGroup, former: readonly string[]): Promise<void>;
}

/** What building a cluster made known about it. Undefined leaves what is known as it is. */
export interface ClusterAttributes {
  readonly apiAddress: string | undefined;
  readonly discoveryUrl: string | undefined;
  readonly coeVersion: string | undefined;
  readonly containerVersion: string | undefined;
  /** Addresses by the node group's name. */
  readonly nodeAddresses: ReadonlyMap<string, readonly string[]>;
}

/**
 * What knows how to build clusters of some types. The rules:
 * - every method can be called again with the same arguments, after a crash as well, and does nothing twice;
 * - none waits for what it began: `observe` tells how that goes;
 * - failures of neighbours are passed on as they are (OpenStackError); what the user can change is a
 *   {@link DriverRefusal} in words for the user;
 * - what it can't do to a cluster it doesn't have as a method: then the API refuses before it promises anything.
 */
export interface Driver {
  /** As in the `driver` of cluster templates, and in `[drivers] disabled_drivers`. */
  readonly name: string;
  readonly provides: readonly ClusterType[];
  /** @returns why there can't be so many masters, as the original words it; undefined if there can */
  validateMasterSize(count: number): string | undefined;
  /** @returns why a master group can't get so many nodes; undefined if it can */
  validateMasterResize(count: number): string | undefined;
  /** @returns why it can't build such a cluster, in words for the user; undefined if it can */
  validateCluster?(
    cluster: Pick<Cluster, 'labels' | 'master_lb_enabled' | 'fixed_network' | 'fixed_subnet'>,
    template: ClusterTemplate,
  ): string | undefined;
  /** @returns what of a node group it can't build, in words for the user */
  validateNodegroup?(group: Pick<NodeGroup, 'node_labels' | 'node_taints'>): string | undefined;
  /** Fields of a cluster that it can't build without and has no default for. */
  missingFields?(cluster: Pick<Cluster, 'flavor_id' | 'master_flavor_id'>): readonly string[];
  /** Begins to build. @returns id of what was begun, for `cluster.stack_id` */
  create(context: DriverContext): Promise<string>;
  /** Begins to remove everything it made but added node groups; success if there is nothing any more. */
  delete(context: DriverContext): Promise<void>;
  /** Looks, and changes nothing. */
  observe(context: DriverContext, look?: Look): Promise<Observation>;
  /** What is still being waited for, in words, for a cluster whose time has run out. */
  pending(context: DriverContext): Promise<string>;
  /** Which nodes go when a group shrinks to `count`: those named, then the youngest. */
  leaving?(
    context: DriverContext,
    group: NodeGroup,
    wanted: { readonly count: number; readonly named: readonly string[] },
  ): Promise<Leaving>;
  /** Begins to give a group as many nodes as it shall have. */
  readonly resize?: (context: DriverContext, order: ResizeOrder) => Promise<void>;
  /** Begins to build an added group. @returns id of what was begun, for `nodegroup.stack_id` */
  readonly createNodegroup?: (context: DriverContext, group: NodeGroup) => Promise<string>;
  /** Begins to remove an added group; success if there is nothing any more. */
  deleteNodegroup(context: DriverContext, group: NodeGroup): Promise<void>;
  /** Begins to bring nodes to what another template says. */
  readonly upgrade?: (context: DriverContext, order: UpgradeOrder) => Promise<void>;
  /** @returns why a group can't be brought to this template; undefined if it can */
  validateUpgrade?(group: NodeGroup, to: ClusterTemplate): UpgradeRefusal | undefined;
  /** What of a template's labels becomes the group's own by an upgrade; without, nothing. */
  upgradedLabels?(to: ClusterTemplate): Labels;
  /**
   * Has the nodes take certificates of the cluster's new CAs.
   * @param previous Magnum's certificate of before, which nodes accept until then
   * @returns whether all have
   */
  readonly rotateCa?: (
    context: DriverContext,
    change: Change,
    previous: ClientCredentials,
  ) => Promise<boolean>;
  readonly membership?: Membership;
}

/** What the user asked can't be built; `message` says why and what to change. */
export class DriverRefusal extends Error {
  override readonly name = 'DriverRefusal';
}
