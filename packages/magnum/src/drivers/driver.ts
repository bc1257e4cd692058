import type { Session } from '@gantry/openstack';
import type { Cluster, ClusterStatus, ClusterTemplate, NodeGroup } from '../store/rows.ts';

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
    };

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
 *   {@link DriverRefusal} in words for the user.
 */
export interface Driver {
  /** As in the `driver` of cluster templates, and in `[drivers] disabled_drivers`. */
  readonly name: string;
  readonly provides: readonly ClusterType[];
  /** @returns why there can't be so many masters, as the original words it; undefined if there can */
  validateMasterSize(count: number): string | undefined;
  /** Begins to build. @returns id of what was begun, for `cluster.stack_id` */
  create(context: DriverContext): Promise<string>;
  /** Begins to remove everything it made; success if there is nothing any more. */
  delete(context: DriverContext): Promise<void>;
  /** Looks, and changes nothing. @param detail whether to find out the progress, which costs a further request */
  observe(context: DriverContext, detail?: boolean): Promise<Observation>;
  /** What is still being waited for, in words, for a cluster whose time has run out. */
  pending(context: DriverContext): Promise<string>;
}

/** What the user asked can't be built; `message` says why and what to change. */
export class DriverRefusal extends Error {
  override readonly name = 'DriverRefusal';
}
