import type { Undecoded } from './codec.ts';
import type {
  Cluster,
  ClusterEvent,
  ClusterStatus,
  ClusterTemplate,
  Condition,
  MagnumService,
  New,
  NodeGroup,
  Operation,
  OperationCaller,
  Quota,
  X509KeyPair,
} from './rows.ts';

/**
 * Magnum's memory: queries on MariaDB, PostgreSQL or SQLite. Whatever a method returns was parsed; times are
 * written by the store's own clock.
 */
export interface Store {
  readonly clusters: ClusterQueries;
  readonly templates: TemplateQueries;
  readonly nodegroups: NodeGroupQueries;
  readonly operations: OperationQueries;
  readonly events: EventQueries;
  readonly conditions: ConditionQueries;
  readonly keypairs: KeyPairQueries;
  readonly services: ServiceQueries;
  readonly quotas: QuotaQueries;
  /**
   * Everything asked of the store that `work` is given happens together or not at all. Inside, never use the
   * outer store: on SQLite there is one connection, and that would wait for itself. No calls to other services
   * inside either. Inside a transaction, `transaction` joins it. Where it has to yield to another transaction,
   * `work` is done again from its beginning.
   */
  transaction<T>(work: (store: Store) => Promise<T>): Promise<T>;
  /**
   * Inside a transaction, before it reads: from here to its end no other transaction is that has taken the same
   * lock. For what must be looked at and changed without anybody between: a quota and the count it limits.
   */
  lock(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Whose rows to look at: one project's, one user's (for a token without a project), or all. */
export type Visibility = { readonly projectId: string } | { readonly userId: string } | 'all';

export interface Page {
  /** A column of the table; ties are broken by `id`. */
  readonly sortKey: string;
  readonly sortDir: 'asc' | 'desc';
  readonly limit: number;
  /** UUID of the last row of the page before. @throws MarkerNotFound */
  readonly marker?: string | undefined;
}

export class MarkerNotFound extends Error {
  override readonly name = 'MarkerNotFound';
}

/** What may be changed of a row. */
export type Change<T> = Partial<Omit<T, 'id' | 'uuid' | 'created_at' | 'updated_at'>>;

/** A cluster together with what lists and views show of it, read with a fixed number of statements. */
export interface ClusterWithGroups {
  readonly cluster: Cluster;
  /** By `id`. */
  readonly nodegroups: readonly NodeGroup[];
  /** Undefined only if somebody removed it from the database by hand. */
  readonly template: ClusterTemplate | undefined;
}

/** A cluster as lists show it, not decoded. */
export interface ClusterOverview extends Undecoded<
  Pick<
    Cluster,
    | 'uuid'
    | 'name'
    | 'cluster_template_id'
    | 'keypair'
    | 'docker_volume_size'
    | 'labels'
    | 'master_flavor_id'
    | 'flavor_id'
    | 'create_timeout'
    | 'stack_id'
    | 'status'
    | 'health_status'
  >
> {
  readonly master_count: number;
  /** Without masters. */
  readonly node_count: number;
}

/** A cluster with what is shown of its groups and its template. */
export interface ClusterShown {
  readonly cluster: Cluster;
  readonly nodegroups: readonly Pick<
    NodeGroup,
    'name' | 'role' | 'node_count' | 'node_addresses' | 'status' | 'status_reason'
  >[];
  readonly template: Pick<ClusterTemplate, 'labels'> | undefined;
}

export interface ClusterQueries {
  get(uuid: string): Promise<Cluster | undefined>;
  /** By UUID or by name; more than one only for a name. At most two are returned. */
  find(ident: ClusterIdent, visible: Visibility): Promise<Cluster[]>;
  list(visible: Visibility, page: Page): Promise<Cluster[]>;
  /** As {@link list}, what lists show only, with its counts: one statement. */
  overview(visible: Visibility, page: Page): Promise<ClusterOverview[]>;
  /** One with all that is shown of it: one statement. */
  shown(uuid: string, visible: Visibility): Promise<ClusterShown | undefined>;
  /** Adds node groups and templates: two statements, however many clusters. */
  withGroups(clusters: readonly Cluster[]): Promise<ClusterWithGroups[]>;
  /** Clusters of all projects in one of these states; what a reconciler looks through. */
  inStatus(statuses: readonly ClusterStatus[]): Promise<Cluster[]>;
  countOf(projectId: string): Promise<number>;
  insert(row: New<Cluster>): Promise<Cluster>;
  /**
   * Writes the given columns only.
   * @param when the change is made only while the cluster is in one of these states
   * @returns whether there was such a cluster, in such a state
   */
  update(uuid: string, change: Change<Cluster>, when?: readonly ClusterStatus[]): Promise<boolean>;
  /** Removes the cluster with its node groups and conditions. Events and operations stay as its history. */
  destroy(uuid: string): Promise<boolean>;
}

export type ClusterIdent = { readonly uuid: string } | { readonly name: string };
export type TemplateIdent = ClusterIdent | { readonly id: number };

export interface TemplateQueries {
  get(uuid: string): Promise<ClusterTemplate | undefined>;
  /** Own templates and public ones that aren't hidden; for `all`, every one. At most two are returned. */
  find(ident: TemplateIdent, visible: Visibility): Promise<ClusterTemplate[]>;
  list(visible: Visibility, page: Page): Promise<Undecoded<ClusterTemplate>[]>;
  insert(row: New<ClusterTemplate>): Promise<ClusterTemplate>;
  update(uuid: string, change: Change<ClusterTemplate>): Promise<boolean>;
  destroy(uuid: string): Promise<boolean>;
  /** Whether a cluster was made from it. */
  isReferenced(uuid: string): Promise<boolean>;
}

export interface NodeGroupQueries {
  /** Of one cluster, by `id`: the default master group first, then the default worker group. */
  of(clusterUuid: string): Promise<NodeGroup[]>;
  get(uuid: string): Promise<NodeGroup | undefined>;
  /** Of one cluster, and of one role if told. */
  page(clusterUuid: string, page: Page, role?: string): Promise<NodeGroup[]>;
  insert(row: New<NodeGroup>): Promise<NodeGroup>;
  update(uuid: string, change: Change<NodeGroup>): Promise<boolean>;
  /** The same change to every group of a cluster. */
  updateAll(clusterUuid: string, change: Change<NodeGroup>): Promise<void>;
  destroy(uuid: string): Promise<boolean>;
  /** Clusters, and nodes in all their groups, of one project or of all. */
  totals(visible: Visibility): Promise<{ readonly clusters: number; readonly nodes: number }>;
}

/** What a runner writes down about the operation it holds. */
export interface OperationProgress {
  readonly step?: string | null;
  readonly attempts?: number;
  readonly progress?: number;
  readonly results?: Operation['results'];
  readonly caller?: OperationCaller;
  readonly last_error?: string | null;
  /** Prolongs the claim. */
  readonly claimed_until?: Date;
}

export type NewOperation = Pick<Operation, 'cluster_uuid' | 'verb' | 'parameters' | 'caller'>;

export interface OperationQueries {
  get(uuid: string): Promise<Operation | undefined>;
  /** All of a cluster's, oldest first. */
  of(clusterUuid: string): Promise<Operation[]>;
  /** Queues it behind whatever the cluster still has to do. */
  enqueue(operation: NewOperation): Promise<Operation>;
  /**
   * Takes the oldest operation that may run now, by compare-and-swap: unfinished, not claimed (or its claim or
   * wait has run out), nothing unfinished of the same cluster before it, and no superseded one of that cluster
   * still held by a live claim. It becomes `running`.
   */
  claim(owner: string, until: Date): Promise<Operation | undefined>;
  /**
   * Writes down progress.
   * @returns false if `owner` no longer holds it, because its claim ran out and another took it, or because it
   *   was superseded: the runner must stop and {@link release} it
   */
  advance(uuid: string, owner: string, progress: OperationProgress): Promise<boolean>;
  /** Ends it; the sealed token goes, whatever the end. @returns as {@link advance} */
  finish(uuid: string, owner: string, state: 'done' | 'failed', lastError?: string): Promise<boolean>;
  /**
   * Gives the claim back: at once, or, with `notBefore`, so that nobody takes it up before that time. For a
   * superseded operation this lets its successor start.
   */
  release(uuid: string, owner: string, notBefore?: Date): Promise<void>;
  /** Takes every claim back. Only for one who is alone with the database: whoever held them must be gone. */
  releaseAll(): Promise<void>;
  /** Ends everything unfinished of a cluster, or what is chosen of it, as `superseded`. @returns what was */
  supersede(clusterUuid: string, among?: (operation: Operation) => boolean): Promise<Operation[]>;
  /** When the next claim can succeed because a claim or wait runs out then; undefined if nothing waits. */
  nextWake(): Promise<Date | undefined>;
}

export interface EventQueries {
  add(event: New<ClusterEvent>): Promise<ClusterEvent>;
  /** Oldest first. @param afterId only those after this one */
  of(clusterUuid: string, afterId?: number): Promise<ClusterEvent[]>;
}

export interface ConditionQueries {
  of(clusterUuid: string): Promise<Condition[]>;
  /** Makes or replaces the condition of that type; `since` moves only when `status` changes. */
  set(condition: Omit<New<Condition>, 'since'>): Promise<void>;
}

export interface KeyPairQueries {
  get(uuid: string): Promise<X509KeyPair | undefined>;
  insert(row: New<X509KeyPair>): Promise<X509KeyPair>;
  destroy(uuid: string): Promise<boolean>;
}

export interface ServiceQueries {
  list(): Promise<MagnumService[]>;
  /** Says that a process lives: makes its row, or counts one report more. */
  heartbeat(host: string, binary: string): Promise<void>;
}

export interface QuotaQueries {
  get(projectId: string, resource: string): Promise<Quota | undefined>;
  /** @param page `marker` is a number here: the `id`, in decimal */
  list(visible: Visibility, page: Page): Promise<Quota[]>;
  insert(row: New<Quota>): Promise<Quota>;
  update(projectId: string, resource: string, hardLimit: number): Promise<boolean>;
  destroy(projectId: string, resource: string): Promise<boolean>;
}
