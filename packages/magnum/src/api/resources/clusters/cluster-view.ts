import { labelDifferences } from '../../../clusters/labels.ts';
import type { Cluster } from '../../../store/rows.ts';
import type { ClusterOverview, ClusterShown } from '../../../store/store.ts';
import { linksJson, objectJson, textJson, timeJson } from '../../wire/json-text.ts';
import { atLeast, type Microversion } from '../../wire/microversion.ts';

/** From here on the stack's handle is called `cluster_id`. */
const CLUSTER_ID_SINCE: Microversion = { major: 1, minor: 13 };

export interface ViewContext {
  readonly base: string;
  readonly version: Microversion;
}

/** A cluster as lists show it as JSON, its fields in the original's order. */
export function clusterBriefJson(cluster: ClusterOverview, view: ViewContext): string {
  return `${sharedJson(cluster, view)},"health_status":${textJson(cluster.health_status)},"merge_labels":false}`;
}

/** All of a cluster as JSON. @param faults whether to say what failed in which node group, if the cluster failed */
export function clusterDetailJson(shown: ClusterShown, view: ViewContext, faults: boolean): string {
  const { cluster, template } = shown;
  const differences = labelDifferences(template?.labels ?? {}, cluster.labels);
  const addresses = addressesOf(shown);
  const failed = faults && cluster.status?.endsWith('_FAILED') === true;
  return (
    sharedJson({ ...cluster, ...nodeCounts(shown) }, view) +
    `,"status_reason":${textJson(cluster.status_reason)},"health_status":${textJson(cluster.health_status)}` +
    `,"health_status_reason":${JSON.stringify(cluster.health_status_reason)}` +
    `,"discovery_url":${textJson(cluster.discovery_url)},"api_address":${textJson(cluster.api_address)}` +
    `,"coe_version":${textJson(cluster.coe_version)},"container_version":${textJson(cluster.container_version)}` +
    `,"project_id":${textJson(cluster.project_id)},"user_id":${textJson(cluster.user_id)}` +
    `,"node_addresses":${JSON.stringify(addresses.nodes)},"master_addresses":${JSON.stringify(addresses.masters)}` +
    (failed ? `,"faults":${JSON.stringify(faultsOf(shown))}` : '') +
    `,"fixed_network":${textJson(cluster.fixed_network)},"fixed_subnet":${textJson(cluster.fixed_subnet)}` +
    `,"floating_ip_enabled":${cluster.floating_ip_enabled},"merge_labels":false` +
    `,"labels_overridden":${JSON.stringify(differences.overridden)}` +
    `,"labels_added":${JSON.stringify(differences.added)},"labels_skipped":${JSON.stringify(differences.skipped)}` +
    `,"master_lb_enabled":${cluster.master_lb_enabled}` +
    `,"created_at":${timeJson(cluster.created_at)},"updated_at":${timeJson(cluster.updated_at)}}`
  );
}

type Shared = (Cluster | Omit<ClusterOverview, keyof Counts>) & Counts;
type Counts = ReturnType<typeof nodeCounts>;

/** How both begin; the brace is left open. */
function sharedJson(cluster: Shared, view: ViewContext): string {
  return (
    `{"uuid":${textJson(cluster.uuid)},"name":${textJson(cluster.name)}` +
    `,"cluster_template_id":${textJson(cluster.cluster_template_id)},"keypair":${textJson(cluster.keypair)}` +
    `,"node_count":${cluster.node_count},"master_count":${cluster.master_count}` +
    `,"docker_volume_size":${cluster.docker_volume_size},"labels":${objectJson(cluster.labels)}` +
    `,"master_flavor_id":${textJson(cluster.master_flavor_id)},"flavor_id":${textJson(cluster.flavor_id)}` +
    `,"create_timeout":${cluster.create_timeout},"links":${linksJson(view.base, `clusters/${cluster.uuid}`)}` +
    `,"${stackField(view.version)}":${textJson(cluster.stack_id)},"status":${textJson(cluster.status)}`
  );
}

/** A cluster's nodes: masters, and all others. */
export function nodeCounts({ nodegroups }: ClusterShown): { node_count: number; master_count: number } {
  const sum = (groups: readonly Group[]) => groups.reduce((all, group) => all + group.node_count, 0);
  const { masters, nodes } = byRole(nodegroups);
  return { node_count: sum(nodes), master_count: sum(masters) };
}

export function addressesOf({ nodegroups }: ClusterShown): { nodes: string[]; masters: string[] } {
  const addresses = (groups: readonly Group[]) => groups.flatMap((group) => group.node_addresses);
  const { masters, nodes } = byRole(nodegroups);
  return { nodes: addresses(nodes), masters: addresses(masters) };
}

/** Why it failed, by node group. */
export function faultsOf({ nodegroups }: ClusterShown): Readonly<Record<string, string | null>> {
  const failed = nodegroups.filter(({ status }) => status?.endsWith('_FAILED') === true);
  return Object.fromEntries(failed.map((group) => [group.name, group.status_reason]));
}

type Group = ClusterShown['nodegroups'][number];

function byRole(groups: readonly Group[]) {
  return {
    masters: groups.filter(({ role }) => role === 'master'),
    nodes: groups.filter(({ role }) => role !== 'master'),
  };
}

function stackField(version: Microversion): 'cluster_id' | 'stack_id' {
  return atLeast(version, CLUSTER_ID_SINCE) ? 'cluster_id' : 'stack_id';
}
