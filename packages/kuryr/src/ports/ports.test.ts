import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { dockerHost, type DockerHost } from '../testing/docker-host.ts';
import {
  containerStart,
  containerStop,
  dockerId,
  networkCreate,
  networkRemove,
  type DockerNetwork,
} from '../testing/dockerd.ts';
import { fakeNeutron, type FakeNeutron } from '../testing/fake-neutron.ts';

let neutron: FakeNeutron;
let host: DockerHost;
let network: DockerNetwork;

beforeEach(async () => {
  neutron = fakeNeutron();
  host = await dockerHost(neutron);
  await host.kuryr.reconcile();
  network = await networkCreate(host, { subnet: '10.0.0.0/24' });
});

afterEach(() => host.stop());

test('an --ip in use is refused, and the container that has it keeps its port', async () => {
  const running = await containerStart(host, network, { ip: '10.0.0.50' });
  const [port] = neutron.ports.keys();
  await expect(containerStart(host, network, { ip: '10.0.0.50' })).rejects.toThrow(
    'address 10.0.0.50 is in use by a container on this host; choose another',
  );
  expect([...neutron.ports.keys()]).toEqual([port]);
  await containerStop(host, network, running);
  expect((await containerStart(host, network, { ip: '10.0.0.50' })).address).toBe('10.0.0.50/24');
});

test.each([
  ['10.0.0.1', /is the gateway/],
  ['10.9.0.1', /not in 10\.0\.0\.0\/24/],
])('--ip %s is refused before Neutron is asked', async (ip, reason) => {
  const before = neutron.calls.length;
  await expect(containerStart(host, network, { ip })).rejects.toThrow(reason);
  expect(neutron.calls.length).toBe(before);
});

test('a link that cannot be made leaves no port', async () => {
  host.links.failure = new Error('no veth in this kernel');
  await expect(containerStart(host, network)).rejects.toThrow(/unforeseen/);
  expect(neutron.ports.size).toBe(0);
});

/** A container's start up to its endpoint, which Docker has not joined yet. */
async function endpointOf(on: DockerNetwork): Promise<{ NetworkID: string; EndpointID: string }> {
  const mac = '02:42:00:00:00:01';
  const Options = { 'com.docker.network.endpoint.macaddress': mac };
  const { Address } = await host.ask('/IpamDriver.RequestAddress', {
    PoolID: on.poolId,
    Address: '',
    Options,
  });
  const ids = { NetworkID: on.id, EndpointID: dockerId() };
  const Interface = { Address, AddressIPv6: '', MacAddress: mac };
  await host.ask('/NetworkDriver.CreateEndpoint', { ...ids, Interface, Options: {} });
  return ids;
}

test('Docker goes on while a link is being made, and joins the endpoint when it is plugged in', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  host.links.gate = promise;
  const ids = await endpointOf(network);
  const joined = host.ask('/NetworkDriver.Join', { ...ids, SandboxKey: '/x', Options: {} });
  expect(await Promise.race([joined, host.ask('/NetworkDriver.EndpointOperInfo', ids)])).toHaveProperty(
    'Value',
  );
  resolve();
  await joined;
  expect(host.links.pairs.size).toBe(1);
});

test('a link that Kuryr did not get to before it ended is made when Docker joins the endpoint', async () => {
  const ids = await endpointOf(network);
  await host.restart();
  host.links.pairs.clear();
  await host.ask('/NetworkDriver.Join', { ...ids, SandboxKey: '/x', Options: {} });
  expect([...host.links.pairs.values()]).toMatchObject([{ mac: '02:42:00:00:00:01', mtu: 1450 }]);
});

test('a host without network agent is named, and no port left on it', async () => {
  const lonely = await dockerHost(neutron, { hostName: 'docker-9' });
  const options = { 'neutron.net.uuid': String([...neutron.networks.keys()][0]) };
  const there = await networkCreate(lonely, { subnet: '10.0.0.0/24', options });
  await expect(containerStart(lonely, there)).rejects.toThrow(/can't bind a port to host 'docker-9'/);
  await vi.waitFor(() => expect(neutron.ports.size).toBe(0));
  await lonely.stop();
});

test('an address can be had again at once, though Neutron has not yet deleted its port', async () => {
  const first = await containerStart(host, network, { ip: '10.0.0.50' });
  await vi.waitFor(() =>
    expect([...neutron.ports.values()]).toMatchObject([{ device_id: first.endpointId }]),
  );
  neutron.misfortune = (call) => (call.startsWith('DELETE') ? 500 : undefined);
  await containerStop(host, network, first);
  expect(neutron.ports.size).toBe(1);
  neutron.misfortune = undefined;
  await containerStart(host, network, { ip: '10.0.0.50' });
  expect(neutron.ports.size).toBe(1);
});

test('the link is removed even if somebody deleted the port in Neutron', async () => {
  const container = await containerStart(host, network);
  neutron.ports.clear();
  await host.kuryr.reconcile();
  await containerStop(host, network, container);
  await vi.waitFor(() => expect(host.links.pairs.size).toBe(0));
});

test('a container removed while Kuryr was down is noticed: its link is back on the host, twice in a row', async () => {
  await containerStart(host, network);
  host.links.inContainers.clear();
  await host.kuryr.reconcile();
  expect(neutron.ports.size).toBe(1);
  await host.kuryr.reconcile();
  await vi.waitFor(() => expect(neutron.ports.size + host.links.pairs.size).toBe(0));
});

test("running containers of the original are served on: its endpoints are found by their ports' tags", async () => {
  const endpointId = dockerId();
  const [subnet] = neutron.subnets.values();
  neutron.make('ports', {
    name: 'kuryr-unbound-port',
    network_id: subnet?.['network_id'],
    fixed_ips: [{ subnet_id: subnet?.id, ip_address: '10.0.0.9' }],
    device_owner: 'compute:kuryr',
    device_id: endpointId,
    'binding:host_id': 'docker-1',
    tags: [
      'compute:kuryr',
      `kuryr.net.uuid.lh:${endpointId.slice(0, 32)}`,
      `kuryr.net.uuid.uh:${endpointId.slice(32)}`,
    ],
  });
  await host.kuryr.reconcile();
  await expect(containerStart(host, network, { ip: '10.0.0.9' })).rejects.toThrow(/in use/);
  await containerStop(host, network, { endpointId, address: '10.0.0.9/24', mac: '', joined: {} });
  expect(neutron.ports.size).toBe(0);
});

test('a port that no journal knows is deleted only if it is surely ours, and only at the second look', async () => {
  const [subnet] = neutron.subnets.values();
  const orphan = {
    name: 'kuryr-unbound-port',
    network_id: subnet?.['network_id'],
    device_owner: 'compute:kuryr',
    'binding:host_id': 'docker-1',
    tags: ['compute:kuryr'],
  };
  neutron.make('ports', orphan);
  const others = [
    { ...orphan, name: 'mine' },
    { ...orphan, tags: [] },
    { ...orphan, device_id: 'something' },
    { ...orphan, 'binding:host_id': 'docker-2' },
  ].map((port) => neutron.make('ports', port).id);
  await host.kuryr.reconcile();
  expect(neutron.ports.size).toBe(5);
  await host.kuryr.reconcile();
  await vi.waitFor(() => expect([...neutron.ports.keys()]).toEqual(others));
});

test('an address that Docker requested and then forgot is given back', async () => {
  const Options = { 'com.docker.network.endpoint.macaddress': '02:42:00:00:00:01' };
  await host.ask('/IpamDriver.RequestAddress', { PoolID: network.poolId, Address: '', Options });
  await host.kuryr.reconcile();
  expect(neutron.ports.size).toBe(1);
  host.ahead += 130_000;
  await host.kuryr.reconcile();
  await vi.waitFor(() => expect(neutron.ports.size).toBe(0));
});

test('a dual-stack container has one port with both addresses', async () => {
  const [made] = neutron.networks.values();
  const options = { 'neutron.net.uuid': String(made?.id) };
  neutron.make('subnets', {
    name: 'v6',
    network_id: made?.id,
    cidr: 'fd00::/64',
    gateway_ip: 'fd00::1',
    subnetpool_id: network.poolId,
  });
  const request = { AddressSpace: 'x', Pool: 'fd00::/64', SubPool: '', Options: {}, V6: true };
  const pool6 = await host.ask('/IpamDriver.RequestPool', request);
  const pool4 = await host.ask('/IpamDriver.RequestPool', { ...request, Pool: '10.0.0.0/24', V6: false });
  const id = dockerId();
  await host.ask('/NetworkDriver.CreateNetwork', {
    NetworkID: id,
    Options: { 'com.docker.network.generic': options },
    IPv4Data: [{ Pool: '10.0.0.0/24', Gateway: '' }],
    IPv6Data: [{ Pool: 'fd00::/64', Gateway: '' }],
  });
  const Options = { 'com.docker.network.endpoint.macaddress': '02:42:00:00:00:01' };
  const address = async (PoolID: unknown): Promise<string> =>
    String((await host.ask('/IpamDriver.RequestAddress', { PoolID, Address: '', Options }))['Address']);
  const [v4, v6] = [await address(pool4['PoolID']), await address(pool6['PoolID'])];
  expect([v4, v6]).toEqual(['10.0.0.2/24', 'fd00::2/64']);
  const ids = { NetworkID: id, EndpointID: dockerId() };
  const Interface = { Address: v4, AddressIPv6: v6, MacAddress: '02:42:00:00:00:01' };
  await host.ask('/NetworkDriver.CreateEndpoint', { ...ids, Interface, Options: {} });
  expect(await host.ask('/NetworkDriver.Join', { ...ids, SandboxKey: '/x', Options: {} })).toMatchObject({
    Gateway: '10.0.0.1',
    GatewayIPv6: 'fd00::1',
  });
  expect([...neutron.ports.values()]).toMatchObject([{ fixed_ips: [{}, {}] }]);
  await host.ask('/NetworkDriver.DeleteEndpoint', ids);
  await host.ask('/IpamDriver.ReleaseAddress', { PoolID: pool4['PoolID'], Address: '10.0.0.2' });
  await host.ask('/IpamDriver.ReleaseAddress', { PoolID: pool6['PoolID'], Address: 'fd00::2' });
  expect(neutron.ports.size).toBe(0);
  await networkRemove(host, network);
});

test('exposed ports are opened by a security group, run by run', async () => {
  await containerStart(host, network, { exposed: [81, 80, 443] });
  await vi.waitFor(() => {
    const [group] = neutron['security-groups'].values();
    const [port] = neutron.ports.values();
    expect(group?.['name']).toBe(`${port?.id}-exposed_ports`);
    expect(port?.['security_groups']).toEqual([group?.id, 'default']);
  });
  const rules = neutron.calls.filter((call) => call === 'POST /security-group-rules');
  expect(rules).toHaveLength(2);
});
