import type { NodeGroup } from '../../../store/rows.ts';
import type { ClusterAttributes, Driver, DriverContext } from '../../driver.ts';
import { defaultGroups, masterFlavorOf, templateOf } from '../default-groups.ts';
import { memberHosts, type WorkerResources } from '../group-members.ts';
import { heatDriver, type StackTold } from '../heat-driver.ts';
import { nodePatience, nodeUrls, type HeatOptions } from '../node-settings.ts';
import { defined, label, need, noProxy, text, texts, told } from '../stack-values.ts';
import { loadTemplateFiles } from '../template-files.ts';
import { connectToSwarm, type SwarmConnector } from './swarm-api.ts';
import { swarmMembership } from './swarm-membership.ts';

/** Image families whose nodes have systemd, cloud-init and a shell that our scripts run in. */
const DISTROS = [
  'debian',
  'ubuntu',
  'fedora',
  'fedora-atomic',
  'fedora-coreos',
  'centos',
  'rocky',
  'opensuse',
];

/** What a field is said to be needed by. */
const WHAT = 'a Swarm';

/**
 * Docker's swarm mode, for the COEs `swarm` and `swarm-mode` alike. The API is Docker's own: port 2376 with
 * TLS, 2375 without (`tls_disabled`). The original's `swarm-mode` served TLS on 2375; 2376 is the port that
 * IANA and Docker give it, and clients take it from `api_address`.
 */
export function swarmDriver(options: HeatOptions, connect: SwarmConnector = connectToSwarm): Driver {
  return heatDriver(
    {
      name: 'swarm',
      provides: ['swarm', 'swarm-mode'].flatMap((coe) =>
        DISTROS.map((os) => ({ serverType: 'vm', os, coe })),
      ),
      templates: loadTemplateFiles(new URL('templates/cluster.yaml', import.meta.url)),
      parameters: (context) => parametersOf(context, options),
      attributes: attributesOf,
      workers,
      addedGroups: {
        parameters: (context, group, main) => groupParametersOf(context, group, main, options),
        addresses: (outputs) => texts(outputs.get('swarm_nodes')),
      },
      membership: swarmMembership(connect, (context, group) => memberHosts(context, group, workers)),
      rest: {
        validateNodegroup: ({ node_taints }) =>
          node_taints.length === 0
            ? undefined
            : 'node_taints: a Swarm has none. Use node_labels, and constraints of services on them',
        missingFields: ({ flavor_id, master_flavor_id }) =>
          flavor_id === null && master_flavor_id === null ? ['flavor_id'] : [],
      },
    },
    options,
  );
}

const workers: WorkerResources = {
  resource: 'swarm_nodes',
  count: 'number_of_nodes',
  removal: 'nodes_to_remove',
  host: (stackName, member) => `${stackName}-node-${member}`,
};

async function parametersOf(
  context: DriverContext,
  options: HeatOptions,
): Promise<Readonly<Record<string, unknown>>> {
  const { cluster, template } = context;
  const { masters, workers: group } = defaultGroups(context.nodegroups);
  return defined({
    ...(await commonParameters(context, group, options)),
    number_of_secondary_masters: masters.node_count - 1,
    master_image: masters.image_id ?? template?.image_id,
    master_flavor: need(masterFlavorOf(context), 'flavor_id', WHAT),
    fixed_network: cluster.fixed_network,
    fixed_subnet: cluster.fixed_subnet,
    fixed_subnet_cidr: label(cluster.labels, 'fixed_subnet_cidr'),
    dns_nameserver: template?.dns_nameserver,
    master_docker_volume_size: masters.docker_volume_size ?? undefined,
  });
}

/** For workers that join the Swarm of the cluster's own stack. */
async function groupParametersOf(
  context: DriverContext,
  group: NodeGroup,
  main: ReadonlyMap<string, unknown>,
  options: HeatOptions,
): Promise<Readonly<Record<string, unknown>>> {
  const { masters } = defaultGroups(context.nodegroups);
  return defined({
    ...(await commonParameters(context, group, options)),
    is_cluster_stack: false,
    // Named because the template asks for them, and used for nothing.
    master_image: masters.image_id ?? context.template?.image_id,
    master_flavor: need(masterFlavorOf(context), 'flavor_id', WHAT),
    existing_primary_address: told(texts(main.get('swarm_primary_master_private'))[0], 'address'),
    existing_node_security_group: told(main.get('node_security_group'), 'security group'),
    fixed_network: told(main.get('network'), 'network'),
    fixed_subnet: text(main.get('subnet')),
  });
}

async function commonParameters(
  context: DriverContext,
  group: NodeGroup,
  options: HeatOptions,
): Promise<Record<string, unknown>> {
  const { cluster, session } = context;
  const template = templateOf(context);
  const { authUrl, magnumUrl } = await nodeUrls(session, options);
  const { labels } = group;
  return {
    cluster_uuid: cluster.uuid,
    ssh_key_name: cluster.keypair,
    number_of_nodes: group.node_count,
    node_image: group.image_id ?? template.image_id,
    node_flavor: need(group.flavor_id ?? cluster.flavor_id ?? cluster.master_flavor_id, 'flavor_id', WHAT),
    availability_zone: label(labels, 'availability_zone'),
    nodes_affinity_policy: options.nodesAffinityPolicy,
    external_network: template.external_network_id,
    floating_ip_enabled: cluster.floating_ip_enabled,
    docker_volume_size: group.docker_volume_size ?? undefined,
    docker_volume_type: label(labels, 'docker_volume_type') ?? options.defaultDockerVolumeType,
    docker_storage_driver: template.docker_storage_driver,
    insecure_registry_url: template.insecure_registry,
    registry_mirrors: label(labels, 'registry_mirrors'),
    http_proxy: template.http_proxy,
    https_proxy: template.https_proxy,
    no_proxy: noProxy(template.no_proxy, label(cluster.labels, 'fixed_subnet_cidr'), cluster.fixed_network),
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

function attributesOf({ outputs }: StackTold, context: DriverContext): ClusterAttributes {
  const { masters, workers: group } = defaultGroups(context.nodegroups);
  const address = text(outputs.get('api_address'));
  const version = reportedVersion(outputs.get('docker_version'));
  return {
    apiAddress: address && `tcp://${address}:${context.template?.tls_disabled === true ? 2375 : 2376}`,
    discoveryUrl: text(outputs.get('discovery_url')),
    coeVersion: version,
    containerVersion: version,
    nodeAddresses: new Map([
      [
        masters.name,
        [...texts(outputs.get('swarm_primary_master')), ...texts(outputs.get('swarm_secondary_masters'))],
      ],
      [group.name, texts(outputs.get('swarm_nodes'))],
    ]),
  };
}

/** A wait condition's data: a JSON object in a string, with one entry per signal. */
function reportedVersion(data: unknown): string | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    const parsed: unknown = JSON.parse(data);
    const values = typeof parsed === 'object' && parsed !== null ? Object.values(parsed) : [];
    return values.find((value): value is string => typeof value === 'string' && /^\d+\.\d+/.test(value));
  } catch {
    return undefined;
  }
}
