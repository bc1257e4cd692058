import type { Secrets } from './secrets.ts';

/** The `magnum.conf` of an embedded cloud. Nodes are told the internal addresses: those their network leads to. */
export function magnumConf(publicUrl: string, secrets: Secrets): string {
  const { passwords } = secrets;
  return `# Written by gantry up at each start.
[DEFAULT]
host = devcloud

[certificates]
cert_manager_type = x509keypair

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
