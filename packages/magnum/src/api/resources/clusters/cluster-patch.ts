import { badRequest, invalidField } from '../../../clusters/errors.ts';
import { clusterStatuses, healthStatuses, type Cluster, type NodeGroup } from '../../../store/rows.ts';
import type { ClusterWithGroups } from '../../../store/store.ts';
import {
  applyPatch,
  readPatch,
  SERVICES_OWN,
  type PatchOperation,
  type PatchRules,
} from '../../wire/patch.ts';
import { defaultWorkers } from './one-nodegroup.ts';
import { writtenLabels } from '../../wire/patch-fields.ts';
import { integer, text } from '../../wire/wire-fields.ts';

const RULES: PatchRules = {
  internal: [
    ...SERVICES_OWN,
    'api_address',
    'node_addresses',
    'master_addresses',
    'stack_id',
    'cluster_id',
    'ca_cert_ref',
    'magnum_cert_ref',
    'etcd_ca_cert_ref',
    'front_proxy_ca_cert_ref',
    'trust_id',
    'trustee_user_id',
    'trustee_username',
    'trustee_password',
  ],
  mandatory: ['cluster_template_id'],
};

const read = {
  nodeCount: integer({ min: 0 }),
  health: text({ choices: healthStatuses }),
  healthReason: writtenLabels(),
};

/** What a PATCH of a cluster asks for; undefined is not asked for. */
export interface ClusterPatch {
  readonly group: NodeGroup;
  readonly nodeCount: number | undefined;
  readonly health: Pick<Cluster, 'health_status' | 'health_status_reason'> | undefined;
}

/** The body of a PATCH of a cluster or a bay. @throws MagnumError 400 naming the operation that is wrong */
export function readClusterOperations(body: unknown): PatchOperation[] {
  return readPatch(body, RULES);
}

/**
 * What a PATCH comes to. Whatever it names besides the number of workers and the health has to stay as it is.
 *
 * @throws MagnumError 400 naming the attribute
 */
export function clusterPatch(
  operations: readonly PatchOperation[],
  shown: ClusterWithGroups,
  form: 'cluster' | 'bay' = 'cluster',
): ClusterPatch {
  const group = defaultWorkers(shown.nodegroups);
  const before = form === 'bay' ? patchableBay(shown, group) : patchable(shown, group);
  const { patched, touched } = applyPatch(before, operations);
  const status = patched['status'];
  if (touched.has('status') && !clusterStatuses.some((known) => known === status)) {
    throw invalidField('status', status, `Value should be one of: ${clusterStatuses.join(', ')}`);
  }
  const changed = [...touched].filter(
    (name) => !CHANGEABLE.includes(name) && differ(before[name], patched[name]),
  );
  if (changed.length > 0)
    throw badRequest(`cannot change ${form} property(ies) ${changed.toSorted().join(', ')}.`);
  return {
    group,
    // Removing the number means the default.
    nodeCount: touched.has('node_count')
      ? (read.nodeCount.read('node_count', patched['node_count']) ?? 1)
      : undefined,
    health:
      touched.has('health_status') || touched.has('health_status_reason') ? healthIn(patched) : undefined,
  };
}

const CHANGEABLE = ['node_count', 'health_status', 'health_status_reason'];

function healthIn(patched: Readonly<Record<string, unknown>>) {
  const status = read.health.read('health_status', patched['health_status']);
  return {
    health_status: healthStatuses.find((known) => known === status) ?? null,
    health_status_reason:
      read.healthReason.read('health_status_reason', patched['health_status_reason']) ?? {},
  };
}

/** All that a cluster shows and that isn't the service's own. */
function patchable({ cluster, nodegroups }: ClusterWithGroups, group: NodeGroup): Record<string, unknown> {
  const masters = nodegroups.filter(({ role }) => role === 'master');
  return {
    name: cluster.name,
    cluster_template_id: cluster.cluster_template_id,
    keypair: cluster.keypair,
    node_count: group.node_count,
    master_count: masters.reduce((sum, { node_count }) => sum + node_count, 0),
    docker_volume_size: cluster.docker_volume_size,
    labels: cluster.labels,
    merge_labels: false,
    master_flavor_id: cluster.master_flavor_id,
    flavor_id: cluster.flavor_id,
    create_timeout: cluster.create_timeout,
    status: cluster.status,
    status_reason: cluster.status_reason,
    health_status: cluster.health_status,
    health_status_reason: cluster.health_status_reason,
    discovery_url: cluster.discovery_url,
    coe_version: cluster.coe_version,
    container_version: cluster.container_version,
    fixed_network: cluster.fixed_network,
    fixed_subnet: cluster.fixed_subnet,
    floating_ip_enabled: cluster.floating_ip_enabled,
    master_lb_enabled: cluster.master_lb_enabled,
  };
}

/** The same by the names of before, when nobody knew of health or key pairs. */
function patchableBay(shown: ClusterWithGroups, group: NodeGroup): Record<string, unknown> {
  const {
    cluster_template_id: baymodel_id,
    create_timeout: bay_create_timeout,
    keypair: _keypair,
    merge_labels: _merge,
    health_status: _health,
    health_status_reason: _reason,
    ...shared
  } = patchable(shown, group);
  return { ...shared, baymodel_id, bay_create_timeout };
}

/** Clients send numbers as text, and booleans as words. */
function differ(before: unknown, after: unknown): boolean {
  const plain = (value: unknown): string =>
    typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value).toLowerCase();
  return typeof before === 'string' ? before !== after : plain(before) !== plain(after);
}
