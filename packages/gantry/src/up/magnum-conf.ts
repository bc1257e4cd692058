import type { Secrets } from './secrets.ts';

export interface MagnumConfParts {
  readonly publicUrl: string;
  /** Path of its SQLite file. */
  readonly database: string;
  readonly secrets: Secrets;
  /** Whether nothing runs in the cloud's servers. */
  readonly simulatedServers: boolean;
}

/** The `magnum.conf` of an embedded cloud. Nodes are told the internal addresses: those their network leads to. */
export function magnumConf({ publicUrl, database, secrets, simulatedServers }: MagnumConfParts): string {
  const { passwords } = secrets;
  return `# Written by gantry up at each start.
[DEFAULT]
host = devcloud

[certificates]
cert_manager_type = x509keypair

[database]
connection = sqlite:///${database.replaceAll('$', '$$$$')}

[gantry]
simulated_servers = ${simulatedServers}

[keystone_authtoken]
auth_url = ${publicUrl}/identity
www_authenticate_uri = ${publicUrl}/identity
username = magnum
password = ${passwords.magnum}
user_domain_name = Default
project_name = service
project_domain_name = Default

[magnum_client]
endpoint_type = internalURL

[trust]
trustee_domain_name = magnum
trustee_domain_admin_name = trustee_domain_admin
trustee_domain_admin_password = ${passwords.trustee_domain_admin}
trustee_keystone_interface = internal
`;
}
