import type { Release } from './debian-release.ts';

/** What each kind of table shows, in the order of Debian 12's client. Source: what it printed of the original Magnum 15.0.1. */
const inBookworm = {
  template: [
    ...['insecure_registry', 'labels', 'updated_at', 'floating_ip_enabled', 'fixed_subnet'],
    ...['master_flavor_id', 'uuid', 'no_proxy', 'https_proxy', 'tls_disabled', 'keypair_id', 'public'],
    ...['http_proxy', 'docker_volume_size', 'server_type', 'external_network_id', 'cluster_distro'],
    ...['image_id', 'volume_driver', 'registry_enabled', 'docker_storage_driver', 'apiserver_port', 'name'],
    ...['created_at', 'network_driver', 'fixed_network', 'coe', 'flavor_id', 'master_lb_enabled'],
    ...['dns_nameserver', 'hidden', 'tags'],
  ],
  templateLine: ['uuid', 'name', 'tags'],
  wholeTemplate: [
    ...['uuid', 'name', 'coe', 'image_id', 'flavor_id', 'master_flavor_id', 'dns_nameserver', 'keypair_id'],
    ...['external_network_id', 'fixed_network', 'fixed_subnet', 'network_driver', 'apiserver_port'],
    ...['docker_volume_size', 'cluster_distro', 'http_proxy', 'https_proxy', 'no_proxy', 'volume_driver'],
    ...['registry_enabled', 'labels', 'tls_disabled', 'public', 'server_type', 'insecure_registry'],
    ...['docker_storage_driver', 'master_lb_enabled', 'floating_ip_enabled', 'project_id', 'user_id'],
    ...['hidden', 'tags', 'created_at', 'updated_at'],
  ],
  detailedTemplate: [
    ...['name', 'image_id', 'flavor_id', 'master_flavor_id', 'keypair_id', 'external_network_id'],
    ...['fixed_network', 'fixed_subnet', 'dns_nameserver', 'docker_volume_size', 'labels', 'coe'],
    ...['http_proxy', 'https_proxy', 'no_proxy', 'network_driver', 'tls_disabled', 'public'],
    ...['registry_enabled', 'volume_driver', 'server_type', 'docker_storage_driver', 'master_lb_enabled'],
    ...['floating_ip_enabled', 'hidden', 'tags', 'apiserver_port', 'created_at', 'insecure_registry'],
    ...['links', 'updated_at', 'cluster_distro', 'uuid'],
  ],
  cluster: [
    ...['status', 'health_status', 'cluster_template_id', 'node_addresses', 'uuid', 'stack_id'],
    ...['status_reason', 'created_at', 'updated_at', 'coe_version', 'labels', 'labels_overridden'],
    ...['labels_skipped', 'labels_added', 'fixed_network', 'fixed_subnet', 'floating_ip_enabled', 'faults'],
    ...['keypair', 'api_address', 'master_addresses', 'master_lb_enabled', 'create_timeout', 'node_count'],
    ...['discovery_url', 'docker_volume_size', 'master_count', 'container_version', 'name'],
    ...['master_flavor_id', 'flavor_id', 'health_status_reason', 'project_id'],
  ],
  wholeCluster: [
    ...['uuid', 'name', 'cluster_template_id', 'keypair', 'node_count', 'master_count'],
    ...['docker_volume_size', 'labels', 'master_flavor_id', 'flavor_id', 'create_timeout', 'stack_id'],
    ...['status', 'status_reason', 'health_status', 'health_status_reason', 'discovery_url', 'api_address'],
    ...['coe_version', 'container_version', 'project_id', 'user_id', 'node_addresses', 'master_addresses'],
    ...['fixed_network', 'fixed_subnet', 'floating_ip_enabled', 'merge_labels', 'labels_overridden'],
    ...['labels_added', 'labels_skipped', 'master_lb_enabled', 'created_at', 'updated_at'],
  ],
  clusterLine: ['uuid', 'name', 'keypair', 'node_count', 'master_count', 'status', 'health_status'],
  group: [
    ...['uuid', 'name', 'cluster_id', 'project_id', 'docker_volume_size', 'labels', 'labels_overridden'],
    ...['labels_skipped', 'labels_added', 'flavor_id', 'image_id', 'node_addresses', 'node_count', 'role'],
    ...['max_node_count', 'min_node_count', 'is_default', 'stack_id', 'status', 'status_reason'],
  ],
  groupLine: ['uuid', 'name', 'flavor_id', 'image_id', 'node_count', 'status', 'role'],
  quota: ['id', 'hard_limit', 'project_id', 'resource', 'created_at', 'updated_at'],
  quotaLine: ['project_id', 'resource', 'hard_limit'],
  service: ['id', 'host', 'binary', 'state', 'disabled', 'disabled_reason', 'created_at', 'updated_at'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** A kind of table. */
export type CoeTable = keyof typeof inBookworm;

/**
 * The fields of a table as `release` prints it. Of what the API itself sent (`whole…`), bookworm's Magnum is of its own release, the
 * others' is the latest.
 */
export function coeFields(table: CoeTable, release: Release): readonly string[] {
  const fields: readonly string[] = inBookworm[table];
  if (release === 'bookworm') return fields;
  if (table === 'template') {
    const owned = fields.flatMap((name) => (name === 'hidden' ? ['project_id', name] : [name]));
    return release === 'sid' ? [...owned, 'driver'] : owned;
  }
  if (table === 'wholeTemplate') return fields.toSpliced(fields.indexOf('created_at'), 0, 'driver');
  if (table === 'wholeCluster') return withClusterId(fields);
  if (release === 'trixie') return fields;
  if (table === 'cluster') return withClusterId(fields);
  return table === 'group' ? [...fields, 'node_labels', 'node_taints'] : fields;
}

/** What was `stack_id` until 1.12 is `cluster_id` since. */
const withClusterId = (fields: readonly string[]): string[] =>
  fields.map((name) => (name === 'stack_id' ? 'cluster_id' : name));
