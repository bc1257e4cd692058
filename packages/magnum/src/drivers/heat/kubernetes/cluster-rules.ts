import type { Cluster, ClusterTemplate } from '../../../store/rows.ts';
import type { HeatOptions } from '../node-settings.ts';
import { isOn } from './label-values.ts';

/** @returns why there can be no such cluster, in words for the user */
export function refusalOf(
  cluster: Pick<Cluster, 'labels' | 'master_lb_enabled' | 'fixed_network' | 'fixed_subnet'>,
  template: ClusterTemplate,
  { clusterUserTrust, simulatedServers }: HeatOptions,
): string | undefined {
  if (!simulatedServers) {
    return (
      'This release of Gantry does not make nodes of Kubernetes yet. It looks after clusters that are there, ' +
      'and makes new ones of the COE swarm'
    );
  }
  const wanted = isOn(cluster.labels, 'cloud_provider_enabled');
  if (wanted === true && !clusterUserTrust) {
    return (
      'The label cloud_provider_enabled is true, but nodes do not get the trust that takes: leave it out, or ' +
      'have the operator set [trust] cluster_user_trust'
    );
  }
  if (template.volume_driver === 'cinder' && !(wanted ?? clusterUserTrust)) {
    return (
      'The volume driver cinder needs the cloud provider: have the operator set [trust] cluster_user_trust, and ' +
      'leave out the label cloud_provider_enabled or set it to true'
    );
  }
  if (cluster.master_lb_enabled && cluster.fixed_network !== null && cluster.fixed_subnet === null) {
    return 'A load balancer needs to know its subnet: give fixed_subnet beside fixed_network';
  }
  return undefined;
}
