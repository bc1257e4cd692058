/** What stands in the journal. Times are milliseconds since the epoch. */

/** A pool that Docker holds: what RequestPool answered and ReleasePool has not taken back. Its id is a subnetpool's. */
export interface PoolRecord {
  readonly id: string;
  /** What Docker was told: the range its addresses are from. */
  readonly cidr: string;
  /** `held`: no network is made of it yet. `used`: one is. `released`: Docker gave it back, but not yet the network. */
  readonly phase: 'held' | 'used' | 'released';
  /** Ours to delete. */
  readonly made: boolean;
  /** The subnetpool the Neutron subnet is to come from: the user's own, or the one the whole cidr is in. */
  readonly source: string;
  /** `--ip-range`, where it becomes the subnet's allocation pool. */
  readonly range?: string | undefined;
  /** The user said which Neutron subnet is meant. */
  readonly subnetOption?: string | undefined;
  /** `asked`: the user gave it, so the subnet must have it. */
  readonly gateway?: { readonly address: string; readonly asked: boolean } | undefined;
  readonly auxiliary: readonly string[];
  readonly subnetId?: string | undefined;
  readonly since: number;
}

/** A Docker network, by Docker's id. */
export interface NetworkRecord {
  readonly id: string;
  readonly neutronId: string;
  /** It was there before, and stays. */
  readonly adopted: boolean;
  readonly internal: boolean;
  readonly mtu: number;
  readonly subnetIds: readonly string[];
  readonly since: number;
}

/** A Neutron subnet of such a network. */
export interface SubnetRecord {
  readonly id: string;
  readonly neutronId: string;
  readonly cidr: string;
  readonly gateway: string | undefined;
  readonly routes: readonly { readonly destination: string; readonly nexthop: string }[];
  /** When Neutron was last asked about it. */
  readonly seen: number;
}

export interface PortAddress {
  readonly subnetId: string;
  readonly address: string;
  /** Docker has been given it. */
  readonly claimed: boolean;
}

/** What an adopted port is to be again when its container leaves. */
export interface PortBefore {
  readonly deviceId: string;
  readonly deviceOwner: string;
  readonly hostId: string;
  readonly mac: string;
}

/** A Neutron port on this host, by Neutron's id. */
export interface PortRecord {
  readonly id: string;
  readonly neutronId: string;
  readonly mac: string;
  readonly addresses: readonly PortAddress[];
  /** Undefined for a port that is ours to delete. */
  readonly before?: PortBefore | undefined;
  /** `reserved`: has an address. `attached`: has a container. `detached`: the container has left, the address not. */
  readonly phase: 'reserved' | 'attached' | 'detached';
  readonly endpointId?: string | undefined;
  /** Docker's own IPAM gave the address, so that no ReleaseAddress will come. */
  readonly foreignIpam?: boolean;
  /** Keeps an auxiliary address of a Docker network from containers. */
  readonly auxiliary?: boolean;
  /** It may have a security group of its own. */
  readonly exposed?: boolean;
  /** As Neutron last said. */
  readonly status: string;
  readonly securityGroups: readonly string[];
  readonly since: number;
}

/** Something that is still to be done in Neutron or on this host, whatever happens to this process. */
export type Task =
  /** Written before a POST; carried out only if its answer never came. */
  | { readonly kind: 'forget-port'; readonly neutronId: string; readonly mac: string }
  | { readonly kind: 'forget-pool'; readonly name: string; readonly description: string }
  | { readonly kind: 'forget-network'; readonly networkId: string }
  /** Tells Neutron which endpoint the port serves. */
  | { readonly kind: 'mark-port'; readonly portId: string }
  | { readonly kind: 'delete-port'; readonly portId: string }
  | {
      readonly kind: 'restore-port';
      readonly portId: string;
      readonly before: PortBefore;
      readonly endpointId?: string;
    }
  | { readonly kind: 'expose-ports'; readonly portId: string; readonly exposed: readonly ExposedPort[] }
  | { readonly kind: 'remove-group'; readonly portId: string }
  | {
      readonly kind: 'remove-network';
      readonly networkId: string;
      readonly neutronId: string;
      readonly poolIds: readonly string[];
    }
  | {
      readonly kind: 'leave-network';
      readonly networkId: string;
      readonly neutronId: string;
      readonly poolIds: readonly string[];
    }
  | { readonly kind: 'retire-pool'; readonly poolId: string; readonly made: boolean }
  | { readonly kind: 'unplug'; readonly portId: string };

/** A container port that others may reach. `protocol` as Neutron calls it. */
export interface ExposedPort {
  readonly protocol: 'tcp' | 'udp' | 'sctp' | 'icmp';
  readonly port: number;
}

export interface Chore {
  readonly id: string;
  /** Chores of one key are done one after the other. */
  readonly key: string;
  readonly task: Task;
  /** Not before. */
  readonly due: number;
  readonly attempts: number;
  readonly lastError?: string;
}
