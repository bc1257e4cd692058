import { readFileSync } from 'node:fs';
import { httpTransport, systemCaFiles, type Reference, type TransportOptions } from '@gantry/openstack';
import {
  ConfigError,
  endpointType,
  loginOptions,
  option,
  serviceLogin,
  type ServiceLogin,
  type Values,
} from '@gantry/oslo';
import { kubernetesDrivers } from '../drivers/heat/kubernetes/kubernetes-drivers.ts';
import { swarmDriver } from '../drivers/heat/swarm/swarm-driver.ts';
import type { HeatOptions } from '../drivers/heat/node-settings.ts';
import type { Driver } from '../drivers/driver.ts';
import { createDriverRegistry, type DriverRegistry } from '../drivers/registry.ts';
import type { CloudAccess, TrusteeDomainAccess } from './sessions.ts';
import type { TrustOptions } from './trust-credential.ts';

const { boolean, integer, list, text } = option;

const client = {
  ca_file: text({ help: 'PEM file: whom to believe to be this service as well' }),
  insecure: boolean({ default: false, help: 'no use: that of keystone_auth is for all services' }),
};

/** What of `magnum.conf` conductors and drivers look at; names and defaults are the original's. */
export const conductorOptions = {
  DEFAULT: { host: text({ help: 'name of this machine in magnum_service' }) },
  cinder: {
    default_docker_volume_type: text({ default: '' }),
    default_etcd_volume_type: text({ default: '' }),
    default_boot_volume_type: text({ default: '' }),
    default_boot_volume_size: integer({ default: 0, min: 0, help: 'GB' }),
  },
  cluster: {
    nodes_affinity_policy: text({
      default: 'soft-anti-affinity',
      choices: ['affinity', 'anti-affinity', 'soft-affinity', 'soft-anti-affinity'],
    }),
  },
  cluster_heat: { create_timeout: integer({ default: 60, min: 1, help: 'minutes' }) },
  drivers: {
    disabled_drivers: list({ default: [] }),
    verify_ca: boolean({ default: true, help: 'whether nodes check certificates of OpenStack services' }),
    openstack_ca_file: text({ default: '', help: 'PEM file that nodes check them with' }),
  },
  gantry: {
    simulated_servers: boolean({
      default: false,
      help: 'whether nothing runs in the servers of this cloud; clusters whose nodes this release can not make are built then, to try all around them',
    }),
  },
  heat_client: { ...client, endpoint_type: endpointType(), region_name: text() },
  glance_client: client,
  nova_client: client,
  neutron_client: client,
  cinder_client: client,
  keystone_auth: loginOptions,
  keystone_authtoken: loginOptions,
  magnum_client: { endpoint_type: endpointType(), region_name: text() },
  trust: {
    trustee_domain_id: text(),
    trustee_domain_name: text(),
    trustee_domain_admin_id: text(),
    trustee_domain_admin_name: text(),
    trustee_domain_admin_domain_id: text(),
    trustee_domain_admin_domain_name: text(),
    trustee_domain_admin_password: text({ secret: true }),
    cluster_user_trust: boolean({ default: false, help: 'whether nodes get the trust' }),
    roles: list({ default: [], help: "roles to delegate; empty: all of the caller's" }),
    trustee_keystone_interface: { ...endpointType(), help: 'where nodes reach Keystone' },
    trustee_keystone_region_name: text(),
  },
} as const;

/** Groups in which the original says how a service is reached. */
export const clientGroups = [
  'heat_client',
  'glance_client',
  'nova_client',
  'neutron_client',
  'cinder_client',
] as const;

export type ConductorSettings = Values<typeof conductorOptions>;

/** How conductors and API reach the cloud. @throws ConfigError if nothing says who Magnum is there */
export function cloudAccess(settings: ConductorSettings): CloudAccess {
  const { authUrl, credentials: service } = ownLogin(settings);
  return {
    authUrl,
    region: settings.heat_client.region_name,
    interface: settings.heat_client.endpoint_type,
    transport: httpTransport(trusted(settings)),
    service,
    trusteeDomain: trusteeDomain(settings.trust),
  };
}

/** @throws ConfigError if a file it names can't be read */
export function heatOptions(settings: ConductorSettings): HeatOptions {
  return {
    createTimeoutMinutes: settings.cluster_heat.create_timeout,
    region: settings.trust.trustee_keystone_region_name ?? settings.magnum_client.region_name,
    keystoneInterface: settings.trust.trustee_keystone_interface,
    magnumInterface: settings.magnum_client.endpoint_type,
    clusterUserTrust: settings.trust.cluster_user_trust,
    verifyCa: settings.drivers.verify_ca,
    openstackCa: fileContents(settings.drivers.openstack_ca_file),
    nodesAffinityPolicy: settings.cluster.nodes_affinity_policy,
    defaultDockerVolumeType: settings.cinder.default_docker_volume_type,
    defaultEtcdVolumeType: settings.cinder.default_etcd_volume_type,
    defaultBootVolumeType: settings.cinder.default_boot_volume_type,
    defaultBootVolumeSize: settings.cinder.default_boot_volume_size,
    simulatedServers: settings.gantry.simulated_servers,
  };
}

export function trustOptions({ trust }: ConductorSettings): TrustOptions {
  return { domain: trustDomain(trust), roles: trust.roles };
}

/** Every driver there is, but for those that the configuration disables. */
export function enabledDrivers(settings: ConductorSettings): DriverRegistry {
  const options = heatOptions(settings);
  const drivers: readonly Driver[] = [swarmDriver(options), ...kubernetesDrivers(options)];
  return createDriverRegistry(drivers, settings.drivers.disabled_drivers);
}

/** Who Magnum is: told in `[keystone_auth]`, or else in the older group, where its own middleware has it too. */
function ownLogin({ keystone_auth, keystone_authtoken }: ConductorSettings): ServiceLogin {
  const { username, user_id, application_credential_id } = keystone_auth;
  const auth_url = keystone_auth.auth_url ?? keystone_authtoken.auth_url;
  return (username ?? user_id ?? application_credential_id)
    ? serviceLogin('keystone_auth', { ...keystone_auth, auth_url })
    : serviceLogin('keystone_authtoken', { ...keystone_authtoken, auth_url });
}

/** The original has one file for each service; here all that are named hold for all of them. */
function trusted(settings: ConductorSettings): TransportOptions {
  const { keystone_auth, keystone_authtoken } = settings;
  const keystone = keystone_auth.cafile || keystone_authtoken.cafile;
  const others = clientGroups.flatMap((group) => settings[group].ca_file || []);
  return {
    caFiles: [...new Set([...(keystone ? [keystone] : systemCaFiles()), ...others])],
    insecure: keystone_auth.insecure ?? keystone_authtoken.insecure ?? false,
  };
}

function trusteeDomain(trust: ConductorSettings['trust']): TrusteeDomainAccess | undefined {
  const domain = trustDomain(trust);
  const { trustee_domain_admin_id: id, trustee_domain_admin_name: name } = trust;
  const password = trust.trustee_domain_admin_password;
  const isNamed = domain.id !== undefined || domain.name !== undefined;
  if (!isNamed || (id === undefined && name === undefined) || password === undefined) return undefined;
  const domainId = trust.trustee_domain_admin_domain_id;
  const domainName = trust.trustee_domain_admin_domain_name;
  // Unless told otherwise, the admin of a domain lives in it.
  const home =
    domainId === undefined && domainName === undefined
      ? { domainId: domain.id, domainName: domain.name }
      : { domainId, domainName };
  return { domain, admin: { id, name, ...home }, password };
}

function trustDomain(trust: ConductorSettings['trust']): Reference {
  return { id: trust.trustee_domain_id, name: trust.trustee_domain_name };
}

function fileContents(path: string): string {
  if (path === '') return '';
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError([
      { group: 'drivers', option: 'openstack_ca_file', message: `can't be read: ${reason}` },
    ]);
  }
}
