import { labelDifferences } from '../clusters/labels.ts';
import type { NodeGroup } from '../store/rows.ts';
import type { ClusterWithGroups } from '../store/store.ts';
import { linksTo } from './links.ts';
import { atLeast, type Microversion } from './microversion.ts';
import { timestamp } from './timestamp.ts';

/** From here on the stack's handle is called `cluster_id`. */
const CLUSTER_ID_SINCE: Microversion = { major: 1, minor: 13 };

export interface ViewContext {
  readonly base: string;
  readonly version: Microversion;
}

/** A cluster as lists show it, its fields in the original's order. */
export function clusterBrief({ cluster, nodegroups }: ClusterWithGroups, view: ViewContext): object {
  return {
    uuid: cluster.uuid,
    name: cluster.name,
    cluster_template_id: cluster.cluster_template_id,
    keypair: cluster.keypair,
    node_count: nodesIn(nodegroups.filter(({ role }) => role !== 'master')),
    master_count: nodesIn(nodegroups.filter(({ role }) => role === 'master')),
    docker_volume_size: cluster.docker_volume_size,
    labels: cluster.labels,
    master_flavor_id: cluster.master_flavor_id,
    flavor_id: cluster.flavor_id,
    create_timeout: cluster.create_timeout,
    links: linksTo(view.base, `clusters/${cluster.uuid}`),
    [stackField(view.version)]: cluster.stack_id,
    status: cluster.status,
    health_status: cluster.health_status,
    merge_labels: false,
  };
}

/** All of a cluster. @param faults whether to say what failed in which node group, if the cluster failed */
export function clusterDetail(shown: ClusterWithGroups, view: ViewContext, faults: boolean): object {
  const { cluster, nodegroups, template } = shown;
  const differences = labelDifferences(template?.labels ?? {}, cluster.labels);
  const {
    health_status: _health,
    merge_labels: _merge,
    ...brief
  } = clusterBrief(shown, view) as Record<string, unknown>;
  return {
    ...brief,
    status_reason: cluster.status_reason,
    health_status: cluster.health_status,
    health_status_reason: cluster.health_status_reason,
    discovery_url: cluster.discovery_url,
    api_address: cluster.api_address,
    coe_version: cluster.coe_version,
    container_version: cluster.container_version,
    project_id: cluster.project_id,
    user_id: cluster.user_id,
    node_addresses: addressesIn(nodegroups.filter(({ role }) => role !== 'master')),
    master_addresses: addressesIn(nodegroups.filter(({ role }) => role === 'master')),
    ...(faults && cluster.status.endsWith('_FAILED') ? { faults: faultsOf(nodegroups) } : {}),
    fixed_network: cluster.fixed_network,
    fixed_subnet: cluster.fixed_subnet,
    floating_ip_enabled: cluster.floating_ip_enabled,
    merge_labels: false,
    labels_overridden: differences.overridden,
    labels_added: differences.added,
    labels_skipped: differences.skipped,
    master_lb_enabled: cluster.master_lb_enabled,
    created_at: timestamp(cluster.created_at),
    updated_at: timestamp(cluster.updated_at),
  };
}

function stackField(version: Microversion): 'cluster_id' | 'stack_id' {
  return atLeast(version, CLUSTER_ID_SINCE) ? 'cluster_id' : 'stack_id';
}

function nodesIn(groups: readonly NodeGroup[]): number {
  return groups.reduce((sum, group) => sum + group.node_count, 0);
}

function addressesIn(groups: readonly NodeGroup[]): string[] {
  return groups.flatMap((group) => group.node_addresses);
}

function faultsOf(groups: readonly NodeGroup[]): object {
  const failed = groups.filter(({ status }) => status?.endsWith('_FAILED') === true);
  return Object.fromEntries(failed.map((group) => [group.name, group.status_reason]));
}
