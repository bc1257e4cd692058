import { clientGroups } from '../../operations/conductor-settings.ts';

/**
 * Groups and options of the original's `magnum.conf` for which Gantry has no use. They are no mistake of the
 * operator's, so nothing is said about them.
 */
export const foreignOptions = {
  ...Object.fromEntries(
    [
      ...['barbican_client', 'octavia_client'],
      ...['oslo_concurrency', 'oslo_messaging_amqp', 'oslo_messaging_kafka', 'oslo_messaging_notifications'],
      ...['oslo_messaging_rabbit', 'oslo_reports', 'oslo_versionedobjects', 'oslo_limit', 'profiler', 'ssl'],
      ...['barbican', 'docker_registry', 'capi_client', 'capi_driver', 'capi_helm', 'guru_meditation_report'],
    ].map((group) => [group, '*'] as const),
  ),
  DEFAULT: [
    ...[
      'transport_url',
      'conn_pool_min_size',
      'log_options',
      'max_manifest_size',
      'password_symbols',
      'rootwrap_config',
      'rpc_ping_enabled',
      'tempdir',
      'rpc_response_timeout',
      'control_exchange',
      'executor_thread_pool_size',
      'periodic_enable',
    ],
    ...[
      'periodic_interval_max',
      'state_path',
      'pybasedir',
      'bindir',
      'my_ip',
      'rpc_conn_pool_size',
      'conn_pool_ttl',
    ],
    ...['log_config_append', 'log_date_format', 'syslog_log_facility', 'use_stderr', 'use_json'],
    ...['use_eventlog', 'watch_log_file', 'log_rotate_interval', 'log_rotate_interval_type'],
    ...['max_logfile_count', 'max_logfile_size_mb', 'log_rotation_type', 'logging_context_format_string'],
    ...['logging_default_format_string', 'logging_debug_format_suffix', 'logging_exception_prefix'],
    ...['logging_user_identity_format', 'default_log_levels', 'publish_errors', 'instance_format'],
    ...['instance_uuid_format', 'rate_limit_interval', 'rate_limit_burst', 'rate_limit_except_level'],
    ...['fatal_deprecations', 'backdoor_port', 'backdoor_socket', 'run_external_periodic_tasks'],
  ],
  api: ['api_paste_config', 'ssl_ca_file'],
  conductor: '*',
  cluster: ['temp_cache_dir', 'enabled_definitions', 'etcd_discovery_service_endpoint_format'],
  cluster_template: ['mesos_allowed_network_drivers', 'mesos_default_network_driver'],
  docker: '*',
  kubernetes: ['health_polling_interval'],
  cluster_heat: ['max_attempts', 'wait_interval'],
  database: [
    ...[
      'backend',
      'connection_debug',
      'connection_parameters',
      'connection_recycle_time',
      'connection_trace',
    ],
    ...[
      'db_inc_retry_interval',
      'db_max_retries',
      'db_max_retry_interval',
      'db_retry_interval',
      'mysql_enable_ndb',
      'mysql_engine',
    ],
    ...['mysql_sql_mode', 'mysql_wsrep_sync_wait', 'pool_timeout', 'slave_connection', 'sqlite_synchronous'],
    ...['synchronous_reader', 'use_db_reconnect', 'asyncio_connection', 'asyncio_slave_connection'],
  ],
  drivers: ['enabled_beta_drivers', 'default_driver', 'send_cluster_metrics'],
  keystone_auth: [
    'auth_section',
    'region_name',
    'certfile',
    'keyfile',
    'timeout',
    'collect_timing',
    'split_loggers',
  ],
  ...Object.fromEntries(
    clientGroups.map((group) => [
      group,
      ['region_name', 'endpoint_type', 'api_version', 'cert_file', 'key_file'],
    ]),
  ),
  keystone_authtoken: [
    ...['auth_section', 'auth_version', 'certfile', 'keyfile', 'region_name'],
    ...['memcached_servers', 'memcache_security_strategy', 'memcache_secret_key', 'memcache_pool_dead_retry'],
    ...['memcache_pool_maxsize', 'memcache_pool_socket_timeout', 'memcache_pool_unused_timeout', 'cache'],
    ...['memcache_pool_conn_get_timeout', 'memcache_use_advanced_pool', 'delay_auth_decision', 'interface'],
    ...['include_service_catalog', 'enforce_token_bind', 'http_connect_timeout', 'http_request_max_retries'],
    ...['admin_user', 'admin_password', 'admin_tenant_name', 'auth_uri', 'identity_uri'],
  ],
} as const satisfies Readonly<Record<string, readonly string[] | '*'>>;
