import type { ClusterShown } from '../../../store/store.ts';
import { addressesOf, faultsOf, nodeCounts, type ViewContext } from './cluster-view.ts';
import { linksTo } from '../../wire/links.ts';
import { timestamp } from '../../wire/timestamp.ts';

/** A bay as lists show it, its fields in the original's order. */
export function bayBrief(shown: ClusterShown, view: ViewContext): object {
  const { cluster } = shown;
  return {
    uuid: cluster.uuid,
    name: cluster.name,
    baymodel_id: cluster.cluster_template_id,
    ...nodeCounts(shown),
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
export function bayDetail(shown: ClusterShown, view: ViewContext, faults: boolean): object {
  const { cluster } = shown;
  const { nodes, masters } = addressesOf(shown);
  return {
    ...bayBrief(shown, view),
    status_reason: cluster.status_reason,
    discovery_url: cluster.discovery_url,
    api_address: cluster.api_address,
    coe_version: cluster.coe_version,
    container_version: cluster.container_version,
    node_addresses: nodes,
    master_addresses: masters,
    ...(faults && cluster.status?.endsWith('_FAILED') === true ? { bay_faults: faultsOf(shown) } : {}),
    fixed_network: cluster.fixed_network,
    fixed_subnet: cluster.fixed_subnet,
    floating_ip_enabled: cluster.floating_ip_enabled,
    master_lb_enabled: cluster.master_lb_enabled,
    created_at: timestamp(cluster.created_at),
    updated_at: timestamp(cluster.updated_at),
  };
}
