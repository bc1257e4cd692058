import type { Undecoded } from '../../../store/codec.ts';
import type { ClusterTemplate } from '../../../store/rows.ts';
import {
  booleanAt,
  keysOf,
  linksJson,
  numberAt,
  objectJson,
  textAt,
  textJson,
  timeJson,
} from '../../wire/json-text.ts';

const key = keysOf(
  'name',
  'coe',
  'image_id',
  'flavor_id',
  'master_flavor_id',
  'dns_nameserver',
  'keypair_id',
  'external_network_id',
  'fixed_network',
  'fixed_subnet',
  'network_driver',
  'apiserver_port',
  'docker_volume_size',
  'cluster_distro',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'volume_driver',
  'registry_enabled',
  'tls_disabled',
  'public',
  'server_type',
  'insecure_registry',
  'docker_storage_driver',
  'master_lb_enabled',
  'floating_ip_enabled',
  'project_id',
  'user_id',
  'hidden',
  'tags',
  'driver',
);

/** Which fields there are. */
export interface TemplateView {
  readonly collection: 'clustertemplates' | 'baymodels';
  /** Whether `driver` is one: it came long after bay models went. */
  readonly driver: boolean;
}

/** A cluster template, or, in fewer fields, a bay model as JSON, its fields in the original's order. */
export function templateJson(
  template: ClusterTemplate | Undecoded<ClusterTemplate>,
  base: string,
  { collection, driver }: TemplateView,
): string {
  return (
    `{"uuid":${textJson(template.uuid)}` +
    textAt(key.name, template.name) +
    textAt(key.coe, template.coe) +
    textAt(key.image_id, template.image_id) +
    textAt(key.flavor_id, template.flavor_id) +
    textAt(key.master_flavor_id, template.master_flavor_id) +
    textAt(key.dns_nameserver, template.dns_nameserver) +
    textAt(key.keypair_id, template.keypair_id) +
    textAt(key.external_network_id, template.external_network_id) +
    textAt(key.fixed_network, template.fixed_network) +
    textAt(key.fixed_subnet, template.fixed_subnet) +
    textAt(key.network_driver, template.network_driver) +
    numberAt(key.apiserver_port, template.apiserver_port) +
    numberAt(key.docker_volume_size, template.docker_volume_size) +
    textAt(key.cluster_distro, template.cluster_distro) +
    `,"links":${linksJson(base, `${collection}/${template.uuid}`)}` +
    textAt(key.http_proxy, template.http_proxy) +
    textAt(key.https_proxy, template.https_proxy) +
    textAt(key.no_proxy, template.no_proxy) +
    textAt(key.volume_driver, template.volume_driver) +
    booleanAt(key.registry_enabled, template.registry_enabled) +
    `,"labels":${objectJson(template.labels)}` +
    booleanAt(key.tls_disabled, template.tls_disabled) +
    booleanAt(key.public, template.public) +
    textAt(key.server_type, template.server_type) +
    textAt(key.insecure_registry, template.insecure_registry) +
    textAt(key.docker_storage_driver, template.docker_storage_driver) +
    booleanAt(key.master_lb_enabled, template.master_lb_enabled) +
    booleanAt(key.floating_ip_enabled, template.floating_ip_enabled) +
    (collection === 'baymodels'
      ? ''
      : textAt(key.project_id, template.project_id) + textAt(key.user_id, template.user_id)) +
    booleanAt(key.hidden, template.hidden) +
    textAt(key.tags, template.tags) +
    (driver ? textAt(key.driver, template.driver) : '') +
    `,"created_at":${timeJson(template.created_at)},"updated_at":${timeJson(template.updated_at)}}`
  );
}
