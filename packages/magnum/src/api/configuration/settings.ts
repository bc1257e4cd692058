import { corsOptions, healthcheckOptions, option, policyOptions, type Values } from '@gantry/oslo';
import { defaultCsrPolicy } from '../../certificates/csr-policy.ts';
import { conductorOptions } from '../../operations/conductor-settings.ts';

const { boolean, integer, list, port, text } = option;

/** What of `magnum.conf` the API and the certificates look at; names and defaults are the original's. */
export const apiOptions = {
  DEFAULT: {
    service_down_time: integer({ default: 180, min: 1, help: 'seconds without a sign of life' }),
  },
  api: {
    host: text({ default: '127.0.0.1', help: 'address to listen on' }),
    port: port({ default: 9511 }),
    max_limit: integer({ default: 1000, min: 1, help: 'most items in one page of a list' }),
  },
  certificates: {
    cert_manager_type: text({
      default: 'x509keypair',
      choices: ['x509keypair', 'local'],
      help: 'where certificates and their keys are kept',
    }),
    storage_path: text({ default: '/var/lib/magnum/certificates/', help: 'for cert_manager_type local' }),
  },
  cinder: { default_boot_volume_size: conductorOptions.cinder.default_boot_volume_size },
  cluster_template: {
    kubernetes_allowed_network_drivers: list({ default: ['flannel', 'calico'] }),
    kubernetes_default_network_driver: text({ default: 'flannel' }),
    swarm_allowed_network_drivers: list({ default: ['all'] }),
    swarm_default_network_driver: text({ default: 'docker' }),
  },
  cors: corsOptions({
    allow: [
      'X-Auth-Token',
      'X-Identity-Status',
      'X-Roles',
      'X-Service-Catalog',
      'X-User-Id',
      'X-Tenant-Id',
      'X-OpenStack-Request-ID',
      'X-Server-Management-Url',
      // The original forgets the first, so that no page can choose a version, and has no use for the second.
      'OpenStack-API-Version',
      'Last-Event-ID',
    ],
    expose: [
      'X-Auth-Token',
      'X-Subject-Token',
      'X-Service-Token',
      'X-OpenStack-Request-ID',
      'X-Server-Management-Url',
      'OpenStack-API-Version',
    ],
  }),
  gantry: {
    max_microversion: text({
      default: '1.14',
      choices: Array.from({ length: 14 }, (_, index) => `1.${index + 1}`),
      help: 'the newest version offered, to stand in for an older release',
    }),
  },
  healthcheck: {
    ...healthcheckOptions,
    // As the original's api-paste.ini has it.
    disable_by_file_path: text({ default: '/etc/magnum/healthcheck_disable' }),
  },
  keystone_authtoken: {
    service_token_roles: list({
      default: ['service'],
      help: 'services with one of these may bring a user’s token that has expired meanwhile',
    }),
    service_token_roles_required: boolean({
      default: false,
      help: 'whether a service’s token without any of them is refused',
    }),
    service_type: text({
      default: 'container-infra',
      help: 'as access rules of application credentials call this service',
    }),
    token_cache_time: integer({ default: 300, help: 'seconds' }),
    www_authenticate_uri: text({ deprecated: ['auth_uri'], help: 'address of Keystone told to clients' }),
  },
  oslo_middleware: {
    enable_proxy_headers_parsing: boolean({ default: false }),
    max_request_body_size: integer({ default: 114_688, min: 1, help: 'bytes' }),
  },
  oslo_policy: policyOptions,
  quotas: { max_clusters_per_project: integer({ default: 20, min: 0 }) },
  x509: {
    allow_ca: boolean({ default: false }),
    allowed_extensions: list({ default: defaultCsrPolicy.allowedExtensions }),
    allowed_key_usage: list({ default: defaultCsrPolicy.allowedKeyUsage }),
    term_of_validity: integer({ default: 1825, min: 1, help: 'days' }),
    rsa_key_size: integer({ default: 2048, min: 2048 }),
  },
} as const;

export type ApiSettings = Values<typeof apiOptions>;
