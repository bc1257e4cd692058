import { hostname } from 'node:os';
import { createSession, httpTransport } from '@gantry/openstack';
import {
  endpointType,
  loadConfig,
  loginOptions,
  option,
  serviceLogin,
  type Problem,
  type Sources,
  type Values,
} from '@gantry/oslo';
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
    endpoint_type: endpointType(),
    region_name: option.text(),
    ...loginOptions,
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
  const session = createSession({
    ...serviceLogin('neutron', neutron),
    interface: neutron.endpoint_type,
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
