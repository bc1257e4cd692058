import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { kuryrOptionsFromConfig, loadKuryrConf } from './kuryr-conf.ts';

function conf(text: string): ReturnType<typeof loadKuryrConf> {
  const file = join(temporaryFolder(), 'kuryr.conf');
  writeFileSync(file, text);
  return loadKuryrConf({ files: [file] });
}

test("the original's kuryr.conf is read without a warning", () => {
  const { conf: read, warnings } = conf(`
[DEFAULT]
bindir = /usr/local/libexec/kuryr
capability_scope = global
subnetpool_name_prefix = pool
process_external_connectivity = False
[binding]
default_driver = kuryr.lib.binding.drivers.veth
veth_dst_prefix = net
[neutron]
auth_type = v3password
auth_url = http://controller:5000
username = kuryr
user_domain_name = Default
password = secret
project_name = service
project_domain_name = Default
endpoint_type = internalURL
enable_dhcp = no
default_subnetpool_v4 = default
vif_plugging_is_fatal = True
vif_plugging_timeout = 20
`);
  expect(warnings).toEqual([]);
  const options = kuryrOptionsFromConfig(read);
  expect(options).toMatchObject({ socket: '/run/docker/plugins/kuryr.sock', stateDir: '/var/lib/kuryr' });
  expect(options.session.authUrl).toBe('http://controller:5000');
  expect(options.config).toMatchObject({
    capabilityScope: 'global',
    subnetPoolPrefix: 'pool',
    exposedPorts: false,
    interfacePrefix: 'net',
    enableDhcp: false,
    defaultPoolV4: 'default',
    pluggingIsFatal: true,
    pluggingTimeout: 20,
    ipRangeIs: 'subnet',
  });
});

test.each([
  ['[neutron]\nusername = kuryr', /\[neutron\] auth_url: must be set to Keystone's address/],
  ['[neutron]\nauth_url = http://x\nusername = kuryr', /\[neutron\] password: must be set/],
  [
    '[neutron]\nauth_url = http://x\nauth_type = kerberos',
    /\[neutron\] auth_type: must be password, token or/,
  ],
  ['[DEFAULT]\ncapability_scope = galactic', /kuryr\.conf:2: \[DEFAULT\] capability_scope.*local, global/],
])('%j is refused with the option and what would be right', (text, message) => {
  expect(() => kuryrOptionsFromConfig(conf(text).conf)).toThrow(message);
});
