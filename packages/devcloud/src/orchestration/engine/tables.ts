import type { Store, Table } from '../../cloud/store.ts';
import type { Environment } from '../template/environment.ts';
import type { Dict } from '../values.ts';

export type StackAction =
  | 'CREATE'
  | 'UPDATE'
  | 'DELETE'
  | 'ROLLBACK'
  | 'SUSPEND'
  | 'RESUME'
  | 'CHECK'
  | 'SNAPSHOT'
  | 'RESTORE';
export type ResourceAction =
  | 'INIT'
  | 'CREATE'
  | 'UPDATE'
  | 'DELETE'
  | 'SUSPEND'
  | 'RESUME'
  | 'CHECK'
  | 'SNAPSHOT';
export type Status = 'IN_PROGRESS' | 'COMPLETE' | 'FAILED';

/** Why something failed, in the parts a reason is put together from as it is handed from child to parent. */
export interface Failure {
  readonly error: string;
  readonly path: readonly string[];
  readonly message: string;
}

/** In whose name a stack acts: its owner, with no more roles than the request had. */
export interface Owner {
  readonly userId: string;
  readonly userName: string;
  readonly projectId: string;
  readonly roles: readonly string[];
}

export interface StackRow {
  readonly id: string;
  readonly name: string;
  readonly projectId: string;
  readonly owner: Owner;
  /** The stack above, and the resource there that stands for this one. */
  readonly parentId: string | null;
  readonly parentResource: string | null;
  readonly rootId: string;
  readonly action: StackAction;
  readonly status: Status;
  readonly reason: string;
  readonly failure: Failure | null;
  /** Template, files and environment it has, or is on the way to. */
  readonly bodyId: string;
  /** Those it had when it was last complete: where a rollback goes. */
  readonly goodBodyId: string | null;
  readonly timeoutMins: number | null;
  readonly disableRollback: boolean;
  readonly tags: readonly string[] | null;
  /** Names what is being done. A resource that carries it has been done already. */
  readonly operation: string;
  /** When the operation is given up, ISO; null for never. */
  readonly deadline: string | null;
  readonly createdAt: string;
  readonly updatedAt: string | null;
  readonly deletedAt: string | null;
}

/** What a stack is made from; shared, never changed. */
export interface BodyRow {
  readonly id: string;
  readonly stackId: string;
  readonly template: Dict;
  readonly environment: Environment;
  readonly filesId: string;
  /** Names of the environment files that were merged. */
  readonly environmentFiles: readonly string[];
}

export interface FilesRow {
  readonly id: string;
  readonly files: Readonly<Record<string, string>>;
}

export interface ResourceRow {
  readonly id: string;
  readonly stackId: string;
  readonly name: string;
  /** As the template names it. */
  readonly type: string;
  /** What the registry made of it: a type of the cloud, or a file. */
  readonly target: { readonly kind: 'type' | 'template'; readonly name: string };
  readonly action: ResourceAction;
  readonly status: Status;
  readonly reason: string;
  readonly failure: Failure | null;
  readonly physicalId: string | null;
  readonly external: boolean;
  readonly metadata: Dict;
  /** As they were last brought about; null before the first time. */
  readonly properties: Dict | null;
  readonly updatePolicy: Dict;
  readonly deletionPolicy: 'delete' | 'retain' | 'snapshot';
  readonly description: string;
  /** Notes of the resource type: secrets, deadlines, what was asked of whom. */
  readonly data: Dict;
  /** Ids of the resources this one was made from; they go after it. */
  readonly requires: readonly string[];
  /** It is the one its name means; false once another took its place and it only waits to be deleted. */
  readonly current: boolean;
  readonly operation: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface EventRow {
  readonly id: string;
  readonly stackId: string;
  readonly stackName: string;
  readonly resourceName: string;
  readonly resourceType: string;
  readonly physicalId: string;
  readonly action: string;
  readonly status: Status;
  readonly reason: string;
  readonly properties: Dict;
  readonly at: string;
}

export interface ConfigRow {
  readonly id: string;
  readonly projectId: string;
  readonly name: string;
  readonly group: string;
  readonly config: unknown;
  readonly inputs: readonly Dict[];
  readonly outputs: readonly Dict[];
  readonly options: Dict;
  readonly createdAt: string;
}

export interface DeploymentRow {
  readonly id: string;
  readonly projectId: string;
  readonly serverId: string;
  readonly configId: string;
  readonly action: string;
  readonly status: Status;
  readonly reason: string;
  readonly inputValues: Dict;
  readonly outputValues: Dict | null;
  readonly createdAt: string;
  readonly updatedAt: string | null;
}

export interface SnapshotRow {
  readonly id: string;
  readonly stackId: string;
  readonly name: string | null;
  readonly status: Status;
  readonly reason: string;
  readonly bodyId: string;
  readonly data: Dict;
  readonly createdAt: string;
}

export interface Tables {
  readonly stacks: Table<StackRow>;
  readonly bodies: Table<BodyRow>;
  readonly files: Table<FilesRow>;
  readonly resources: Table<ResourceRow>;
  readonly events: Table<EventRow>;
  readonly configs: Table<ConfigRow>;
  readonly deployments: Table<DeploymentRow>;
  readonly snapshots: Table<SnapshotRow>;
}

export function openTables(store: Store): Tables {
  return {
    stacks: store.table<StackRow>('orchestration/stacks', {
      name: (row) => row.name,
      project: (row) => row.projectId,
      parent: (row) => row.parentId ?? undefined,
      root: (row) => row.rootId,
      status: (row) => row.status,
    }),
    bodies: store.table<BodyRow>('orchestration/bodies', {
      stack: (row) => row.stackId,
      files: (row) => row.filesId,
    }),
    files: store.table<FilesRow>('orchestration/files'),
    resources: store.table<ResourceRow>('orchestration/resources', {
      stack: (row) => row.stackId,
      physical: (row) => row.physicalId ?? undefined,
    }),
    events: store.table<EventRow>('orchestration/events', { stack: (row) => row.stackId }),
    configs: store.table<ConfigRow>('orchestration/software_configs', { project: (row) => row.projectId }),
    deployments: store.table<DeploymentRow>('orchestration/software_deployments', {
      project: (row) => row.projectId,
      server: (row) => row.serverId,
    }),
    snapshots: store.table<SnapshotRow>('orchestration/snapshots', { stack: (row) => row.stackId }),
  };
}
