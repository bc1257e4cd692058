import { labelDifferences } from '../../../clusters/labels.ts';
import type { Cluster, New, NodeGroup } from '../../../store/rows.ts';
import { linksTo } from '../../wire/links.ts';
import { timestamp } from '../../wire/timestamp.ts';

/** A node group as lists show it, its fields in the original's order. */
export function nodegroupBrief(group: NodeGroup): object {
  return {
    uuid: group.uuid,
    name: group.name,
    flavor_id: group.flavor_id,
    image_id: group.image_id,
    node_count: group.node_count,
    role: group.role,
    min_node_count: group.min_node_count,
    max_node_count: group.max_node_count,
    is_default: group.is_default,
    stack_id: group.stack_id,
    status: group.status,
    merge_labels: false,
  };
}

/** All of a node group. */
export function nodegroupDetail(group: NodeGroup, cluster: Cluster, base: string): object {
  const differences = labelDifferences(cluster.labels, group.labels);
  return {
    id: group.id,
    uuid: group.uuid,
    name: group.name,
    cluster_id: group.cluster_id,
    project_id: group.project_id,
    docker_volume_size: group.docker_volume_size,
    labels: group.labels,
    links: linksTo(base, `clusters/${cluster.uuid}/nodegroups/${group.uuid}`),
    flavor_id: group.flavor_id,
    image_id: group.image_id,
    node_addresses: group.node_addresses,
    node_count: group.node_count,
    role: group.role,
    min_node_count: group.min_node_count,
    max_node_count: group.max_node_count,
    is_default: group.is_default,
    stack_id: group.stack_id,
    status: group.status,
    status_reason: group.status_reason,
    version: group.version,
    merge_labels: false,
    labels_overridden: differences.overridden,
    labels_added: differences.added,
    labels_skipped: differences.skipped,
    node_labels: group.node_labels,
    node_taints: group.node_taints,
    created_at: timestamp(group.created_at),
    updated_at: timestamp(group.updated_at),
  };
}

/** A node group as it is answered when it is ordered: what the service sets later isn't in it. */
export function nodegroupOrdered(group: New<NodeGroup>, cluster: Cluster, base: string): object {
  const differences = labelDifferences(cluster.labels, group.labels);
  return {
    uuid: group.uuid,
    name: group.name,
    cluster_id: group.cluster_id,
    project_id: group.project_id,
    ...(group.docker_volume_size === null ? {} : { docker_volume_size: group.docker_volume_size }),
    labels: group.labels,
    links: linksTo(base, `clusters/${cluster.uuid}/nodegroups/${group.uuid}`),
    flavor_id: group.flavor_id,
    image_id: group.image_id,
    node_count: group.node_count,
    role: group.role,
    min_node_count: group.min_node_count,
    max_node_count: group.max_node_count,
    merge_labels: false,
    labels_overridden: differences.overridden,
    labels_added: differences.added,
    labels_skipped: differences.skipped,
    node_labels: group.node_labels,
    node_taints: group.node_taints,
  };
}
