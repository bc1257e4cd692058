import type { Target } from '../targets.ts';

/** Names of what the plug-in's templates ask the cloud for. */
export const names = { image: 'tempest-coreos', flavor: 'tempest', keypair: 'tempest' } as const;

/**
 * Tempest's configuration: an administrator that makes a project and a user for each test, and a Kubernetes cluster.
 *
 * @param folder where Tempest may write
 */
export const tempestConf = ({ authUrl, password, externalNetwork }: Target, folder: string): string => `[auth]
admin_username = admin
admin_password = ${password}
admin_project_name = admin
admin_domain_name = Default
tempest_roles = member
create_isolated_networks = false
[identity]
uri_v3 = ${authUrl}/v3
region = RegionOne
[service_available]
cinder = false
swift = false
[oslo_concurrency]
lock_path = ${folder}/lock
[magnum]
coe = kubernetes
network_driver = flannel
docker_storage_driver = overlay2
image_id = ${names.image}
flavor_id = ${names.flavor}
master_flavor_id = ${names.flavor}
keypair_name = ${names.keypair}
nic_id = ${externalNetwork}
copy_logs = false
cluster_creation_timeout = 5
`;

/** Only the plug-in's tests are looked for: Tempest's own are hundreds, and take longer to load than these to run. */
export const stestrConf = `[DEFAULT]
top_dir = /usr/lib/python3/dist-packages
test_path = /usr/lib/python3/dist-packages/magnum_tempest_plugin/tests
`;
