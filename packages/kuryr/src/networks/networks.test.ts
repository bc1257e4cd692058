import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { dockerHost, type DockerHost } from '../testing/docker-host.ts';
import { containerStart, containerStop, dockerId, networkCreate, networkRemove } from '../testing/dockerd.ts';
import { fakeNeutron, type FakeNeutron } from '../testing/fake-neutron.ts';

let neutron: FakeNeutron;
let host: DockerHost;
const hosts: DockerHost[] = [];

async function hostNamed(hostName: string): Promise<DockerHost> {
  const made = await dockerHost(neutron, { hostName });
  hosts.push(made);
  await made.kuryr.reconcile();
  return made;
}

beforeEach(async () => {
  neutron = fakeNeutron(['docker-1', 'docker-2']);
  host = await hostNamed('docker-1');
});

afterEach(async () => {
  for (const each of hosts.splice(0)) await each.stop();
});

describe('networks of our own', () => {
  test('two networks of one range live side by side, and removing one does not hurt the other', async () => {
    const one = await networkCreate(host, { subnet: '10.0.0.0/24' });
    const two = await networkCreate(host, { subnet: '10.0.0.0/24' });
    expect(two.poolId).not.toBe(one.poolId);
    await networkRemove(host, two);
    expect((await containerStart(host, one)).address).toBe('10.0.0.2/24');
    expect([...neutron.networks.values()].map((network) => network['name'])).toEqual([
      `kuryr-net-${one.id.slice(0, 8)}`,
    ]);
  });

  test('two networks of one range created at the same moment do not mix up their pools', async () => {
    const created = await Promise.all([1, 2].map(() => networkCreate(host, { subnet: '10.0.0.0/24' })));
    for (const network of created) {
      const container = await containerStart(host, network);
      expect(container.address).toBe('10.0.0.2/24');
    }
  });

  test('the same range on two hosts makes two networks, and the first host removes only its own', async () => {
    const other = await hostNamed('docker-2');
    const one = await networkCreate(host, { subnet: '10.0.0.0/24' });
    const two = await networkCreate(other, { subnet: '10.0.0.0/24' });
    await networkRemove(host, one);
    expect((await containerStart(other, two)).address).toBe('10.0.0.2/24');
  });

  test('without --gateway the first address is the gateway; with --internal there is none', async () => {
    const network = await networkCreate(host, { subnet: '10.0.0.0/24' });
    expect(network.gateway).toBe('10.0.0.1/24');
    const internal = await networkCreate(host, { subnet: '10.1.0.0/24', internal: true });
    const container = await containerStart(host, internal);
    expect(container.joined).toMatchObject({ Gateway: '', DisableGatewayService: true });
    expect([...neutron.subnets.values()].map((subnet) => subnet['gateway_ip'])).toEqual(['10.0.0.1', null]);
  });

  test('auxiliary addresses are kept from containers', async () => {
    const auxiliary = { printer: '10.0.0.2', scanner: '10.0.0.4' };
    const network = await networkCreate(host, { subnet: '10.0.0.0/29', auxiliary });
    const addresses = [1, 2, 3].map(async () => (await containerStart(host, network)).address);
    expect((await Promise.all(addresses)).toSorted()).toEqual(['10.0.0.3/29', '10.0.0.5/29', '10.0.0.6/29']);
    await expect(containerStart(host, network)).rejects.toThrow(/No more IP addresses/);
  });

  test('without --subnet each network gets a piece of the default subnetpool', async () => {
    await expect(networkCreate(host, {})).rejects.toThrow(
      /no subnetpool 'kuryr'.*openstack subnet pool create/,
    );
    const pool = neutron.make('subnetpools', {
      name: 'kuryr',
      prefixes: ['10.99.0.0/16'],
      default_prefixlen: '24',
    });
    const one = await networkCreate(host, {});
    const two = await networkCreate(host, {});
    expect([one.pool, two.pool]).toEqual(['10.99.0.0/24', '10.99.1.0/24']);
    for (const network of [one, two]) await networkRemove(host, network);
    expect([...neutron.subnetpools.keys()]).toEqual([pool.id]);
  });

  test("a user's subnetpool, larger than the subnet, gives the subnet and stays", async () => {
    const pool = neutron.make('subnetpools', { name: 'mine', prefixes: ['10.0.0.0/16'] });
    const options = { 'neutron.pool.name': 'mine' };
    const network = await networkCreate(host, { subnet: '10.0.3.0/24', options, ipamOptions: options });
    expect([...neutron.subnets.values()]).toMatchObject([{ subnetpool_id: pool.id, tags: [network.poolId] }]);
    await containerStop(host, network, await containerStart(host, network));
    await networkRemove(host, network);
    expect([...neutron.subnetpools.keys()]).toEqual([pool.id]);
    expect(neutron.networks.size).toBe(0);
  });

  test("somebody else's port keeps the network until it is gone; then the network goes by itself", async () => {
    const network = await networkCreate(host, { subnet: '10.0.0.0/24' });
    const [made] = neutron.networks.values();
    const foreign = neutron.make('ports', { network_id: made?.id, fixed_ips: [] });
    await networkRemove(host, network);
    expect(neutron.networks.size).toBe(1);
    neutron.ports.delete(foreign.id);
    await host.restart();
    await vi.waitFor(() => expect(neutron.networks.size + neutron.subnetpools.size).toBe(0));
  });

  test('with the default IPAM driver the container gets a port for the address that Docker chose', async () => {
    const id = dockerId();
    const data = [{ AddressSpace: 'LocalDefault', Pool: '172.20.0.0/16', Gateway: '172.20.0.1/16' }];
    await host.ask('/NetworkDriver.CreateNetwork', {
      NetworkID: id,
      Options: {},
      IPv4Data: data,
      IPv6Data: null,
    });
    const ids = { NetworkID: id, EndpointID: dockerId() };
    const Interface = { Address: '172.20.0.5/16', AddressIPv6: '', MacAddress: '' };
    const created = await host.ask('/NetworkDriver.CreateEndpoint', { ...ids, Interface, Options: null });
    const [port] = neutron.ports.values();
    expect(created).toEqual({ Interface: { MacAddress: port?.['mac_address'] } });
    expect(port).toMatchObject({ fixed_ips: [{ ip_address: '172.20.0.5' }] });
    await host.ask('/NetworkDriver.DeleteEndpoint', ids);
    expect(neutron.ports.size).toBe(0);
    await host.ask('/NetworkDriver.DeleteNetwork', { NetworkID: id });
    expect(neutron.networks.size).toBe(0);
  });
});

let options: Record<string, string>;
let networkId: string;
let subnetId: string;

function userPort(more: Record<string, unknown> = {}): Record<string, unknown> {
  const fixed_ips = [{ subnet_id: subnetId, ip_address: '10.0.0.77' }];
  return neutron.make('ports', { name: 'mine', network_id: networkId, fixed_ips, ...more });
}

describe('networks that are there already', () => {
  beforeEach(() => {
    const network = neutron.make('networks', { name: 'ops' });
    const subnet = neutron.make('subnets', {
      name: 'ops-v4',
      network_id: network.id,
      cidr: '10.0.0.0/24',
      gateway_ip: '10.0.0.254',
      host_routes: [
        { destination: '172.30.0.0/16', nexthop: '10.0.0.253' },
        { destination: '172.31.0.0/16', nexthop: '192.0.2.1' },
      ],
    });
    [networkId, subnetId] = [network.id, subnet.id];
    options = { 'neutron.net.uuid': networkId };
  });

  test('containers get the gateway and the routes it has, except a route that Docker would choke on', async () => {
    const network = await networkCreate(host, { subnet: '10.0.0.0/24', options });
    const container = await containerStart(host, network);
    expect(container.joined).toMatchObject({
      Gateway: '10.0.0.254',
      StaticRoutes: [{ Destination: '172.30.0.0/16', RouteType: 0, NextHop: '10.0.0.253' }],
    });
  });

  test('two hosts adopt one network and leave it, whoever is first; it is as before then', async () => {
    const before = structuredClone([...neutron.networks.values(), ...neutron.subnets.values()]);
    const other = await hostNamed('docker-2');
    for (const order of ['first', 'last']) {
      const one = await networkCreate(host, { subnet: '10.0.0.0/24', options });
      const two = await networkCreate(other, { subnet: '10.0.0.0/24', options });
      const [mine, theirs] = [await containerStart(host, one), await containerStart(other, two)];
      await containerStop(host, one, mine);
      await containerStop(other, two, theirs);
      const leaving = [() => networkRemove(host, one), () => networkRemove(other, two)];
      const [early, late] = order === 'first' ? leaving : leaving.toReversed();
      await early?.();
      const [stays, network] = order === 'first' ? [other, two] : [host, one];
      // Even a host whose journal is lost finds its way by these.
      expect(neutron.subnetpools.has(network.poolId)).toBe(true);
      expect([...neutron.subnets.values()][0]?.tags).toContain(network.poolId);
      await containerStop(stays, network, await containerStart(stays, network));
      await late?.();
      expect([...neutron.networks.values(), ...neutron.subnets.values()]).toEqual(before);
      expect(neutron.subnetpools.size + neutron.ports.size).toBe(0);
    }
  });

  test.each([
    [{ 'neutron.net.name': 'nowhere' }, {}, /nothing that neutron\.net\.name=nowhere names/],
    [{ 'neutron.net.shared': 'true' }, {}, /is not shared/],
    [{}, { gateway: '10.0.0.1' }, /the gateway of Neutron subnet .* is 10\.0\.0\.254, not 10\.0\.0\.1/],
  ])('%j with %j is refused, and nothing of ours stays on it', async (wrong, flags, reason) => {
    const before = structuredClone([...neutron.networks.values(), ...neutron.subnets.values()]);
    const given = 'neutron.net.name' in wrong ? wrong : { ...options, ...wrong };
    await expect(networkCreate(host, { subnet: '10.0.0.0/24', options: given, ...flags })).rejects.toThrow(
      reason,
    );
    expect([...neutron.networks.values(), ...neutron.subnets.values()]).toEqual(before);
    expect(neutron.subnetpools.size).toBe(0);
  });

  test('of several subnets with one range, the option says which is meant', async () => {
    const twin = neutron.make('networks', { name: 'twin' });
    neutron.make('subnets', {
      name: 'twin-v4',
      network_id: twin.id,
      cidr: '10.0.0.0/24',
      gateway_ip: '10.0.0.7',
    });
    const meant = { 'neutron.net.name': 'twin', 'neutron.subnet.name': 'twin-v4' };
    const network = await networkCreate(host, { subnet: '10.0.0.0/24', options: meant, ipamOptions: meant });
    expect(network.gateway).toBe('10.0.0.7/24');
    expect((await containerStart(host, network)).joined).toMatchObject({ Gateway: '10.0.0.7' });
  });

  test('a network with no room for tags is adopted all the same', async () => {
    const [ops] = neutron.networks.values();
    if (ops) ops.tags = Array.from({ length: 49 }, (_, index) => `tag-${index}`);
    const network = await networkCreate(host, { subnet: '10.0.0.0/24', options });
    await containerStop(host, network, await containerStart(host, network));
    await networkRemove(host, network);
    expect(ops?.tags).toHaveLength(49);
  });

  test('an auxiliary address is kept by a port, which goes with the network', async () => {
    const flags = { subnet: '10.0.0.0/24', gateway: '10.0.0.254', auxiliary: { a: '10.0.0.1' } };
    const network = await networkCreate(host, { ...flags, options });
    const container = await containerStart(host, network);
    expect(container.address).toBe('10.0.0.2/24');
    await containerStop(host, network, container);
    expect(neutron.ports.size).toBe(1);
    await networkRemove(host, network);
    expect(neutron.ports.size).toBe(0);
  });

  describe("a user's port", () => {
    test('serves the container with its --ip, and is as before when the container leaves', async () => {
      const port = userPort();
      const before = structuredClone(port);
      const network = await networkCreate(host, { subnet: '10.0.0.0/24', options });
      const container = await containerStart(host, network, { ip: '10.0.0.77' });
      await vi.waitFor(() => expect(port['tags']).toContain('kuryr.port.existing'));
      expect(port).toMatchObject({ name: 'mine', mac_address: container.mac, device_owner: 'compute:kuryr' });
      await vi.waitFor(() => expect(port).toMatchObject({ device_id: container.endpointId }));
      await containerStop(host, network, container);
      expect({ ...port, revision_number: 1 }).toEqual(before);
    });

    test('serves the container with its --mac-address', async () => {
      const port = userPort({ mac_address: '02:42:00:00:00:77' });
      const network = await networkCreate(host, { subnet: '10.0.0.0/24', options });
      const container = await containerStart(host, network, { mac: '02:42:00:00:00:77' });
      expect(container.address).toBe('10.0.0.77/24');
      await containerStop(host, network, container);
      expect(neutron.ports.get(String(port['id']))).toMatchObject({
        device_owner: '',
        'binding:host_id': '',
      });
    });

    test('made ready by Zun (host, owner and device set) keeps all that, and may vanish first', async () => {
      const zun = { device_owner: 'compute:kuryr', 'binding:host_id': 'docker-1', device_id: 'a-container' };
      const port = userPort({ ...zun, mac_address: '02:42:00:00:00:77' });
      const network = await networkCreate(host, { subnet: '10.0.0.0/24', options });
      const flags = { ip: '10.0.0.77', mac: '02:42:00:00:00:77' };
      const first = await containerStart(host, network, flags);
      await vi.waitFor(() => expect(port['tags']).toHaveLength(3));
      await containerStop(host, network, first);
      expect(port).toMatchObject({ ...zun, tags: [], mac_address: '02:42:00:00:00:77' });
      const second = await containerStart(host, network, flags);
      neutron.ports.delete(String(port['id']));
      await containerStop(host, network, second);
      await vi.waitFor(() => expect(host.links.pairs.size).toBe(0));
    });

    test.each([
      [{ device_owner: 'network:dhcp' }, /a device of kind network:dhcp/],
      [{ device_owner: 'compute:nova', 'binding:host_id': 'docker-1' }, /a device of kind compute:nova/],
      [{ device_owner: 'compute:kuryr', 'binding:host_id': 'docker-2' }, /something on host docker-2/],
    ])('that is %j is not touched', async (use, reason) => {
      const port = userPort(use);
      const before = structuredClone(port);
      const network = await networkCreate(host, { subnet: '10.0.0.0/24', options });
      await expect(containerStart(host, network, { ip: '10.0.0.77' })).rejects.toThrow(reason);
      expect(port).toEqual(before);
      expect(neutron.ports.size).toBe(1);
    });
  });
});
