import type { NodeGroup } from '../../../store/rows.ts';
import { DriverRefusal, type DriverContext } from '../../driver.ts';
import { defaultGroups, masterFlavorOf, templateOf } from '../default-groups.ts';
import { findStack, resourceAttributes } from '../find-stack.ts';
import { nodePatience, nodeUrls, type HeatOptions } from '../node-settings.ts';
import { defined, label, need, noProxy, text, told } from '../stack-values.ts';
import { countIn, isOn } from './label-values.ts';
import { hasLoadBalancers } from './load-balancers.ts';
import { serviceAccountParameters } from './service-account.ts';
import { versionParameters } from './upgrades.ts';

type Parameters = Readonly<Record<string, unknown>>;

/** What a field is said to be needed by. */
const WHAT = 'a Kubernetes cluster';

/** Of a new cluster's stack. */
export async function clusterParameters(context: DriverContext, options: HeatOptions): Promise<Parameters> {
  const { cluster, template } = context;
  const { masters, workers } = defaultGroups(context.nodegroups);
  const { labels } = cluster;
  const etcdVolumeSize = countIn(labels, 'etcd_volume_size') ?? 0;
  return defined({
    ...(await nodeParameters(context, workers, options)),
    ...(await loadBalancerParameters(context)),
    ...(await serviceAccountParameters()),
    number_of_masters: masters.node_count,
    master_image: masters.image_id ?? template?.image_id,
    master_flavor: need(masterFlavorOf(context), 'flavor_id', WHAT),
    master_role: masters.role,
    master_nodegroup_name: masters.name,
    fixed_network: cluster.fixed_network,
    fixed_subnet: cluster.fixed_subnet,
    fixed_subnet_cidr: label(labels, 'fixed_subnet_cidr'),
    dns_nameserver: template?.dns_nameserver,
    portal_network_cidr: label(labels, 'service_cluster_ip_range'),
    etcd_volume_size: etcdVolumeSize,
    etcd_volume_type:
      etcdVolumeSize > 0 ? (label(labels, 'etcd_volume_type') ?? options.defaultEtcdVolumeType) : undefined,
  });
}

/** Of a stack of further workers. @param main outputs of the cluster's stack */
export async function groupParameters(
  context: DriverContext,
  group: NodeGroup,
  main: ReadonlyMap<string, unknown>,
  options: HeatOptions,
): Promise<Parameters> {
  const stack = await findStack(context);
  const [network, securityGroup] = await Promise.all(
    ['network', 'secgroup_kube_minion'].map((name) => resourceAttributes(context, stack, name)),
  );
  const api = main.get('api_private_address') ?? main.get('api_address');
  return defined({
    ...(await nodeParameters(context, group, options)),
    is_cluster_stack: false,
    existing_master_private_ip: told(api, 'address of its API'),
    existing_security_group: told(securityGroup?.['id'], 'security group'),
    fixed_network: told(network?.['fixed_network'], 'network'),
    fixed_subnet: text(network?.['fixed_subnet']),
  });
}

/** What workers of any group are told, and what all of a stack's servers have in common. */
async function nodeParameters(
  context: DriverContext,
  group: NodeGroup,
  options: HeatOptions,
): Promise<Record<string, unknown>> {
  const { cluster, session } = context;
  const template = templateOf(context);
  const { authUrl, magnumUrl } = await nodeUrls(session, options);
  const { labels } = group;
  const dockerVolume = (group.docker_volume_size ?? 0) > 0;
  const bootVolumeSize = countIn(labels, 'boot_volume_size') ?? options.defaultBootVolumeSize;
  return {
    cluster_uuid: cluster.uuid,
    project_id: cluster.project_id,
    region_name: options.region,
    ssh_key_name: cluster.keypair,
    number_of_minions: group.node_count,
    minion_image: group.image_id ?? template.image_id,
    minion_flavor: need(group.flavor_id ?? cluster.flavor_id ?? cluster.master_flavor_id, 'flavor_id', WHAT),
    worker_role: group.role,
    worker_nodegroup_name: group.name,
    availability_zone: label(labels, 'availability_zone'),
    nodes_affinity_policy: options.nodesAffinityPolicy,
    external_network: template.external_network_id,
    floating_ip_enabled: cluster.floating_ip_enabled,
    pods_network_cidr: label(
      labels,
      template.network_driver === 'calico' ? 'calico_ipv4pool' : 'flannel_network_cidr',
    ),
    boot_volume_size: bootVolumeSize,
    boot_volume_type:
      bootVolumeSize > 0 ? (label(labels, 'boot_volume_type') ?? options.defaultBootVolumeType) : undefined,
    docker_volume_size: group.docker_volume_size,
    docker_volume_type: dockerVolume
      ? (label(labels, 'docker_volume_type') ?? options.defaultDockerVolumeType)
      : undefined,
    ...versionParameters(labels),
    network_driver: template.network_driver,
    volume_driver: template.volume_driver,
    docker_storage_driver: template.docker_storage_driver,
    registry_enabled: template.registry_enabled,
    insecure_registry_url: template.insecure_registry,
    cloud_provider_enabled: isOn(labels, 'cloud_provider_enabled') ?? options.clusterUserTrust,
    labels,
    http_proxy: template.http_proxy,
    https_proxy: template.https_proxy,
    no_proxy: noProxy(template.no_proxy, label(cluster.labels, 'fixed_subnet_cidr'), cluster.fixed_network),
    discovery_url: cluster.discovery_url,
    tls_disabled: template.tls_disabled,
    auth_url: authUrl,
    magnum_url: magnumUrl,
    trustee_user_id: need(cluster.trustee_user_id, 'trustee_user_id', WHAT),
    trustee_password: need(cluster.trustee_password, 'trustee_password', WHAT),
    trust_id: options.clusterUserTrust ? cluster.trust_id : undefined,
    verify_ca: options.verifyCa,
    openstack_ca: options.openstackCa,
    wait_condition_timeout: nodePatience(cluster, options),
  };
}

async function loadBalancerParameters({ cluster, session }: DriverContext): Promise<Record<string, unknown>> {
  const { labels } = cluster;
  const octaviaIngress = label(labels, 'ingress_controller')?.toLowerCase() === 'octavia';
  if (octaviaIngress || cluster.master_lb_enabled) {
    const what = cluster.master_lb_enabled ? 'master_lb_enabled' : 'the ingress controller octavia';
    if (!(await hasLoadBalancers(session)))
      throw new DriverRefusal(`this cloud has no load balancers (Octavia), which ${what} needs`);
  }
  return {
    master_lb_enabled: cluster.master_lb_enabled,
    master_lb_floating_ip_enabled:
      cluster.master_lb_enabled &&
      (isOn(labels, 'master_lb_floating_ip_enabled') ?? cluster.floating_ip_enabled),
    master_lb_allowed_cidrs: allowedCidrs(label(labels, 'master_lb_allowed_cidrs'), labels),
    octavia_provider: label(labels, 'octavia_provider'),
    octavia_lb_algorithm: label(labels, 'octavia_lb_algorithm'),
    octavia_lb_healthcheck: isOn(labels, 'octavia_lb_healthcheck'),
  };
}

/** Nodes reach the API through the load balancer too. */
function allowedCidrs(
  given: string | undefined,
  labels: Readonly<Record<string, string>>,
): string | undefined {
  return given && `${given},${label(labels, 'fixed_subnet_cidr') ?? '10.0.0.0/24'}`;
}
