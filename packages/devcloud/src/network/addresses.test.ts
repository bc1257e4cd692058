import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listIn, refusal, startNeutron, type Thing, type Client, type Neutron } from './neutron-for-tests.ts';

let neutron: Neutron;
let demo: Client;
let net: Thing;

beforeEach(async () => {
  neutron = await startNeutron({ quotas: { port: -1 } });
  demo = neutron.as('demo');
  net = await demo.make('networks', { name: 'n' });
});
afterEach(() => neutron.close());

const ips = (port: Thing): unknown[] => listIn(port, 'fixed_ips').map((ip) => ip['ip_address']);

async function subnet(more: object): Promise<ReturnType<typeof refusal>> {
  return refusal(await demo.post('subnets', { subnet: { network_id: net.id, ip_version: 4, ...more } }));
}

describe('addresses of ports', () => {
  test('a port gets one IPv4 and one IPv6 address, and its own on every automatic subnet', async () => {
    await demo.make('subnets', { network_id: net.id, ip_version: 4, cidr: '10.0.0.0/24' });
    await demo.make('subnets', { network_id: net.id, ip_version: 4, cidr: '10.0.1.0/24' });
    await demo.make('subnets', { network_id: net.id, ip_version: 6, cidr: 'fd00:1::/64' });
    await demo.make('subnets', {
      network_id: net.id,
      ip_version: 6,
      cidr: 'fd00:2::/64',
      ipv6_address_mode: 'slaac',
      ipv6_ra_mode: 'slaac',
    });
    const port = await demo.make('ports', { network_id: net.id, mac_address: 'fa:16:3e:00:00:01' });
    expect(ips(port)).toEqual(['10.0.0.2', 'fd00:1::2', 'fd00:2::f816:3eff:fe00:1']);
  });

  test('an address given back rests while there are others, and a full pool says so', async () => {
    await demo.make('subnets', {
      network_id: net.id,
      ip_version: 4,
      cidr: '10.0.0.0/24',
      allocation_pools: [
        { start: '10.0.0.10', end: '10.0.0.11' },
        { start: '10.0.0.20', end: '10.0.0.20' },
      ],
    });
    const first = await demo.make('ports', { network_id: net.id });
    await demo.delete(`ports/${first.id}`);
    const next = [
      await demo.make('ports', { network_id: net.id }),
      await demo.make('ports', { network_id: net.id }),
      await demo.make('ports', { network_id: net.id }),
    ];
    expect(next.map(ips)).toEqual([['10.0.0.11'], ['10.0.0.20'], ['10.0.0.10']]);
    expect(refusal(await demo.post('ports', { port: { network_id: net.id } }))).toEqual({
      status: 409,
      type: 'IpAddressGenerationFailure',
      message: `No more IP addresses available on network ${net.id}.`,
    });
  });

  test('an asked-for address must fit its subnet and be free', async () => {
    const subnet = await demo.make('subnets', { network_id: net.id, ip_version: 4, cidr: '10.0.0.0/24' });
    const ask = async (fixed: object): Promise<unknown> =>
      refusal(await demo.post('ports', { port: { network_id: net.id, fixed_ips: [fixed] } })).type;
    const outsidePool = { subnet_id: subnet.id, ip_address: '10.0.0.1' };
    expect(await ask(outsidePool)).toBeUndefined();
    expect(await ask(outsidePool)).toBe('IpAddressAlreadyAllocated');
    expect(await ask({ subnet_id: subnet.id, ip_address: '10.0.0.255' })).toBe('InvalidIpForSubnet');
    expect(await ask({ ip_address: '10.9.0.1' })).toBe('InvalidIpForNetwork');
    expect(await ask({ subnet_id: net.id })).toBe('SubnetNotFound');
    expect(await ask({ ip_address: 'ten' })).toBe('HTTPBadRequest');
  });

  test('a change of addresses keeps what is still wanted', async () => {
    const subnet = await demo.make('subnets', { network_id: net.id, ip_version: 4, cidr: '10.0.0.0/24' });
    const port = await demo.make('ports', { network_id: net.id });
    const wanted = [{ subnet_id: subnet.id }, { subnet_id: subnet.id, ip_address: '10.0.0.9' }];
    const changed = await demo.put(`ports/${port.id}`, { port: { fixed_ips: wanted } });
    expect(new Set(ips(changed.object))).toEqual(new Set(['10.0.0.2', '10.0.0.9']));
    const none = await demo.put(`ports/${port.id}`, { port: { fixed_ips: [] } });
    expect(ips(none.object)).toEqual([]);
  });

  test('a new MAC gives a new automatic address', async () => {
    await demo.make('subnets', {
      network_id: net.id,
      ip_version: 6,
      cidr: 'fd00::/64',
      ipv6_address_mode: 'slaac',
    });
    const port = await demo.make('ports', { network_id: net.id, mac_address: 'fa:16:3e:00:00:01' });
    const changed = await neutron
      .as('admin')
      .put(`ports/${port.id}`, { port: { mac_address: 'fa:16:3e:00:00:02' } });
    expect(ips(changed.object)).toEqual(['fd00::f816:3eff:fe00:2']);
  });

  test('a thousand ports in bulk have a thousand addresses, and one bad one of them leaves none', async () => {
    await demo.make('subnets', { network_id: net.id, ip_version: 4, cidr: '10.0.0.0/16' });
    const many = Array.from({ length: 1000 }, () => ({ network_id: net.id }));
    const made = await demo.post('ports', { ports: many });
    const addresses = made.objects.flatMap((port) => ips(port));
    expect(new Set(addresses).size).toBe(1000);
    const twice = { network_id: net.id, fixed_ips: [{ ip_address: '10.0.200.1' }] };
    const refused = await demo.post('ports', { ports: [twice, twice] });
    expect(refused.status).toBe(409);
    expect((await demo.get('ports?fixed_ips=ip_address=10.0.200.1')).objects).toEqual([]);
  });
});

describe('subnets', () => {
  test('pools go round the gateway unless they are given', async () => {
    const middle = await demo.make('subnets', {
      network_id: net.id,
      ip_version: 4,
      cidr: '10.0.0.0/29',
      gateway_ip: '10.0.0.3',
    });
    expect(middle['allocation_pools']).toEqual([
      { start: '10.0.0.1', end: '10.0.0.2' },
      { start: '10.0.0.4', end: '10.0.0.6' },
    ]);
    const none = await demo.make('subnets', {
      network_id: net.id,
      ip_version: 4,
      cidr: '10.1.0.0/29',
      gateway_ip: null,
    });
    expect([none['gateway_ip'], none['allocation_pools']]).toEqual([
      null,
      [{ start: '10.1.0.1', end: '10.1.0.6' }],
    ]);
  });

  test('two networks may have the same addresses, two subnets of one may not', async () => {
    await demo.make('subnets', { network_id: net.id, ip_version: 4, cidr: '10.0.0.0/24' });
    const other = await demo.make('networks', {});
    await demo.make('subnets', { network_id: other.id, ip_version: 4, cidr: '10.0.0.0/24' });
    expect(await subnet({ cidr: '10.0.0.128/25' })).toEqual({
      status: 400,
      type: 'InvalidInput',
      message: `Invalid input for operation: Requested subnet with cidr: 10.0.0.128/25 for network: ${net.id} overlaps with another subnet.`,
    });
  });

  test.each([
    [{ cidr: '10.0.0.0/24', gateway_ip: '10.0.0.0' }, 'InvalidInput'],
    [{ cidr: '10.0.0.0/24', gateway_ip: 'fd00::1' }, 'InvalidInput'],
    [{ cidr: '10.0.0.0/31' }, 'InvalidInput'],
    [{ cidr: 'fd00::/64' }, 'InvalidInput'],
    [{ cidr: '10.0.0.0/24', ipv6_ra_mode: 'slaac' }, 'InvalidInput'],
    [{}, 'BadRequest'],
    [{ cidr: '10.0.0.0/24', prefixlen: 24 }, 'BadRequest'],
    [{ cidr: '10.0.0.0/24', colour: 'red' }, 'HTTPBadRequest'],
    [
      { cidr: '10.0.0.0/24', allocation_pools: [{ start: '10.0.0.9', end: '10.0.0.2' }] },
      'InvalidAllocationPool',
    ],
    [
      { cidr: '10.0.0.0/24', allocation_pools: [{ start: '10.0.0.9', end: '10.0.1.2' }] },
      'OutOfBoundsAllocationPool',
    ],
    [
      {
        cidr: '10.0.0.0/24',
        allocation_pools: [
          { start: '10.0.0.2', end: '10.0.0.9' },
          { start: '10.0.0.9', end: '10.0.0.12' },
        ],
      },
      'OverlappingAllocationPools',
    ],
    [
      {
        cidr: '10.0.0.0/24',
        gateway_ip: '10.0.0.5',
        allocation_pools: [{ start: '10.0.0.2', end: '10.0.0.9' }],
      },
      'GatewayConflictWithAllocationPools',
    ],
    [{ cidr: '10.0.0.0/24', dns_nameservers: ['fd00::1'] }, 'InvalidInput'],
  ])('%j is refused with %s', async (more, type) => {
    expect((await subnet(more)).type).toBe(type);
  });

  test('a subnet in use stays, and one that is not goes with its network', async () => {
    const used = await demo.make('subnets', { network_id: net.id, ip_version: 4, cidr: '10.0.0.0/24' });
    const port = await demo.make('ports', { network_id: net.id });
    expect(refusal(await demo.delete(`subnets/${used.id}`)).type).toBe('SubnetInUse');
    expect(refusal(await demo.delete(`networks/${net.id}`)).type).toBe('NetworkInUse');
    await demo.delete(`ports/${port.id}`);
    expect((await demo.delete(`networks/${net.id}`)).status).toBe(204);
    expect(refusal(await demo.get(`subnets/${used.id}`)).type).toBe('SubnetNotFound');
  });
});

describe('subnet pools', () => {
  test('hand out the first free block, or the one asked for', async () => {
    const pool = await demo.make('subnetpools', {
      prefixes: ['10.0.0.0/23', '10.0.2.0/23'],
      default_prefixlen: 24,
    });
    expect([pool['prefixes'], pool['default_prefixlen']]).toEqual([['10.0.0.0/22'], '24']);
    const take = async (more: object): Promise<unknown> => {
      const own = await demo.make('networks', {});
      const answer = await demo.post('subnets', {
        subnet: { network_id: own.id, subnetpool_id: pool.id, ip_version: 4, ...more },
      });
      return answer.object['cidr'] ?? refusal(answer);
    };
    expect(await take({ cidr: '10.0.1.0/24' })).toBe('10.0.1.0/24');
    expect(await take({})).toBe('10.0.0.0/24');
    expect(await take({ prefixlen: 25 })).toBe('10.0.2.0/25');
    expect(await take({})).toBe('10.0.3.0/24');
    // Neutron answers 500 here, and Kuryr's users know it by its text.
    expect(await take({})).toEqual({
      status: 500,
      type: 'SubnetAllocationError',
      message: 'Failed to allocate subnet: Insufficient prefix space to allocate subnet size /24.',
    });
    expect(await take({ cidr: '10.0.1.0/24' })).toMatchObject({
      message:
        'Failed to allocate subnet: Cannot allocate requested subnet from the available set of prefixes.',
    });
    expect(refusal(await demo.delete(`subnetpools/${pool.id}`)).type).toBe('SubnetPoolDeleteError');
  });

  test('all subnets of a network and family come from the same pool', async () => {
    const pool = await demo.make('subnetpools', { prefixes: ['10.0.0.0/16'], default_prefixlen: 24 });
    await demo.make('subnets', { network_id: net.id, subnetpool_id: pool.id, ip_version: 4 });
    const other = { network_id: net.id, ip_version: 4, cidr: '192.168.0.0/24' };
    expect(refusal(await demo.post('subnets', { subnet: other })).type).toBe(
      'NetworkSubnetPoolAffinityError',
    );
    await demo.make('subnets', { network_id: net.id, ip_version: 6, cidr: 'fd00::/64' });
  });
});
