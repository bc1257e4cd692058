import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { dockerHost, type DockerHost } from '../testing/docker-host.ts';
import { containerStart, containerStop, dockerId, networkCreate, networkRemove } from '../testing/dockerd.ts';
import { fakeNeutron, type FakeNeutron } from '../testing/fake-neutron.ts';

let neutron: FakeNeutron;
let host: DockerHost;

beforeEach(async () => {
  neutron = fakeNeutron();
  host = await dockerHost(neutron);
  // The comparison with Neutron at the start is over.
  await vi.waitFor(() => expect(neutron.calls.some((call) => call.includes('device_owner'))).toBe(true), {
    interval: 2,
  });
});

afterEach(() => host.stop());

/** Calls to Neutron that `work` waits for. */
async function callsOf(work: () => Promise<unknown>): Promise<string[]> {
  const before = neutron.calls.length;
  await work();
  return neutron.calls.slice(before).map((call) => call.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>'));
}

describe('the handshake', () => {
  test('Docker learns what the plug-in is, without a body and with an empty Host as before version 24', async () => {
    expect(await host.send('/Plugin.Activate', '', '')).toEqual({
      status: 200,
      body: { Implements: ['NetworkDriver', 'IpamDriver'] },
    });
    expect(await host.ask('/NetworkDriver.GetCapabilities')).toMatchObject({ Scope: 'local' });
    expect(await host.ask('/IpamDriver.GetCapabilities')).toMatchObject({ RequiresMACAddress: true });
    expect(await host.ask('/IpamDriver.GetDefaultAddressSpaces')).toEqual({
      LocalDefaultAddressSpace: 'no_address_space',
      GlobalDefaultAddressSpace: 'no_address_space',
    });
  });

  test('a repeated request, which Docker sends with nothing in it, is refused by every method that needs a body', async () => {
    const methods = (
      'CreateNetwork DeleteNetwork CreateEndpoint DeleteEndpoint EndpointOperInfo Join Leave AllocateNetwork ' +
      'FreeNetwork ProgramExternalConnectivity RevokeExternalConnectivity'
    )
      .split(' ')
      .map((name) => `/NetworkDriver.${name}`);
    for (const name of ['RequestPool', 'ReleasePool', 'RequestAddress', 'ReleaseAddress']) {
      methods.push(`/IpamDriver.${name}`);
    }
    for (const method of methods) {
      expect(await host.send(method), method).toMatchObject({ status: 400, body: { Err: /no body/ } });
    }
  });

  test.each([
    ['/NetworkDriver.Join', '{"NetworkID": ', 400, /not JSON/],
    ['/NetworkDriver.Join', '[]', 400, /must be a JSON object/],
    ['/NetworkDriver.Join', '{"NetworkID":"a,b","EndpointID":"x"}', 400, /NetworkID must be/],
    ['/NetworkDriver.CreateNetwork', '{"NetworkID":"a","IPv4Data":[{"Pool":7}]}', 400, /IPv4Data\[0\]\.Pool/],
    ['/IpamDriver.RequestPool', '{"Pool":"10.0.0.9/24"}', 400, /did you mean 10\.0\.0\.0\/24/],
    ['/IpamDriver.RequestPool', '{"Pool":"10.0.0.0/24","SubPool":"10.1.0.0/25"}', 400, /not within/],
    ['/IpamDriver.RequestAddress', '{"PoolID":"9"}', 404, /no subnetpool 9/],
    ['/NetworkDriver.Teleport', '{}', 404, /no method/],
  ])('%s with %s is refused with a reason', async (path, body, status, reason) => {
    const answer = await host.send(path, body);
    expect(answer.status).toBe(status);
    expect(String(answer.body['Err'])).toMatch(reason);
  });

  test('a connection stays open until Docker closes it', async () => {
    const { request } = await import('node:http');
    const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
      const options = {
        socketPath: host.socket,
        path: '/Plugin.Activate',
        method: 'POST',
        headers: { connection: 'keep-alive' },
      };
      request(options, (response) => resolve(response.resume().headers))
        .on('error', reject)
        .end();
    });
    expect(headers).toMatchObject({ connection: 'keep-alive' });
    // Node announces a time-out here if it has one.
    expect(headers).not.toHaveProperty('keep-alive');
  });

  test('keys are found whatever their case, and unknown ones do no harm', async () => {
    const body = '{"pool":"10.0.0.0/24","SUBPOOL":"","options":null,"v6":false,"Novelty":[1]}';
    expect(await host.send('/IpamDriver.RequestPool', body)).toMatchObject({
      status: 200,
      body: { Pool: '10.0.0.0/24' },
    });
  });

  test('what Docker asks to be removed and is not there counts as removed', async () => {
    const ids = { NetworkID: dockerId(), EndpointID: dockerId() };
    const PoolID = '6dddd038-0000-4000-8000-000000000000';
    await host.ask('/NetworkDriver.Leave', ids);
    await host.ask('/NetworkDriver.DeleteEndpoint', ids);
    await host.ask('/NetworkDriver.RevokeExternalConnectivity', ids);
    await host.ask('/NetworkDriver.DeleteNetwork', ids);
    await host.ask('/IpamDriver.ReleaseAddress', { PoolID, Address: '10.0.0.3' });
    await host.ask('/IpamDriver.ReleasePool', { PoolID });
  });
});

describe('the two commands', () => {
  const FLAGS = { subnet: '10.0.0.0/16', gateway: '10.0.0.1', ipRange: '10.0.0.0/24' };

  test("the network has the original's names and tags, and --ip-range is its subnet", async () => {
    const bar = await networkCreate(host, FLAGS);
    expect(bar).toMatchObject({ pool: '10.0.0.0/24', gateway: '10.0.0.1/24' });
    expect([...neutron.networks.values()]).toMatchObject([
      {
        name: `kuryr-net-${bar.id.slice(0, 8)}`,
        tags: [`kuryr.net.uuid.lh:${bar.id.slice(0, 32)}`, `kuryr.net.uuid.uh:${bar.id.slice(32)}`],
      },
    ]);
    expect([...neutron.subnets.values()]).toMatchObject([
      {
        name: 'kuryr-subnet-10.0.0.0/24',
        cidr: '10.0.0.0/24',
        gateway_ip: '10.0.0.1',
        enable_dhcp: true,
        subnetpool_id: bar.poolId,
        tags: [bar.poolId],
      },
    ]);
    expect([...neutron.subnetpools.values()]).toMatchObject([
      { id: bar.poolId, name: 'kuryrPool-10.0.0.0/24', prefixes: ['10.0.0.0/24'], default_prefixlen: 24 },
    ]);
  });

  test('a container costs Docker one call to Neutron at its start and one at its end', async () => {
    const bar = await networkCreate(host, FLAGS);
    let container = { endpointId: '', address: '', mac: '', joined: {} };
    const starting = await callsOf(async () => (container = await containerStart(host, bar)));
    expect(starting.filter((call) => !call.startsWith('PUT'))).toEqual(['POST /ports']);
    expect(container.address).toBe('10.0.0.2/24');
    const [port] = neutron.ports.values();
    const suffix = String(port?.id).slice(0, 11);
    expect(container.joined).toEqual({
      InterfaceName: { SrcName: `t_c${suffix}`, DstPrefix: 'eth' },
      Gateway: '10.0.0.1',
      GatewayIPv6: '',
      StaticRoutes: [],
      DisableGatewayService: true,
    });
    expect(host.links.pairs.get(`tap${suffix}`)).toMatchObject({
      mac: container.mac,
      mtu: 1450,
      bridge: `brq${String(port?.['network_id']).slice(0, 11)}`,
    });
    // Neutron is told in the background whom the port serves.
    await vi.waitFor(() =>
      expect([...neutron.ports.values()]).toMatchObject([{ device_id: container.endpointId }]),
    );
    expect([...neutron.ports.values()]).toMatchObject([
      {
        name: 'kuryr-unbound-port',
        device_owner: 'compute:kuryr',
        'binding:host_id': 'docker-1',
        mac_address: container.mac,
        tags: [
          'compute:kuryr',
          `kuryr.net.uuid.lh:${container.endpointId.slice(0, 32)}`,
          `kuryr.net.uuid.uh:${container.endpointId.slice(32)}`,
        ],
      },
    ]);
    expect(await callsOf(() => containerStop(host, bar, container))).toEqual(['DELETE /ports/<id>']);
    // The kernel takes its time over it; Docker is not kept waiting.
    await vi.waitFor(() => expect(host.links.pairs.size).toBe(0));
  });

  test('nothing is left when the network is removed', async () => {
    const bar = await networkCreate(host, FLAGS);
    const container = await containerStart(host, bar, { exposed: [80, 81, 443] });
    await vi.waitFor(() => expect(neutron['security-groups'].size).toBe(1));
    await containerStop(host, bar, container);
    await networkRemove(host, bar);
    for (const kind of ['networks', 'subnets', 'subnetpools', 'ports', 'security-groups'] as const) {
      expect(neutron[kind].size, kind).toBe(0);
    }
  });

  test('with ip_range_is = allocation_pool the subnet is --subnet, and containers are in the range', async () => {
    await host.stop();
    host = await dockerHost(neutron, { config: { ipRangeIs: 'allocation_pool' } });
    const network = await networkCreate(host, { ...FLAGS, ipRange: '10.0.5.0/24' });
    expect(network.pool).toBe('10.0.0.0/16');
    expect((await containerStart(host, network)).address).toBe('10.0.5.0/16');
  });

  test('a restart of Kuryr is noticed by nobody', async () => {
    const bar = await networkCreate(host, FLAGS);
    const container = await containerStart(host, bar);
    await host.restart();
    await containerStart(host, bar);
    await containerStop(host, bar, container);
    expect(neutron.ports.size).toBe(1);
  });

  test('a network of the original, of which no journal tells, is served and removed', async () => {
    const id = dockerId();
    const tags = [`kuryr.net.uuid.lh:${id.slice(0, 32)}`, `kuryr.net.uuid.uh:${id.slice(32)}`];
    const network = neutron.make('networks', { name: `kuryr-net-${id.slice(0, 8)}`, tags });
    const pool = neutron.make('subnetpools', { name: 'kuryrPool-10.7.0.0/24', prefixes: ['10.7.0.0/24'] });
    neutron.make('subnets', {
      name: 'kuryr-subnet-10.7.0.0/24',
      network_id: network.id,
      cidr: '10.7.0.0/24',
      subnetpool_id: pool.id,
      tags: [pool.id],
    });
    const bar = { id, poolId: pool.id, pool: '10.7.0.0/24', gateway: '10.7.0.1/24', auxiliary: [] };
    const container = await containerStart(host, bar);
    expect(container.joined).toMatchObject({ Gateway: '10.7.0.1' });
    await containerStop(host, bar, container);
    await networkRemove(host, bar);
    expect(neutron.networks.size + neutron.subnetpools.size + neutron.ports.size).toBe(0);
  });
});
