import { checkDockerVolume } from '../../../clusters/coe-rules.ts';
import { badRequest, forbidden, invalidField } from '../../../clusters/errors.ts';
import { generatedName } from '../../../clusters/generated-name.ts';
import { inheritedLabels } from '../../../clusters/labels.ts';
import {
  clusterStatuses,
  healthStatuses,
  type Cluster,
  type ClusterTemplate,
  type Labels,
  type New,
  type NodeGroup,
} from '../../../store/rows.ts';
import { checkCloud } from '../cloud-checks.ts';
import { driverFor } from '../templates/cluster-type.ts';
import { atLeast, type Microversion } from '../../wire/microversion.ts';
import type { ApiRequest } from '../../wire/route.ts';
import type { ApiServices } from '../services.ts';
import { checkRootDisk, volumeTypesIn } from '../volume-rules.ts';
import {
  boolean,
  ignored,
  integer,
  labels,
  mandatoryText,
  readOnly,
  short,
  text,
  type Read,
} from '../../wire/wire-fields.ts';

/** Before, a cluster had to have a worker. */
const ZERO_NODES_SINCE: Microversion = { major: 1, minor: 10 };

/** Minutes. */
const DEFAULT_CREATE_TIMEOUT = 60;

/** The fields of a cluster in requests. */
export const clusterFields = {
  uuid: ignored(),
  name: text({ min: 1, max: 242, pattern: /^[a-zA-Z][a-zA-Z0-9_.-]*$/ }),
  cluster_template_id: mandatoryText(short),
  keypair: text(short),
  node_count: integer({ min: 0 }),
  master_count: integer({ min: 1 }),
  docker_volume_size: integer({ min: 1 }),
  labels: labels(),
  master_flavor_id: text(short),
  flavor_id: text(short),
  create_timeout: integer({ min: 0 }),
  links: readOnly(),
  stack_id: readOnly(),
  cluster_id: readOnly(),
  // Looked at and passed over, as by the original.
  status: text({ choices: clusterStatuses }),
  status_reason: ignored(),
  health_status: text({ choices: healthStatuses }),
  health_status_reason: labels(),
  discovery_url: text(),
  api_address: readOnly(),
  coe_version: readOnly(),
  container_version: readOnly(),
  project_id: readOnly(),
  user_id: readOnly(),
  node_addresses: readOnly(),
  master_addresses: readOnly(),
  faults: readOnly(),
  fixed_network: text(short),
  fixed_subnet: text(short),
  floating_ip_enabled: boolean(),
  merge_labels: boolean(),
  labels_overridden: ignored(),
  labels_added: ignored(),
  labels_skipped: ignored(),
  master_lb_enabled: boolean(),
  created_at: readOnly(),
  updated_at: readOnly(),
} as const;

export type ClusterRequest = Read<typeof clusterFields>;

export interface NewCluster {
  readonly cluster: New<Cluster>;
  /** Masters first. */
  readonly nodegroups: readonly [New<NodeGroup>, New<NodeGroup>];
}

/**
 * The rows of a cluster that is asked for, checked by themselves and against the caller's cloud.
 *
 * @throws MagnumError 400, 403, 404 or 409, naming what is wrong
 */
export async function newCluster(
  asked: ClusterRequest,
  template: ClusterTemplate,
  owner: { readonly project_id: string; readonly user_id: string },
  request: ApiRequest,
  services: ApiServices,
): Promise<NewCluster> {
  const masters = asked.master_count ?? 1;
  const workers = asked.node_count ?? 1;
  const type = { serverType: template.server_type, os: template.cluster_distro ?? '', coe: template.coe };
  const driver = driverFor(services.drivers, type, template.driver ?? undefined);
  checkDockerVolume(template.docker_storage_driver, asked.docker_volume_size ?? template.docker_volume_size);
  const wrongSize = driver.validateMasterSize(masters);
  if (wrongSize !== undefined) throw badRequest(wrongSize);
  if (workers === 0 && !atLeast(request.version, ZERO_NODES_SINCE)) {
    throw badRequest('Resource limit: node_count must be greater than zero before version 1.10.');
  }
  if (template.hidden && !request.context.isAdmin) throw forbidden('Not authorized: the template is hidden.');
  const cluster = clusterRow(asked, template, owner, services);
  if (masters > 1 && !cluster.master_lb_enabled) {
    throw badRequest('master_count must be 1 when master_lb_enabled is False');
  }
  const impossible = driver.validateCluster?.(cluster, template);
  if (impossible !== undefined) throw badRequest(`${impossible}.`);
  const missing = driver.missingFields?.(cluster) ?? [];
  if (missing.length > 0) {
    throw badRequest(
      `Required parameter ${missing.join(', ')} not provided: neither the cluster nor its template has it.`,
    );
  }
  const { flavors } = await checkCloud(services.sessions.ofCaller(request.context.token), {
    image: template.image_id,
    flavor: cluster.flavor_id,
    masterFlavor: cluster.master_flavor_id,
    externalNetwork: template.external_network_id,
    fixedNetwork: cluster.fixed_network,
    fixedSubnet: cluster.fixed_subnet,
    volumeTypes: volumeTypesIn(cluster.labels),
    keypair: cluster.keypair,
  });
  checkRootDisk(flavors, cluster.labels, services.settings.cinder.default_boot_volume_size);
  return { cluster, nodegroups: nodegroupRows(cluster, template, { masters, workers }, services) };
}

function clusterRow(
  asked: ClusterRequest,
  template: ClusterTemplate,
  owner: { readonly project_id: string; readonly user_id: string },
  services: ApiServices,
): New<Cluster> {
  return {
    uuid: services.uuid(),
    name: asked.name ?? generatedName('cluster', services.random),
    ...owner,
    cluster_template_id: template.uuid,
    keypair: asked.keypair ?? template.keypair_id,
    docker_volume_size: asked.docker_volume_size ?? template.docker_volume_size,
    labels: inheritedLabels(template.labels, asked.labels, asked.merge_labels === true),
    master_flavor_id: asked.master_flavor_id ?? template.master_flavor_id,
    flavor_id: asked.flavor_id ?? template.flavor_id,
    stack_id: null,
    api_address: null,
    status: 'CREATE_IN_PROGRESS',
    status_reason: null,
    health_status: healthStatuses.find((known) => known === asked.health_status) ?? null,
    health_status_reason: asked.health_status_reason ?? {},
    // Absent gets the default, null stays null.
    create_timeout: asked.create_timeout === undefined ? DEFAULT_CREATE_TIMEOUT : asked.create_timeout,
    discovery_url: asked.discovery_url ?? null,
    coe_version: null,
    container_version: null,
    ca_cert_ref: null,
    magnum_cert_ref: null,
    etcd_ca_cert_ref: null,
    front_proxy_ca_cert_ref: null,
    fixed_network: asked.fixed_network ?? template.fixed_network,
    fixed_subnet: asked.fixed_subnet ?? template.fixed_subnet,
    floating_ip_enabled: asked.floating_ip_enabled ?? template.floating_ip_enabled,
    master_lb_enabled: asked.master_lb_enabled ?? template.master_lb_enabled,
    trust_id: null,
    trustee_username: null,
    trustee_user_id: null,
    trustee_password: null,
  };
}

function nodegroupRows(
  cluster: New<Cluster>,
  template: ClusterTemplate,
  counts: { readonly masters: number; readonly workers: number },
  services: ApiServices,
): [New<NodeGroup>, New<NodeGroup>] {
  const common = {
    cluster_id: cluster.uuid,
    project_id: cluster.project_id,
    docker_volume_size: cluster.docker_volume_size,
    labels: cluster.labels,
    image_id: template.image_id,
    node_addresses: [],
    max_node_count: null,
    is_default: true,
    stack_id: null,
    status: 'CREATE_IN_PROGRESS',
    status_reason: null,
    version: null,
    node_labels: {},
    node_taints: [],
  } as const;
  return [
    {
      ...common,
      uuid: services.uuid(),
      name: 'default-master',
      role: 'master',
      flavor_id: cluster.master_flavor_id,
      node_count: counts.masters,
      min_node_count: 0,
    },
    {
      ...common,
      uuid: services.uuid(),
      name: 'default-worker',
      role: 'worker',
      flavor_id: cluster.flavor_id,
      node_count: counts.workers,
      min_node_count: minimumIn(cluster.labels),
    },
  ];
}

function minimumIn(given: Labels): number {
  const minimum = given['min_node_count'];
  if (minimum === undefined) return 0;
  if (/^\d{1,9}$/.test(minimum.trim())) return Number(minimum);
  throw invalidField('labels.min_node_count', minimum, 'Value should be a number of nodes.');
}
