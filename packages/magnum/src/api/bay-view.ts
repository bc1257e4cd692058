import type { ClusterWithGroups } from '../store/store.ts';
import { clusterDetail, type ViewContext } from './cluster-view.ts';
import { linksTo } from './links.ts';

/** A bay as lists show it, its fields in the original's order. */
export function bayBrief(shown: ClusterWithGroups, view: ViewContext): object {
  const { cluster } = shown;
  const all = clusterDetail(shown, view, false) as Record<string, unknown>;
  return {
    uuid: cluster.uuid,
    name: cluster.name,
    baymodel_id: cluster.cluster_template_id,
    node_count: all['node_count'],
    master_count: all['master_count'],
    docker_volume_size: cluster.docker_volume_size,
    labels: cluster.labels,
    master_flavor_id: cluster.master_flavor_id,
    flavor_id: cluster.flavor_id,
    bay_create_timeout: cluster.create_timeout,
    links: linksTo(view.base, `bays/${cluster.uuid}`),
    stack_id: cluster.stack_id,
    status: cluster.status,
  };
}

/** All of a bay. @param faults whether to say what failed, if it failed */
export function bayDetail(shown: ClusterWithGroups, view: ViewContext, faults: boolean): object {
  const { cluster } = shown;
  const all = clusterDetail(shown, view, faults) as Record<string, unknown>;
  return {
    ...bayBrief(shown, view),
    status_reason: cluster.status_reason,
    discovery_url: cluster.discovery_url,
    api_address: cluster.api_address,
    coe_version: cluster.coe_version,
    container_version: cluster.container_version,
    node_addresses: all['node_addresses'],
    master_addresses: all['master_addresses'],
    ...(all['faults'] === undefined ? {} : { bay_faults: all['faults'] }),
    fixed_network: cluster.fixed_network,
    fixed_subnet: cluster.fixed_subnet,
    floating_ip_enabled: cluster.floating_ip_enabled,
    master_lb_enabled: cluster.master_lb_enabled,
    created_at: all['created_at'],
    updated_at: all['updated_at'],
  };
}
