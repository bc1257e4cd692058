import { hostname } from 'node:os';
import {
  createSession,
  httpTransport,
  type Credentials,
  type Interface,
  type Scope,
} from '@gantry/openstack';
import { ConfigError, loadConfig, option, type Problem, type Sources, type Values } from '@gantry/oslo';
import type { KuryrConfig } from './config.ts';
import type { KuryrOptions } from './kuryr.ts';

/** kuryr.conf, as kuryr-libnetwork and keystoneauth name its options, and a few of our own. */
export const KURYR_SCHEMA = {
  DEFAULT: {
    capability_scope: option.text({ default: 'local', choices: ['local', 'global'] }),
    local_default_address_space: option.text({ default: 'no_address_space' }),
    global_default_address_space: option.text({ default: 'no_address_space' }),
    subnetpool_name_prefix: option.text({ default: 'kuryrPool' }),
    process_external_connectivity: option.boolean({ default: true }),
    ip_range_is: option.text({
      default: 'subnet',
      choices: ['subnet', 'allocation_pool'],
      help: 'What --ip-range makes: the Neutron subnet itself, as the original does, or its allocation pool',
    }),
    socket: option.text({ default: '/run/docker/plugins/kuryr.sock' }),
    state_dir: option.text({ default: '/var/lib/kuryr' }),
    host: option.text({ help: "This host's name as its Neutron agents have it; its own name unless set" }),
  },
  binding: {
    veth_dst_prefix: option.text({ default: 'eth' }),
  },
  neutron: {
    enable_dhcp: option.boolean({ default: true }),
    default_subnetpool_v4: option.text({ default: 'kuryr' }),
    default_subnetpool_v6: option.text({ default: 'kuryr6' }),
    vif_plugging_is_fatal: option.boolean({ default: false }),
    vif_plugging_timeout: option.integer({ default: 0, min: 0 }),
    endpoint_type: option.text({ default: 'public' }),
    region_name: option.text(),
    auth_type: option.text({ default: 'password', deprecated: ['auth_plugin'] }),
    auth_url: option.text(),
    username: option.text({ deprecated: ['user-name', 'user_name'] }),
    user_id: option.text(),
    user_domain_name: option.text(),
    user_domain_id: option.text(),
    password: option.text({ secret: true }),
    project_name: option.text({ deprecated: ['tenant-name', 'tenant_name'] }),
    project_id: option.text({ deprecated: ['tenant-id', 'tenant_id'] }),
    project_domain_name: option.text(),
    project_domain_id: option.text(),
    default_domain_name: option.text(),
    default_domain_id: option.text(),
    token: option.text({ secret: true }),
    application_credential_id: option.text(),
    application_credential_secret: option.text({ secret: true }),
    cafile: option.text(),
    insecure: option.boolean({ default: false }),
    timeout: option.integer({ min: 1, help: 'Seconds that one request may take' }),
  },
};

export type KuryrConf = Values<typeof KURYR_SCHEMA>;

/** Options that the original has and this driver needs not. */
const FOREIGN: Sources['foreign'] = {
  DEFAULT: (
    'kuryr_uri bindir pybasedir state_path port_driver default_port_driver deployment_type enabled_port_drivers ' +
    'enable_ssl ssl_cert_file ssl_key_file driver debug use_stderr log_file log_dir log_config_append use_syslog ' +
    'syslog_log_facility default_log_levels'
  ).split(' '),
  binding: ['default_driver', 'driver', 'enabled_drivers', 'link_iface'],
  neutron: ['certfile', 'keyfile', 'auth_section', 'split_loggers', 'collect_timing', 'trust_id'],
};

/** Reads kuryr.conf. @throws ConfigError with every mistake in it */
export function loadKuryrConf(sources: Sources): { conf: KuryrConf; warnings: readonly Problem[] } {
  const { values, warnings } = loadConfig(KURYR_SCHEMA, { ...sources, foreign: FOREIGN });
  return { conf: values, warnings };
}

/** What kuryr.conf says, as options of `createKuryr`; the log is the caller's. @throws ConfigError */
export function kuryrOptionsFromConfig(conf: KuryrConf): Omit<KuryrOptions, 'log'> {
  const { DEFAULT, neutron } = conf;
  const authUrl = neutron.auth_url;
  if (authUrl === undefined)
    throw wrong('auth_url', "must be set to Keystone's address, http://HOST:5000/v3");
  const session = createSession({
    authUrl,
    credentials: credentials(neutron),
    interface: interfaceOf(neutron.endpoint_type),
    region: neutron.region_name,
    transport: httpTransport({
      ...(neutron.cafile && { caFiles: [neutron.cafile] }),
      insecure: neutron.insecure,
    }),
    timeoutMs: Math.min(neutron.timeout ?? 25, 25) * 1000,
  });
  return {
    session,
    socket: DEFAULT.socket,
    stateDir: DEFAULT.state_dir,
    hostName: DEFAULT.host ?? hostname(),
    config: driverConfig(conf),
  };
}

function driverConfig({ DEFAULT, binding, neutron }: KuryrConf): KuryrConfig {
  return {
    capabilityScope: DEFAULT.capability_scope,
    localAddressSpace: DEFAULT.local_default_address_space,
    globalAddressSpace: DEFAULT.global_default_address_space,
    subnetPoolPrefix: DEFAULT.subnetpool_name_prefix,
    ipRangeIs: DEFAULT.ip_range_is,
    exposedPorts: DEFAULT.process_external_connectivity,
    interfacePrefix: binding.veth_dst_prefix,
    enableDhcp: neutron.enable_dhcp,
    defaultPoolV4: neutron.default_subnetpool_v4,
    defaultPoolV6: neutron.default_subnetpool_v6,
    pluggingIsFatal: neutron.vif_plugging_is_fatal,
    pluggingTimeout: neutron.vif_plugging_timeout,
  };
}

/** keystoneauth's plug-ins, with and without their version. */
function credentials(neutron: KuryrConf['neutron']): Credentials {
  const type = neutron.auth_type.replace(/^v3/, '');
  if (type === 'password') {
    const { password } = neutron;
    if (password === undefined) throw wrong('password', 'must be set');
    if (neutron.username === undefined && neutron.user_id === undefined)
      throw wrong('username', 'must be set');
    const user = {
      id: neutron.user_id,
      name: neutron.username,
      domainId: neutron.user_domain_id ?? neutron.default_domain_id,
      domainName: neutron.user_domain_name ?? neutron.default_domain_name,
    };
    return { type: 'password', user, password, scope: scope(neutron) };
  }
  if (type === 'token') {
    if (neutron.token === undefined) throw wrong('token', 'must be set for auth_type = token');
    return { type: 'token', token: neutron.token, scope: scope(neutron) };
  }
  if (type === 'applicationcredential') {
    const { application_credential_id: id, application_credential_secret: secret } = neutron;
    if (id === undefined || secret === undefined) {
      throw wrong('application_credential_id', 'and application_credential_secret must be set');
    }
    return { type: 'application_credential', id, secret };
  }
  throw wrong('auth_type', 'must be password, token or v3applicationcredential');
}

function scope(neutron: KuryrConf['neutron']): Scope {
  if (neutron.project_id === undefined && neutron.project_name === undefined) {
    throw wrong('project_name', 'must be set: networks and ports are made in that project');
  }
  return {
    project: {
      id: neutron.project_id,
      name: neutron.project_name,
      domainId: neutron.project_domain_id ?? neutron.default_domain_id,
      domainName: neutron.project_domain_name ?? neutron.default_domain_name,
    },
  };
}

function interfaceOf(endpointType: string): Interface {
  const name = endpointType.replace(/URL$/, '');
  if (name === 'public' || name === 'internal' || name === 'admin') return name;
  throw wrong('endpoint_type', 'must be public, internal or admin');
}

function wrong(name: string, message: string): ConfigError {
  return new ConfigError([{ group: 'neutron', option: name, message }]);
}
