import { expect, test } from 'vitest';
import type { Nic, ServerSpec } from '../hypervisor.ts';
import { dnsServers, serverSeed } from './seed.ts';

const nic: Nic = {
  portId: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
  networkId: 'n',
  mac: 'FA:16:3E:00:00:01',
  mtu: 1450,
  tapName: 'tapaaaaaaaa-bb',
  addresses: [
    {
      address: '10.0.0.5',
      version: 4,
      prefixLength: 24,
      gateway: '10.0.0.1',
      dnsNameservers: ['10.0.0.2', '10.0.0.3'],
      hostRoutes: [{ destination: '192.168.0.0/16', nexthop: '10.0.0.9' }],
    },
    {
      address: 'fd00::5',
      version: 6,
      prefixLength: 64,
      gateway: 'fd00::1',
      dnsNameservers: ['10.0.0.2'],
      hostRoutes: [],
    },
  ],
};

const spec: ServerSpec = {
  id: '11111111-2222-4333-8444-555555555555',
  name: 'My server',
  hostname: 'my-server',
  projectId: 'project',
  userId: 'user',
  availabilityZone: 'nova',
  imageId: undefined,
  imageProperties: {},
  flavor: { vcpus: 1, ramMiB: 512, diskGiB: 1 },
  userData: new TextEncoder().encode('Content-Type: multipart/mixed; boundary="=="\nMIME-Version: 1.0\n'),
  metadata: { role: 'web' },
  sshKeys: [{ name: 'laptop', publicKey: 'ssh-ed25519 AAAA me' }],
  adminPass: 'secret',
  nics: [nic],
  volumes: [],
  files: [],
};

const networkOf = (nics: readonly Nic[]) =>
  JSON.parse(serverSeed({ ...spec, nics })['network-config']) as { ethernets: Record<string, object> };

test('user data reaches cloud-init byte for byte, the multipart MIME that Heat makes as well as gzip', () => {
  expect(serverSeed(spec)['user-data']).toEqual(spec.userData);
  const gzip = new Uint8Array([0x1f, 0x8b, 0x08, 0x00, 0xff]);
  expect(serverSeed({ ...spec, userData: gzip })['user-data']).toEqual(gzip);
  expect(serverSeed({ ...spec, userData: undefined })['user-data']).toHaveLength(0);
});

test('a server knows its id, name, keys and metadata, and no password', () => {
  const text = serverSeed(spec)['meta-data'];
  expect(JSON.parse(text)).toMatchObject({
    'instance-id': spec.id,
    'local-hostname': 'my-server',
    'public-keys': ['ssh-ed25519 AAAA me'],
    meta: { role: 'web' },
  });
  expect(text).not.toContain('secret');
});

test("a NIC is found by its port's MAC and has its addresses, default routes, host routes, DNS and MTU", () => {
  expect(networkOf([nic])).toEqual({
    version: 2,
    ethernets: {
      eth0: {
        match: { macaddress: 'fa:16:3e:00:00:01' },
        mtu: 1450,
        dhcp4: false,
        dhcp6: false,
        addresses: ['10.0.0.5/24', 'fd00::5/64'],
        routes: [
          { to: '0.0.0.0/0', via: '10.0.0.1' },
          { to: '192.168.0.0/16', via: '10.0.0.9' },
          { to: '::/0', via: 'fd00::1' },
        ],
        nameservers: { addresses: ['10.0.0.2', '10.0.0.3'] },
      },
    },
  });
});

test('of two networks with gateways the first is the way out, and the second is still reached', () => {
  const second: Nic = {
    ...nic,
    mac: 'fa:16:3e:00:00:02',
    addresses: [
      {
        address: '10.1.0.5',
        version: 4,
        prefixLength: 24,
        gateway: '10.1.0.1',
        dnsNameservers: ['10.0.0.3', '10.1.0.2'],
        hostRoutes: [],
      },
    ],
  };
  const { ethernets } = networkOf([nic, second]);
  expect(ethernets['eth1']).toMatchObject({ addresses: ['10.1.0.5/24'] });
  expect(ethernets['eth1']).not.toHaveProperty('routes');
  expect(dnsServers([nic, second])).toEqual(['10.0.0.2', '10.0.0.3', '10.1.0.2']);
});
