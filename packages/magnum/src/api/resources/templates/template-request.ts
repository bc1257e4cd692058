import { isIP } from 'node:net';
import type { Session } from '@gantry/openstack';
import {
  checkDockerVolume,
  checkServerType,
  checkVolumeDriver,
  coes,
  networkDriver,
  type NetworkDriverSettings,
} from '../../../clusters/coe-rules.ts';
import { badRequest } from '../../../clusters/errors.ts';
import type { ClusterTemplate, New } from '../../../store/rows.ts';
import { checkCloud } from '../cloud-checks.ts';
import { distroOf, driverFor, driverNamedBy } from './cluster-type.ts';
import { asUuid } from '../../wire/ident.ts';
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

/** The fields of a cluster template in requests. */
export const templateFields = {
  uuid: text(),
  name: text(short),
  coe: text({ choices: coes }),
  image_id: mandatoryText(short),
  flavor_id: text(short),
  master_flavor_id: text(short),
  dns_nameserver: text(),
  keypair_id: text(short),
  external_network_id: text(short),
  fixed_network: text(short),
  fixed_subnet: text(short),
  network_driver: text(short),
  apiserver_port: integer({ min: 1024, max: 65_535 }),
  docker_volume_size: integer({ min: 1 }),
  cluster_distro: ignored(),
  links: readOnly(),
  http_proxy: text(short),
  https_proxy: text(short),
  no_proxy: text(short),
  volume_driver: text(short),
  registry_enabled: boolean(),
  labels: labels(),
  tls_disabled: boolean(),
  public: boolean(),
  server_type: text(short),
  insecure_registry: text(short),
  docker_storage_driver: text(short),
  master_lb_enabled: boolean(),
  floating_ip_enabled: boolean(),
  project_id: readOnly(),
  user_id: readOnly(),
  hidden: boolean(),
  tags: text({ max: 255 }),
  driver: text(short),
  created_at: readOnly(),
  updated_at: readOnly(),
} as const;

export type TemplateRequest = Read<typeof templateFields>;

/** What a template's row gets from a request, but for what its image decides. */
export function templateRow(
  asked: TemplateRequest,
  owner: { readonly project_id: string; readonly user_id: string },
  services: ApiServices,
): New<ClusterTemplate> {
  const { coe } = asked;
  if (coe === null || coe === undefined) throw badRequest('Requested COE type Unset is not supported.');
  return {
    uuid: uuidOf(asked.uuid) ?? services.uuid(),
    ...owner,
    name: asked.name ?? null,
    image_id: asked.image_id,
    flavor_id: asked.flavor_id ?? null,
    master_flavor_id: asked.master_flavor_id ?? null,
    keypair_id: asked.keypair_id ?? null,
    external_network_id: asked.external_network_id ?? null,
    fixed_network: asked.fixed_network ?? null,
    fixed_subnet: asked.fixed_subnet ?? null,
    network_driver: asked.network_driver ?? null,
    volume_driver: asked.volume_driver ?? null,
    dns_nameserver: asked.dns_nameserver ?? null,
    apiserver_port: asked.apiserver_port ?? null,
    docker_volume_size: asked.docker_volume_size ?? null,
    docker_storage_driver: asked.docker_storage_driver ?? null,
    cluster_distro: null,
    coe,
    http_proxy: asked.http_proxy ?? null,
    https_proxy: asked.https_proxy ?? null,
    no_proxy: asked.no_proxy ?? null,
    registry_enabled: asked.registry_enabled ?? false,
    labels: asked.labels ?? {},
    tls_disabled: asked.tls_disabled ?? false,
    public: asked.public ?? false,
    server_type: asked.server_type ?? 'vm',
    insecure_registry: asked.insecure_registry ?? null,
    master_lb_enabled: asked.master_lb_enabled ?? false,
    floating_ip_enabled: asked.floating_ip_enabled ?? true,
    hidden: asked.hidden ?? false,
    tags: asked.tags ?? null,
    driver: asked.driver ?? null,
  };
}

/**
 * Checks a template by itself and against its owner's cloud, and fills in what follows from both: the network
 * driver, the distribution, the driver.
 *
 * @throws MagnumError 400, 403 or 409, naming what is wrong
 */
export async function validatedTemplate(
  row: New<ClusterTemplate>,
  session: Session,
  services: ApiServices,
): Promise<New<ClusterTemplate>> {
  checkServerType(row.server_type);
  const network_driver = networkDriver(row.coe, row.network_driver, networkSettings(row.coe, services));
  checkVolumeDriver(row.coe, row.volume_driver);
  checkDockerVolume(row.docker_storage_driver, row.docker_volume_size);
  checkNameservers(row.dns_nameserver);
  const { image, flavors } = await checkCloud(session, {
    image: row.image_id,
    flavor: row.flavor_id,
    masterFlavor: row.master_flavor_id,
    externalNetwork: row.external_network_id,
    fixedNetwork: row.fixed_network,
    fixedSubnet: row.fixed_subnet,
    volumeTypes: volumeTypesIn(row.labels),
  });
  if (!image) throw badRequest(`Image ${row.image_id} could not be found.`);
  const os = distroOf(image, row.image_id);
  const type = { serverType: row.server_type, os, coe: row.coe };
  const driver = driverFor(services.drivers, type, row.driver ?? driverNamedBy(image));
  checkRootDisk(flavors, row.labels, services.settings.cinder.default_boot_volume_size);
  return { ...row, network_driver, cluster_distro: os, driver: driver.name };
}

function uuidOf(given: string | null | undefined): string | undefined {
  if (given === null || given === undefined) return undefined;
  const uuid = asUuid(given);
  if (uuid !== undefined) return uuid;
  throw badRequest(`Expected a uuid but received ${given}.`);
}

function networkSettings(coe: string, { settings }: ApiServices): NetworkDriverSettings | undefined {
  const group = settings.cluster_template;
  if (coe === 'kubernetes') {
    return {
      allowed: group.kubernetes_allowed_network_drivers,
      default: group.kubernetes_default_network_driver,
    };
  }
  if (coe === 'swarm') {
    return { allowed: group.swarm_allowed_network_drivers, default: group.swarm_default_network_driver };
  }
  return undefined;
}

function checkNameservers(given: string | null): void {
  if (given === null) return;
  if (given.split(',').every((address) => isIP(address.trim()) !== 0)) return;
  throw badRequest(`Expected a single dns address or comma separated dns list, but received ${given}.`);
}
