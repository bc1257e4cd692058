/**
 * Rows of the database, as the rest of Magnum sees them: columns by their own names, JSON columns parsed, times
 * as `Date`. The first group are Magnum's own tables, which the original reads and writes as well, so no
 * column may be added to them; tables beginning with `gantry_` are ours.
 */
export type JsonObject = Readonly<Record<string, unknown>>;
export type Labels = Readonly<Record<string, string>>;

export const clusterStatuses = [
  'CREATE_IN_PROGRESS',
  'CREATE_FAILED',
  'CREATE_COMPLETE',
  'UPDATE_IN_PROGRESS',
  'UPDATE_FAILED',
  'UPDATE_COMPLETE',
  'DELETE_IN_PROGRESS',
  'DELETE_FAILED',
  'DELETE_COMPLETE',
  'RESUME_COMPLETE',
  'RESUME_FAILED',
  'RESTORE_COMPLETE',
  'ROLLBACK_IN_PROGRESS',
  'ROLLBACK_FAILED',
  'ROLLBACK_COMPLETE',
  'SNAPSHOT_COMPLETE',
  'CHECK_COMPLETE',
  'ADOPT_COMPLETE',
] as const;

export type ClusterStatus = (typeof clusterStatuses)[number];
export const healthStatuses = ['HEALTHY', 'UNHEALTHY', 'UNKNOWN'] as const;
export type HealthStatus = (typeof healthStatuses)[number];

export interface Row {
  /** Given by the database, in the order of creation. */
  readonly id: number;
  readonly created_at: Date | null;
  readonly updated_at: Date | null;
}

/** What is given to insert a row: everything the database doesn't give by itself. */
export type New<T extends Row> = Omit<T, keyof Row>;

/** Table `cluster`. How many nodes it has stands in its node groups only. */
export interface Cluster extends Row {
  readonly uuid: string;
  readonly name: string;
  readonly project_id: string;
  readonly user_id: string;
  /** UUID of the template. */
  readonly cluster_template_id: string;
  readonly keypair: string | null;
  /** GB */
  readonly docker_volume_size: number | null;
  readonly labels: Labels;
  readonly master_flavor_id: string | null;
  readonly flavor_id: string | null;
  readonly stack_id: string | null;
  readonly api_address: string | null;
  /** Null: an old release, or an operator's hand, has left it so. */
  readonly status: ClusterStatus | null;
  readonly status_reason: string | null;
  readonly health_status: HealthStatus | null;
  readonly health_status_reason: Readonly<Record<string, string>>;
  /** Minutes. */
  readonly create_timeout: number | null;
  readonly discovery_url: string | null;
  readonly coe_version: string | null;
  readonly container_version: string | null;
  readonly ca_cert_ref: string | null;
  readonly magnum_cert_ref: string | null;
  readonly etcd_ca_cert_ref: string | null;
  readonly front_proxy_ca_cert_ref: string | null;
  readonly fixed_network: string | null;
  readonly fixed_subnet: string | null;
  readonly floating_ip_enabled: boolean;
  readonly master_lb_enabled: boolean;
  readonly trust_id: string | null;
  readonly trustee_username: string | null;
  readonly trustee_user_id: string | null;
  readonly trustee_password: string | null;
}

/** Table `cluster_template`. */
export interface ClusterTemplate extends Row {
  readonly uuid: string;
  readonly project_id: string;
  readonly user_id: string;
  readonly name: string | null;
  readonly image_id: string;
  readonly flavor_id: string | null;
  readonly master_flavor_id: string | null;
  readonly keypair_id: string | null;
  readonly external_network_id: string | null;
  readonly fixed_network: string | null;
  readonly fixed_subnet: string | null;
  readonly network_driver: string | null;
  readonly volume_driver: string | null;
  /** Addresses, divided by commas. */
  readonly dns_nameserver: string | null;
  readonly apiserver_port: number | null;
  /** GB */
  readonly docker_volume_size: number | null;
  readonly docker_storage_driver: string | null;
  /** The image's `os_distro`. */
  readonly cluster_distro: string | null;
  readonly coe: string;
  readonly http_proxy: string | null;
  readonly https_proxy: string | null;
  readonly no_proxy: string | null;
  readonly registry_enabled: boolean;
  readonly labels: Labels;
  readonly tls_disabled: boolean;
  readonly public: boolean;
  readonly server_type: string;
  readonly insecure_registry: string | null;
  readonly master_lb_enabled: boolean;
  readonly floating_ip_enabled: boolean;
  readonly hidden: boolean;
  readonly tags: string | null;
  /** Name of the driver, where the template or its image names one. */
  readonly driver: string | null;
}

export interface NodeTaint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** Table `nodegroup`. */
export interface NodeGroup extends Row {
  readonly uuid: string;
  readonly name: string;
  /** UUID of the cluster. */
  readonly cluster_id: string;
  readonly project_id: string;
  /** GB */
  readonly docker_volume_size: number | null;
  readonly labels: Labels;
  readonly flavor_id: string | null;
  readonly image_id: string | null;
  readonly node_addresses: readonly string[];
  readonly node_count: number;
  /** `master`, `worker`, or a name of the user's. */
  readonly role: string;
  readonly max_node_count: number | null;
  readonly min_node_count: number;
  readonly is_default: boolean;
  readonly stack_id: string | null;
  readonly status: ClusterStatus | null;
  readonly status_reason: string | null;
  readonly version: string | null;
  readonly node_labels: Labels;
  readonly node_taints: readonly NodeTaint[];
}

/** Table `x509keypair`: a certificate and its key, as the original's back end of that name keeps them. */
export interface X509KeyPair extends Row {
  readonly uuid: string;
  /** PEM */
  readonly certificate: string;
  /** PEM, PKCS#8, encrypted with the passphrase. */
  readonly private_key: string;
  readonly private_key_passphrase: string | null;
  readonly intermediates: string | null;
  readonly project_id: string | null;
  readonly user_id: string | null;
}

/** Table `magnum_service`: conductors and when they were last heard of. */
export interface MagnumService extends Row {
  readonly host: string;
  readonly binary: string;
  readonly disabled: boolean;
  readonly disabled_reason: string | null;
  readonly last_seen_up: Date | null;
  readonly forced_down: boolean;
  readonly report_count: number;
}

/** Table `quotas`. */
export interface Quota extends Row {
  readonly project_id: string;
  /** `Cluster` is the only one. */
  readonly resource: string;
  readonly hard_limit: number;
}

export type Verb =
  | 'create'
  | 'delete'
  | 'update'
  | 'resize'
  | 'upgrade'
  | 'create-nodegroup'
  | 'update-nodegroup'
  | 'delete-nodegroup'
  | 'rotate-ca'
  | 'rotate-credential';

/**
 * `superseded`: a later operation took its place before it was finished; whoever runs it learns so at its next
 * write and stops.
 */
export type OperationState = 'queued' | 'running' | 'done' | 'failed' | 'superseded';

/** In whose name an operation was asked for. */
export interface OperationCaller {
  readonly user_id: string;
  readonly project_id: string;
  readonly user_domain_id: string | null;
  readonly project_domain_id: string | null;
  readonly roles: readonly string[];
  /** The trust the caller's own token came from, if it did. */
  readonly trust_id: string | null;
  /**
   * The caller's token, sealed (see certificates/sealing.ts): only its holder can make the trust that the
   * cluster lives by. Removed as soon as that is done.
   */
  readonly sealed_token: string | null;
  /** ISO 8601; when that token ends by itself. */
  readonly token_expires_at: string | null;
  readonly request_id: string | null;
}

/** Table `gantry_operation`: what a user asked for and how far it has come. */
export interface Operation extends Row {
  readonly uuid: string;
  readonly cluster_uuid: string;
  readonly verb: Verb;
  readonly parameters: JsonObject;
  readonly caller: OperationCaller;
  /** Name of the first step that isn't finished; null until somebody has looked at it. */
  readonly step: string | null;
  readonly state: OperationState;
  /** How often the present step was begun. */
  readonly attempts: number;
  readonly claimed_by: string | null;
  /** While in the future: with `claimed_by`, nobody else may run it; without, nobody may (a wait before trying again). */
  readonly claimed_until: Date | null;
  readonly last_error: string | null;
  /** 0 to 100. */
  readonly progress: number;
  /** What steps found out, by the step's name. */
  readonly results: JsonObject;
}

/** Table `gantry_event`: one line of a cluster's story. */
export interface ClusterEvent extends Row {
  readonly cluster_uuid: string;
  readonly operation_uuid: string | null;
  readonly level: 'info' | 'warning' | 'error';
  /** CamelCase, for programs: `StackCreated`. */
  readonly reason: string;
  readonly message: string;
}

/** Table `gantry_condition`: one aspect of a cluster's state. */
export interface Condition extends Row {
  readonly cluster_uuid: string;
  /** `Ready`, `CertificatesReady`, `StackReady`… */
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  /** When `status` last changed. */
  readonly since: Date;
}
