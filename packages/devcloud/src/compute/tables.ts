import type { Row, Store, Table } from '../cloud/store.ts';

export interface FlavorRow extends Row {
  readonly name: string;
  readonly description: string | null;
  readonly vcpus: number;
  readonly ram: number;
  readonly disk: number;
  readonly ephemeral: number;
  readonly swap: number;
  readonly rxtxFactor: number;
  readonly isPublic: boolean;
  readonly disabled: boolean;
  readonly extraSpecs: Readonly<Record<string, string>>;
  /** Projects that may use a flavor that isn't public. */
  readonly projects: readonly string[];
}

/** What a server keeps of its flavor, whatever becomes of that. */
export type OwnFlavor = Pick<
  FlavorRow,
  'id' | 'name' | 'vcpus' | 'ram' | 'disk' | 'ephemeral' | 'swap' | 'extraSpecs'
>;

/** `id` is user and name: key pairs belong to users, not to projects. */
export interface KeypairRow extends Row {
  readonly serial: number;
  readonly name: string;
  readonly userId: string;
  readonly type: 'ssh' | 'x509';
  readonly publicKey: string;
  readonly fingerprint: string;
  readonly createdAt: string;
}

export interface ServerGroupRow extends Row {
  readonly name: string;
  readonly policy: GroupPolicy;
  readonly rules: { readonly max_server_per_host?: number };
  readonly projectId: string;
  readonly userId: string;
}

export const GROUP_POLICIES = ['affinity', 'anti-affinity', 'soft-affinity', 'soft-anti-affinity'] as const;
export type GroupPolicy = (typeof GROUP_POLICIES)[number];

export type VmState = 'building' | 'active' | 'stopped' | 'paused' | 'suspended' | 'resized' | 'error';

/** Nova's numbers. */
export const POWER = { none: 0, running: 1, paused: 3, shutdown: 4, suspended: 7 } as const;

/** What a server does in the background: one thing at a time, from the row, so that it survives a crash. */
export type Job =
  | { readonly verb: 'build' }
  | { readonly verb: 'start' }
  | { readonly verb: 'stop' }
  | { readonly verb: 'reboot'; readonly type: 'SOFT' | 'HARD' }
  | { readonly verb: 'pause' }
  | { readonly verb: 'unpause' }
  | { readonly verb: 'suspend' }
  | { readonly verb: 'resume' }
  | { readonly verb: 'rebuild' }
  | { readonly verb: 'resize'; readonly to: OwnFlavor }
  | { readonly verb: 'confirmResize' }
  | { readonly verb: 'revertResize' }
  | { readonly verb: 'snapshot'; readonly imageId: string };

/** A NIC as asked for, and the port once there is one. */
export interface ServerNic {
  readonly networkId: string;
  readonly fixedIp: string | undefined;
  readonly tag: string | undefined;
  readonly portId: string | undefined;
  /** The port was there before: it outlives the server. */
  readonly preserve: boolean;
}

/** A block device as asked for, and the volume once there is one. */
export interface ServerDisk {
  readonly id: string;
  readonly source: 'image' | 'volume' | 'snapshot' | 'blank';
  /** Of the image, volume or snapshot. */
  readonly sourceId: string | undefined;
  readonly destination: 'local' | 'volume';
  readonly sizeGiB: number | undefined;
  readonly bootIndex: number | undefined;
  readonly device: string;
  readonly deleteOnTermination: boolean;
  readonly volumeType: string | undefined;
  readonly tag: string | undefined;
  readonly volumeId: string | undefined;
  readonly attachmentId: string | undefined;
  /** The server has it, as far as Cinder knows. */
  readonly connected: boolean;
}

export interface ServerFault {
  readonly code: number;
  readonly created: string;
  readonly message: string;
  readonly details: string;
}

export interface ServerRow extends Row {
  readonly name: string;
  readonly description: string | null;
  readonly hostname: string;
  readonly projectId: string;
  readonly userId: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly launchedAt: string | undefined;
  readonly image: { readonly id: string; readonly properties: Readonly<Record<string, string>> } | undefined;
  readonly flavor: OwnFlavor;
  /** Between a resize and its confirmation. */
  readonly resizedFrom: { readonly flavor: OwnFlavor; readonly stopped: boolean } | undefined;
  readonly vmState: VmState;
  readonly taskState: string | null;
  readonly powerState: number;
  readonly key:
    | { readonly name: string; readonly type: 'ssh' | 'x509'; readonly publicKey: string }
    | undefined;
  /** base64 */
  readonly userData: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly configDrive: boolean;
  readonly zone: string;
  /** The zone the user asked for. */
  readonly pinnedZone: string | null;
  readonly host: string | null;
  readonly groupId: string | undefined;
  readonly hints: Readonly<Record<string, unknown>>;
  readonly reservationId: string;
  readonly launchIndex: number;
  readonly adminPass: string;
  /** `contents` in base64 */
  readonly files: readonly { readonly path: string; readonly contents: string }[];
  readonly accessIPv4: string;
  readonly accessIPv6: string;
  readonly diskConfig: 'AUTO' | 'MANUAL';
  readonly securityGroupIds: readonly string[];
  readonly nics: readonly ServerNic[];
  readonly disks: readonly ServerDisk[];
  readonly lock: { readonly by: 'owner' | 'admin'; readonly reason: string | null } | undefined;
  readonly fault: ServerFault | undefined;
  readonly job: Job | undefined;
  /** The instance action that the job belongs to. */
  readonly actionId: string | undefined;
  /** Wins over every job. */
  readonly deleting: boolean;
}

/** One entry of `os-instance-actions`; `id` is the request's. */
export interface ActionRow extends Row {
  readonly serverId: string;
  readonly action: string;
  readonly requestId: string;
  readonly userId: string;
  readonly projectId: string;
  readonly startedAt: string;
  readonly finishedAt: string | undefined;
  /** Why it failed; undefined while it runs or if it went well. */
  readonly error: string | undefined;
}

/** Limits of a project that differ from the defaults; `id` is the project's. */
export interface QuotaRow extends Row {
  readonly limits: Readonly<Record<string, number>>;
}

export interface ComputeTables {
  readonly flavors: Table<FlavorRow>;
  readonly keypairs: Table<KeypairRow>;
  readonly groups: Table<ServerGroupRow>;
  readonly servers: Table<ServerRow>;
  readonly actions: Table<ActionRow>;
  readonly quotas: Table<QuotaRow>;
}

export function computeTables(store: Store): ComputeTables {
  return {
    flavors: store.table<FlavorRow>('compute/flavors', { name: (row) => row.name }),
    keypairs: store.table<KeypairRow>('compute/keypairs', { user: (row) => row.userId }),
    groups: store.table<ServerGroupRow>('compute/server-groups', { project: (row) => row.projectId }),
    servers: store.table<ServerRow>('compute/servers', {
      project: (row) => row.projectId,
      group: (row) => row.groupId,
      port: (row) => row.nics.flatMap(({ portId }) => portId ?? []),
    }),
    actions: store.table<ActionRow>('compute/actions', { server: (row) => row.serverId }),
    quotas: store.table<QuotaRow>('compute/quotas'),
  };
}
