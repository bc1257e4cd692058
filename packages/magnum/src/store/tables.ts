import type {
  Cluster,
  ClusterEvent,
  ClusterTemplate,
  Condition,
  MagnumService,
  NodeGroup,
  Operation,
  Quota,
  Row,
  X509KeyPair,
} from './rows.ts';

/** What a column holds. JSON is text in the database, on every one of them. */
export type ColumnKind =
  | 's20'
  | 's36'
  | 's255'
  | 's512'
  | 'text'
  | 'int'
  | 'bool'
  | 'object'
  | 'list'
  | 'time'
  /** A time that the original's tables keep without fractions. */
  | 'second';

export interface TableShape<T> {
  readonly columns: Readonly<Record<Exclude<keyof T, 'id'>, ColumnKind>>;
  readonly unique?: readonly (readonly (keyof T & string)[])[];
  readonly indexes?: readonly (readonly (keyof T & string)[])[];
  /** Columns that databases of the original which has Heat clusters don't have. */
  readonly later?: readonly (keyof T & string)[];
}

/** Rows by table. */
export interface Rows {
  cluster: Cluster;
  cluster_template: ClusterTemplate;
  nodegroup: NodeGroup;
  x509keypair: X509KeyPair;
  magnum_service: MagnumService;
  quotas: Quota;
  gantry_operation: Operation;
  gantry_event: ClusterEvent;
  gantry_condition: Condition;
  gantry_lock: Lock;
  gantry_extra: Extra;
}

/** Rows of which one transaction at a time writes one. */
interface Lock extends Row {
  readonly name: string;
  readonly turns: number;
}

/** What rows of Magnum's own tables hold in columns that this database's version of them doesn't have. */
export interface Extra extends Row {
  readonly row_uuid: string;
  readonly columns: Readonly<Record<string, string | number | boolean | null>>;
}

const seconds = { created_at: 'second', updated_at: 'second' } as const;
const times = { created_at: 'time', updated_at: 'time' } as const;

/** Every table with its columns, for making it and for reading its rows. Magnum's own are those of its models. */
export const tables: { readonly [T in keyof Rows]: TableShape<Rows[T]> } = {
  cluster: {
    columns: {
      ...seconds,
      project_id: 's255',
      user_id: 's255',
      uuid: 's36',
      name: 's255',
      cluster_template_id: 's255',
      keypair: 's255',
      docker_volume_size: 'int',
      labels: 'object',
      master_flavor_id: 's255',
      flavor_id: 's255',
      stack_id: 's255',
      api_address: 's255',
      status: 's20',
      status_reason: 'text',
      health_status: 's20',
      health_status_reason: 'object',
      create_timeout: 'int',
      discovery_url: 's255',
      coe_version: 's255',
      container_version: 's255',
      ca_cert_ref: 's512',
      magnum_cert_ref: 's512',
      etcd_ca_cert_ref: 's512',
      front_proxy_ca_cert_ref: 's512',
      fixed_network: 's255',
      fixed_subnet: 's255',
      floating_ip_enabled: 'bool',
      master_lb_enabled: 'bool',
      trust_id: 's255',
      trustee_username: 's255',
      trustee_user_id: 's255',
      trustee_password: 's255',
    },
    unique: [['uuid']],
    indexes: [['project_id', 'name'], ['status'], ['cluster_template_id']],
  },
  cluster_template: {
    columns: {
      ...seconds,
      uuid: 's36',
      project_id: 's255',
      user_id: 's255',
      name: 's255',
      image_id: 's255',
      flavor_id: 's255',
      master_flavor_id: 's255',
      keypair_id: 's255',
      external_network_id: 's255',
      fixed_network: 's255',
      fixed_subnet: 's255',
      network_driver: 's255',
      volume_driver: 's255',
      dns_nameserver: 's255',
      apiserver_port: 'int',
      docker_volume_size: 'int',
      docker_storage_driver: 's255',
      cluster_distro: 's255',
      coe: 's255',
      http_proxy: 's255',
      https_proxy: 's255',
      no_proxy: 's255',
      registry_enabled: 'bool',
      labels: 'object',
      tls_disabled: 'bool',
      public: 'bool',
      server_type: 's255',
      insecure_registry: 's255',
      master_lb_enabled: 'bool',
      floating_ip_enabled: 'bool',
      hidden: 'bool',
      tags: 's255',
      driver: 's255',
    },
    unique: [['uuid']],
    indexes: [['project_id', 'name']],
  },
  nodegroup: {
    columns: {
      ...seconds,
      uuid: 's36',
      name: 's255',
      cluster_id: 's255',
      project_id: 's255',
      docker_volume_size: 'int',
      labels: 'object',
      flavor_id: 's255',
      image_id: 's255',
      node_addresses: 'list',
      node_count: 'int',
      role: 's255',
      max_node_count: 'int',
      min_node_count: 'int',
      is_default: 'bool',
      stack_id: 's255',
      status: 's20',
      status_reason: 'text',
      version: 's20',
      node_labels: 'object',
      node_taints: 'list',
    },
    unique: [['uuid'], ['cluster_id', 'name']],
    later: ['node_labels', 'node_taints'],
  },
  x509keypair: {
    columns: {
      ...seconds,
      uuid: 's36',
      certificate: 'text',
      private_key: 'text',
      private_key_passphrase: 'text',
      intermediates: 'text',
      project_id: 's255',
      user_id: 's255',
    },
    unique: [['uuid']],
  },
  magnum_service: {
    columns: {
      ...seconds,
      host: 's255',
      binary: 's255',
      disabled: 'bool',
      disabled_reason: 's255',
      last_seen_up: 'second',
      forced_down: 'bool',
      report_count: 'int',
    },
    unique: [['host', 'binary']],
  },
  quotas: {
    columns: { ...seconds, project_id: 's255', resource: 's255', hard_limit: 'int' },
    unique: [['project_id', 'resource']],
  },
  gantry_operation: {
    columns: {
      ...times,
      uuid: 's36',
      cluster_uuid: 's36',
      verb: 's20',
      parameters: 'object',
      caller: 'object',
      step: 's255',
      state: 's20',
      attempts: 'int',
      claimed_by: 's255',
      claimed_until: 'time',
      last_error: 'text',
      progress: 'int',
      results: 'object',
    },
    unique: [['uuid']],
    indexes: [['cluster_uuid'], ['state']],
  },
  gantry_event: {
    columns: {
      ...times,
      cluster_uuid: 's36',
      operation_uuid: 's36',
      level: 's20',
      reason: 's255',
      message: 'text',
    },
    indexes: [['cluster_uuid']],
  },
  gantry_condition: {
    columns: {
      ...times,
      cluster_uuid: 's36',
      type: 's255',
      status: 's20',
      reason: 's255',
      message: 'text',
      since: 'time',
    },
    unique: [['cluster_uuid', 'type']],
  },
  gantry_lock: { columns: { ...times, name: 's255', turns: 'int' }, unique: [['name']] },
  gantry_extra: { columns: { ...times, row_uuid: 's36', columns: 'object' }, unique: [['row_uuid']] },
};

/** Whether a table is ours to make and to change; the others are Magnum's. */
export function isOurs(table: string): boolean {
  return table.startsWith('gantry_');
}
