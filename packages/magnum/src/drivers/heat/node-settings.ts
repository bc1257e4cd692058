import { EndpointNotFound, type CatalogEntry, type Interface, type Session } from '@gantry/openstack';
import type { Cluster } from '../../store/rows.ts';

/** What an operator says about clusters of all Heat drivers. */
export interface HeatOptions {
  /** `[cluster_heat] create_timeout`, minutes. */
  readonly createTimeoutMinutes: number;
  readonly region: string | undefined;
  /** Where nodes reach Keystone. `[trust] trustee_keystone_interface` */
  readonly keystoneInterface: Interface;
  /** Where nodes reach Magnum. `[magnum_client] endpoint_type` */
  readonly magnumInterface: Interface;
  /** Whether nodes get the trust, and with it all the user may do. `[trust] cluster_user_trust` */
  readonly clusterUserTrust: boolean;
  /** `[drivers] verify_ca` */
  readonly verifyCa: boolean;
  /** Contents (PEM) of `[drivers] openstack_ca_file`; empty for none. */
  readonly openstackCa: string;
  /** `[cluster] nodes_affinity_policy` */
  readonly nodesAffinityPolicy: string;
  /** `[cinder] default_docker_volume_type`; empty for Cinder's own default. */
  readonly defaultDockerVolumeType: string;
  /** `[cinder] default_etcd_volume_type`, the same. */
  readonly defaultEtcdVolumeType: string;
  /** `[cinder] default_boot_volume_type`, the same. */
  readonly defaultBootVolumeType: string;
  /** GB; `[cinder] default_boot_volume_size`, 0 for none. */
  readonly defaultBootVolumeSize: number;
  /** Nothing runs in the cloud's servers: `[gantry] simulated_servers` */
  readonly simulatedServers: boolean;
}

/** Seconds a node may take, however much longer the whole cluster may: the original's value. */
const NODE_PATIENCE = 6000;

/** Seconds after which a node counts as failed. */
export function nodePatience(cluster: Cluster, { createTimeoutMinutes }: HeatOptions): number {
  return Math.min((cluster.create_timeout || createTimeoutMinutes) * 60, NODE_PATIENCE);
}

/** Addresses that nodes ask, with the versions their scripts expect. */
export interface NodeUrls {
  /** Ends in `/v3`. */
  readonly authUrl: string;
  /** Ends in `/v1`. */
  readonly magnumUrl: string;
}

/** @throws EndpointNotFound if the catalog lacks an interface that the configuration names */
export async function nodeUrls(session: Session, options: HeatOptions): Promise<NodeUrls> {
  const { body } = await session.token();
  const catalog = body.catalog ?? [];
  const keystone = urlIn(catalog, ['identity'], options.keystoneInterface, options.region);
  const magnum = urlIn(
    catalog,
    ['container-infra', 'container-infrastructure', 'container-infrastructure-management'],
    options.magnumInterface,
    options.region,
  );
  return { authUrl: withVersion(keystone, 'v3'), magnumUrl: withVersion(magnum, 'v1') };
}

function urlIn(
  catalog: readonly CatalogEntry[],
  types: readonly string[],
  wanted: Interface,
  region: string | undefined,
): string {
  const found = catalog
    .filter((entry) => types.includes(entry.type))
    .flatMap((entry) => entry.endpoints)
    .find(
      (endpoint) => endpoint.interface === wanted && (region === undefined || endpoint.region === region),
    );
  if (found) return found.url.replace(/\/+$/, '');
  const where = region === undefined ? '' : ` in region ${region}`;
  throw new EndpointNotFound(
    `the catalog has no ${wanted} endpoint of type ${types[0]}${where}, which nodes need`,
  );
}

function withVersion(url: string, version: string): string {
  return url.endsWith(`/${version}`) ? url : `${url}/${version}`;
}
