import { mkdirSync, readFileSync, symlinkSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { databases, host, password, ports, serviceUrl } from './addresses.ts';

export interface ConfigureOptions {
  /**
   * Of bcrypt, for passwords set from now on; Keystone's own choice is 12. The original Magnum logs in up to three times for
   * one request: with 12, tests wait for Keystone most of their time. Measure with 12.
   */
  readonly passwordRounds?: number;
}

/** Writes every service's configuration below `folder`/etc: nothing in /etc is read but Debian's paste files. */
export function configure(folder: string, { passwordRounds = 4 }: ConfigureOptions = {}): void {
  const log = join(folder, 'log');
  const state = (name: string) => {
    const path = join(folder, 'state', name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const write = (name: string, file: string, text: string) => {
    const path = join(folder, 'etc', name);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, file), text);
  };
  for (const name of ['log', 'run', 'etc']) mkdirSync(join(folder, name), { recursive: true });

  write('mariadb', 'init.sql', grants());
  write('rabbitmq', 'rabbitmq.conf', rabbit());
  write('rabbitmq', 'rabbitmq-env.conf', '');
  write('rabbitmq', 'enabled_plugins', '[].\n');
  write('keystone', 'keystone.conf', keystone(log, folder, passwordRounds));
  write('glance', 'glance-api.conf', glance(state('images'), state('glance-lock')));
  write('placement', 'placement.conf', placement());
  write('nova', 'nova.conf', nova(log, state('nova')));
  write('neutron', 'neutron.conf', neutron(log, state('neutron')));
  write('neutron', 'ml2.ini', ml2());
  write('heat', 'heat.conf', heat(log));
  write('magnum', 'magnum.conf', magnum(log, state('magnum')));
  for (const [from, name] of [
    ['/etc/glance/glance-api-paste.ini', 'glance/glance-api-paste.ini'],
    ['/etc/nova/api-paste.ini', 'nova/api-paste.ini'],
  ] as const) {
    const link = join(folder, 'etc', name);
    if (!existsSync(link)) symlinkSync(from, link);
  }
  for (const [name, wsgi, processes, threads, argv] of [
    ['keystone', 'keystone-wsgi-public', 2, 4, `--config-file ${folder}/etc/keystone/keystone.conf`],
    ['glance-api', 'glance-wsgi-api', 1, 8, undefined],
    ['placement-api', 'placement-api', 1, 8, undefined],
    ['nova-api', 'nova-api-wsgi', 2, 1, undefined],
    ['heat-api', 'heat-wsgi-api', 1, 8, `--config-file ${folder}/etc/heat/heat.conf`],
  ] as const) {
    write(
      'uwsgi',
      `${name}.ini`,
      uwsgi(name, ports[name], `/usr/bin/${wsgi}`, processes, threads, log, argv),
    );
  }
  write('uwsgi', 'magnum-api.ini', debiansMagnumIni(folder, log));
}

const database = (name: keyof typeof databases) => `[database]
connection = ${databases[name]}
max_pool_size = 5
max_overflow = 20
connection_recycle_time = 280
`;

const transport = `transport_url = rabbit://openstack:${password}@127.0.0.1:${ports.rabbitmq}/`;

const credentials = (user: string) => `auth_type = password
auth_url = ${serviceUrl.keystone}
username = ${user}
password = ${password}
project_name = service
user_domain_name = Default
project_domain_name = Default
region_name = RegionOne
`;

const authtoken = (user: string) => `[keystone_authtoken]
www_authenticate_uri = ${serviceUrl.keystone}
${credentials(user)}memcached_servers = 127.0.0.1:${ports.memcached}
token_cache_time = 300
service_token_roles_required = true
service_token_roles = admin
`;

function grants(): string {
  const names = Object.keys(databases).map(
    (name) => `CREATE DATABASE IF NOT EXISTS ${name} CHARACTER SET utf8mb3;`,
  );
  return [
    `CREATE USER IF NOT EXISTS 'openstack'@'%' IDENTIFIED BY '${password}';`,
    "GRANT ALL ON *.* TO 'openstack'@'%';",
    ...names,
    '',
  ].join('\n');
}

const rabbit = () => `listeners.tcp.default = 127.0.0.1:${ports.rabbitmq}
default_user = openstack
default_pass = ${password}
log.file.level = warning
`;

const keystone = (log: string, folder: string, passwordRounds: number) => `[DEFAULT]
log_dir = ${log}
log_file = keystone-app.log
public_endpoint = ${serviceUrl.keystone}/
${database('keystone')}[token]
provider = fernet
expiration = 86400
[identity]
password_hash_rounds = ${passwordRounds}
[fernet_tokens]
key_repository = ${folder}/etc/keystone/fernet-keys
[credential]
key_repository = ${folder}/etc/keystone/credential-keys
[cache]
enabled = true
backend = dogpile.cache.pymemcache
memcache_servers = 127.0.0.1:${ports.memcached}
[oslo_policy]
policy_dirs = /etc/keystone/policy.d
`;

const glance = (images: string, lock: string) => `[DEFAULT]
use_stderr = true
[glance_store]
stores = file,http
default_store = file
filesystem_store_datadir = ${images}
[paste_deploy]
flavor = keystone
${database('glance')}${authtoken('glance')}[oslo_concurrency]
lock_path = ${lock}
[oslo_policy]
policy_dirs = /etc/glance/policy.d
`;

const placement = () => `[DEFAULT]
use_stderr = true
[placement_database]
connection = ${databases.placement}
[api]
auth_strategy = keystone
${authtoken('placement')}[oslo_policy]
policy_dirs = /etc/placement/policy.d
`;

/** The fake driver says that it runs whatever it is asked to run: Heat gets its servers, and none costs memory. */
const nova = (log: string, state: string) => `[DEFAULT]
log_dir = ${log}
host = ${host}
my_ip = 127.0.0.1
state_path = ${state}
${transport}
compute_driver = fake.FakeDriver
osapi_compute_workers = 1
ram_allocation_ratio = 50
cpu_allocation_ratio = 50
disk_allocation_ratio = 50
[api]
auth_strategy = keystone
[api_database]
connection = ${databases.nova_api}
max_pool_size = 5
${database('nova')}${authtoken('nova')}[service_user]
send_service_user_token = true
${credentials('nova')}[neutron]
${credentials('nova')}[placement]
${credentials('placement')}[glance]
${credentials('glance')}[conductor]
workers = 1
[scheduler]
workers = 1
[filter_scheduler]
enabled_filters = ComputeFilter,ServerGroupAntiAffinityFilter,ServerGroupAffinityFilter
[quota]
instances = -1
cores = -1
ram = -1
key_pairs = 1000
server_groups = -1
server_group_members = -1
[vnc]
enabled = false
[oslo_concurrency]
lock_path = ${state}
[oslo_policy]
policy_dirs = /etc/nova/policy.d
`;

/** Routers and floating IPs are rows only (no L3 agent): Heat asks for no more. */
const neutron = (log: string, state: string) => `[DEFAULT]
log_dir = ${log}
host = ${host}
state_path = ${state}
bind_host = 127.0.0.1
bind_port = ${ports['neutron-server']}
core_plugin = ml2
service_plugins = router
auth_strategy = keystone
api_paste_config = /etc/neutron/api-paste.ini
${transport}
notify_nova_on_port_status_changes = true
notify_nova_on_port_data_changes = true
dns_domain = openstacklocal.
api_workers = 1
rpc_workers = 1
rpc_state_report_workers = 0
interface_driver = linuxbridge
[agent]
root_helper = sudo /usr/bin/neutron-rootwrap /etc/neutron/rootwrap.conf
[experimental]
linuxbridge = true
${database('neutron')}${authtoken('neutron')}[nova]
${credentials('nova')}[quotas]
quota_network = -1
quota_subnet = -1
quota_port = -1
quota_router = -1
quota_floatingip = -1
quota_security_group = -1
quota_security_group_rule = -1
[oslo_concurrency]
lock_path = ${state}
[oslo_policy]
policy_dirs = /etc/neutron/policy.d
`;

/**
 * The agent is there only to be alive: Neutron binds no port on a host without one, and Nova's servers would fail. It has
 * no interface of the machine, and the no-op firewall keeps it out of its iptables.
 */
const ml2 = () => `[ml2]
type_drivers = flat,vxlan,local
tenant_network_types = vxlan
mechanism_drivers = linuxbridge
extension_drivers = port_security
[ml2_type_flat]
flat_networks = external
[ml2_type_vxlan]
vni_ranges = 1:16000
[vxlan]
enable_vxlan = true
local_ip = 127.0.0.1
l2_population = false
[securitygroup]
firewall_driver = noop
enable_security_group = true
`;

/** @remarks `[trustee]` names no project: a trust is a scope of its own, and Keystone refuses two. */
const heat = (log: string) => `[DEFAULT]
log_dir = ${log}
host = ${host}
${transport}
num_engine_workers = 1
deferred_auth_method = trusts
trusts_delegated_roles =
stack_user_domain_name = heat
stack_domain_admin = heat_domain_admin
stack_domain_admin_password = ${password}
region_name_for_services = RegionOne
heat_metadata_server_url = http://127.0.0.1:8000
heat_waitcondition_server_url = http://127.0.0.1:8000/v1/waitcondition
max_stacks_per_tenant = -1
max_resources_per_stack = -1
environment_dir = /etc/heat/environment.d
template_dir = /etc/heat/templates
[clients_keystone]
auth_uri = ${serviceUrl.keystone}
[trustee]
auth_type = password
auth_url = ${serviceUrl.keystone}
username = heat
password = ${password}
user_domain_name = Default
[heat_api]
bind_host = 127.0.0.1
workers = 1
${database('heat')}${authtoken('heat')}[oslo_policy]
policy_dirs = /etc/heat/policy.d
`;

/**
 * For the original and for Gantry, which is to be of the original's release here (with bays, without what came after) and
 * is told that Nova's driver is a fake.
 *
 * @remarks The volume types are set because Magnum would ask a Cinder for its default ones, and there is none.
 */
const magnum = (log: string, state: string) => `[DEFAULT]
log_dir = ${log}
host = ${host}
${transport}
pybasedir = /usr/lib/python3/dist-packages
bindir = /usr/bin
state_path = ${state}
[api]
host = 127.0.0.1
port = ${ports['magnum-api']}
api_paste_config = /etc/magnum/api-paste.ini
${database('magnum')}[certificates]
cert_manager_type = x509keypair
[cluster]
etcd_discovery_service_endpoint_format = http://127.0.0.1:${ports['etcd-discovery']}/new?size=%(size)d
[cinder]
default_docker_volume_type = none
default_boot_volume_type = none
default_etcd_volume_type = none
[drivers]
verify_ca = false
send_cluster_metrics = false
[keystone_auth]
${credentials('magnum')}${authtoken('magnum')}auth_version = v3
[trust]
cluster_user_trust = true
trustee_domain_name = magnum
trustee_domain_admin_name = trustee_domain_admin
trustee_domain_admin_domain_name = magnum
trustee_domain_admin_password = ${password}
trustee_keystone_interface = public
trustee_keystone_region_name = RegionOne
${['barbican', 'cinder', 'glance', 'heat', 'magnum', 'neutron', 'nova', 'octavia']
  .map((client) => `[${client}_client]\nregion_name = RegionOne\nendpoint_type = publicURL\n`)
  .join('')}[oslo_concurrency]
lock_path = ${state}
[oslo_messaging_notifications]
driver = noop
[gantry]
max_microversion = 1.10
simulated_servers = true
[oslo_policy]
policy_dirs = /etc/magnum/policy.d
`;

function uwsgi(
  name: string,
  port: number,
  wsgi: string,
  processes: number,
  threads: number,
  log: string,
  argv?: string,
): string {
  return `[uwsgi]
plugins = python3
http-socket = 127.0.0.1:${port}
wsgi-file = ${wsgi}
name = ${name}
logto = ${log}/${name}.log
paste-logger = true
master = true
lazy-apps = true
thunder-lock = true
enable-threads = true
need-app = true
no-orphans = true
die-on-term = true
buffer-size = 65535
listen = 100
rem-header = Content-Length
add-header = Connection: close
http-auto-chunked = true
http-raw-body = true
socket-timeout = 30
processes = ${processes}
threads = ${threads}
${argv === undefined ? '' : `pyargv = ${argv}\n`}`;
}

/** The original as Debian ships it: its own file for uwsgi, but for address, log, user and the number of processes. */
function debiansMagnumIni(folder: string, log: string): string {
  const shipped = readFileSync('/etc/magnum/magnum-api-uwsgi.ini', 'utf8');
  const kept = shipped
    .split('\n')
    .filter((line) => !/^(#|\s*$|(uid|gid|chdir|processes|logto|http-socket|paste)\s*=)/.test(line));
  return `${kept.join('\n')}
processes = 2
logto = ${log}/magnum-api.log
http-socket = 127.0.0.1:${ports['magnum-api']}
pyargv = --config-file ${folder}/etc/magnum/magnum.conf
`;
}
