import type { Undecoded } from '../store/codec.ts';
import type { ClusterTemplate } from '../store/rows.ts';
import { booleanJson, linksJson, objectJson, textJson, timeJson } from './json-text.ts';

/** A cluster template, or, in fewer fields, a bay model as JSON, its fields in the original's order. */
export function templateJson(
  template: ClusterTemplate | Undecoded<ClusterTemplate>,
  base: string,
  collection: 'clustertemplates' | 'baymodels',
): string {
  const legacy = collection === 'baymodels';
  const owner = legacy
    ? ''
    : `,"project_id":${textJson(template.project_id)},"user_id":${textJson(template.user_id)}`;
  const driver = legacy ? '' : `,"driver":${textJson(template.driver)}`;
  return (
    `{"uuid":${textJson(template.uuid)},"name":${textJson(template.name)}` +
    `,"coe":${textJson(template.coe)},"image_id":${textJson(template.image_id)}` +
    `,"flavor_id":${textJson(template.flavor_id)}` +
    `,"master_flavor_id":${textJson(template.master_flavor_id)}` +
    `,"dns_nameserver":${textJson(template.dns_nameserver)}` +
    `,"keypair_id":${textJson(template.keypair_id)}` +
    `,"external_network_id":${textJson(template.external_network_id)}` +
    `,"fixed_network":${textJson(template.fixed_network)}` +
    `,"fixed_subnet":${textJson(template.fixed_subnet)}` +
    `,"network_driver":${textJson(template.network_driver)}` +
    `,"apiserver_port":${template.apiserver_port}` +
    `,"docker_volume_size":${template.docker_volume_size}` +
    `,"cluster_distro":${textJson(template.cluster_distro)}` +
    `,"links":${linksJson(base, `${collection}/${template.uuid}`)}` +
    `,"http_proxy":${textJson(template.http_proxy)}` +
    `,"https_proxy":${textJson(template.https_proxy)}` +
    `,"no_proxy":${textJson(template.no_proxy)}` +
    `,"volume_driver":${textJson(template.volume_driver)}` +
    `,"registry_enabled":${booleanJson(template.registry_enabled)}` +
    `,"labels":${objectJson(template.labels)}` +
    `,"tls_disabled":${booleanJson(template.tls_disabled)}` +
    `,"public":${booleanJson(template.public)}` +
    `,"server_type":${textJson(template.server_type)}` +
    `,"insecure_registry":${textJson(template.insecure_registry)}` +
    `,"docker_storage_driver":${textJson(template.docker_storage_driver)}` +
    `,"master_lb_enabled":${booleanJson(template.master_lb_enabled)}` +
    `,"floating_ip_enabled":${booleanJson(template.floating_ip_enabled)}` +
    owner +
    `,"hidden":${booleanJson(template.hidden)},"tags":${textJson(template.tags)}${driver}` +
    `,"created_at":${timeJson(template.created_at)}` +
    `,"updated_at":${timeJson(template.updated_at)}}`
  );
}
