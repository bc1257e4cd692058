import type { ClusterTemplate } from '../store/rows.ts';
import { linksTo } from './links.ts';
import { timestamp } from './timestamp.ts';

/** A cluster template on the wire, its fields in the original's order. */
export function templateView(template: ClusterTemplate, base: string): object {
  return {
    uuid: template.uuid,
    name: template.name,
    coe: template.coe,
    image_id: template.image_id,
    flavor_id: template.flavor_id,
    master_flavor_id: template.master_flavor_id,
    dns_nameserver: template.dns_nameserver,
    keypair_id: template.keypair_id,
    external_network_id: template.external_network_id,
    fixed_network: template.fixed_network,
    fixed_subnet: template.fixed_subnet,
    network_driver: template.network_driver,
    apiserver_port: template.apiserver_port,
    docker_volume_size: template.docker_volume_size,
    cluster_distro: template.cluster_distro,
    links: linksTo(base, `clustertemplates/${template.uuid}`),
    http_proxy: template.http_proxy,
    https_proxy: template.https_proxy,
    no_proxy: template.no_proxy,
    volume_driver: template.volume_driver,
    registry_enabled: template.registry_enabled,
    labels: template.labels,
    tls_disabled: template.tls_disabled,
    public: template.public,
    server_type: template.server_type,
    insecure_registry: template.insecure_registry,
    docker_storage_driver: template.docker_storage_driver,
    master_lb_enabled: template.master_lb_enabled,
    floating_ip_enabled: template.floating_ip_enabled,
    project_id: template.project_id,
    user_id: template.user_id,
    hidden: template.hidden,
    tags: template.tags,
    driver: template.driver,
    created_at: timestamp(template.created_at),
    updated_at: timestamp(template.updated_at),
  };
}
