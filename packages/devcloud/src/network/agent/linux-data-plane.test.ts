import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startNeutron, type Thing, type Client, type Neutron } from '../neutron-for-tests.ts';
import { MemoryLinks } from './memory-links.ts';
import { bridgeMac, bridgeName, gatewayLeg, interfaceLeg, routerNamespace, tapName } from './names.ts';
import { removeDataPlane } from './remove-data-plane.ts';

let links: MemoryLinks;
let neutron: Neutron;
let demo: Client;
let admin: Client;
let net: Thing;
let subnet: Thing;

beforeEach(async () => {
  links = new MemoryLinks();
  neutron = await startNeutron({ links });
  [demo, admin] = [neutron.as('demo'), neutron.as('admin')];
  await neutron.start();
  net = await demo.make('networks', { mtu: 1400 });
  subnet = await demo.make('subnets', { network_id: net.id, ip_version: 4, cidr: '10.0.0.0/24' });
});
afterEach(() => neutron.close());

const status = async (port: Thing): Promise<unknown> => (await demo.get(`ports/${port.id}`)).object['status'];

const natOf = (router: Thing): string => links.tables.get(routerNamespace(router.id)) ?? '';

describe('ports', () => {
  test('are ACTIVE from the moment their interface is there until it goes', async () => {
    const port = await demo.make('ports', { network_id: net.id });
    expect(links.names()).toEqual([]);
    links.appear(tapName(port.id));
    await neutron.settled();
    expect(links.find(tapName(port.id))).toMatchObject({ master: bridgeName(net.id), up: true, mtu: 1400 });
    expect(await status(port)).toBe('ACTIVE');
    links.vanish(tapName(port.id));
    await neutron.settled();
    expect(await status(port)).toBe('DOWN');
  });

  test('that were there before are plugged in too, and a lost bridge is made again', async () => {
    const port = await demo.make('ports', { network_id: net.id });
    links.spaces.get('')?.set(tapName(port.id), {
      name: tapName(port.id),
      mtu: 1500,
      up: false,
      master: undefined,
      alias: undefined,
      mac: '',
      addresses: [],
    });
    await neutron.restart();
    expect(await status(port)).toBe('ACTIVE');
    await links.batch([`link del dev ${bridgeName(net.id)}`]);
    await neutron.settled();
    expect(links.find(bridgeName(net.id))).toMatchObject({ up: true });
  });

  test('whose bridge Kuryr has made a moment before are plugged into it like any others', async () => {
    const port = await demo.make('ports', { network_id: net.id });
    links.meanwhile = () => links.appear(bridgeName(net.id));
    links.appear(tapName(port.id));
    await neutron.settled();
    expect(links.find(bridgeName(net.id))).toMatchObject({ up: true, mac: bridgeMac(net.id) });
    expect(await status(port)).toBe('ACTIVE');
  });

  test('that are switched off are unplugged', async () => {
    const port = await demo.make('ports', { network_id: net.id });
    links.appear(tapName(port.id));
    await demo.put(`ports/${port.id}`, { port: { admin_state_up: false } });
    await neutron.settled();
    expect(links.find(tapName(port.id))).toMatchObject({ master: undefined, up: false });
    expect(await status(port)).toBe('DOWN');
  });

  test("of others' interfaces nothing is touched", async () => {
    links.appear('tap01234567-89');
    links.appear('eth7');
    await neutron.settled();
    expect(links.find('tap01234567-89')).toMatchObject({ master: undefined, up: false });
  });
});

describe('routers', () => {
  let outside: Thing;
  let router: Thing;

  beforeEach(async () => {
    outside = await admin.make('networks', { 'router:external': true });
    await admin.make('subnets', { network_id: outside.id, ip_version: 4, cidr: '172.24.4.0/24' });
    router = await demo.make('routers', { external_gateway_info: { network_id: outside.id } });
    await demo.put(`routers/${router.id}/add_router_interface`, { subnet_id: subnet.id });
    await neutron.settled();
  });
  const inside = async (): Promise<Record<string, readonly string[]>> =>
    Object.fromEntries(
      (await links.addressed(routerNamespace(router.id)))
        .filter((link) => link.name !== 'lo')
        .map((link) => [link.name.slice(0, 3), link.addresses]),
    );

  test('have a leg in each of their networks, and hide servers behind their own address', async () => {
    expect(await inside()).toEqual({ 'qr-': ['10.0.0.1/24'], 'qg-': ['172.24.4.2/24'] });
    expect(await links.routes(routerNamespace(router.id))).toEqual([
      { destination: 'default', gateway: '172.24.4.1' },
    ]);
    const ports = (await admin.get(`ports?device_id=${router.id}`)).objects;
    expect(ports.map((port) => port['status'])).toEqual(['ACTIVE', 'ACTIVE']);
    const names = ports.map((port) =>
      (port['device_owner'] === 'network:router_gateway' ? gatewayLeg : interfaceLeg)(port.id),
    );
    const legs = (await links.addressed(routerNamespace(router.id))).map((link) => link.name);
    expect(legs.toSorted()).toEqual(['lo', ...names].toSorted());
    expect(links.tables.get(routerNamespace(router.id))).toContain('-j SNAT --to-source 172.24.4.2');
  });

  test('lead a floating IP in and out, for as long as it is associated', async () => {
    const port = await demo.make('ports', { network_id: net.id });
    const floating = await demo.make('floatingips', { floating_network_id: outside.id, port_id: port.id });
    await neutron.settled();
    expect((await inside())['qg-']).toEqual(['172.24.4.2/24', '172.24.4.3/32']);
    expect(natOf(router)).toContain('-A PREROUTING -d 172.24.4.3/32 -j DNAT --to-destination 10.0.0.2');
    expect(natOf(router)).toContain('-A POSTROUTING -s 10.0.0.2/32 -j SNAT --to-source 172.24.4.3');
    await demo.put(`floatingips/${floating.id}`, { floatingip: { port_id: null } });
    await neutron.settled();
    expect((await inside())['qg-']).toEqual(['172.24.4.2/24']);
    expect(natOf(router)).not.toContain('172.24.4.3');
  });

  test('the host is the gateway of external networks and of no other', async () => {
    expect(links.find(bridgeName(outside.id))).toMatchObject({ addresses: ['172.24.4.1/24'] });
    expect(links.find(bridgeName(net.id))).toMatchObject({ addresses: [] });
    expect(links.settings).toContain('net/ipv4/ip_forward=1');
    expect(links.settings).toContain(`net/ipv4/conf/${bridgeName(net.id)}/arp_ignore=8`);
    expect(links.hostRules.filter((rule) => rule.startsWith('nat '))).toEqual([]);
    await links.batch(['route replace 0.0.0.0/0 via 192.0.2.1']);
    await neutron.restart();
    expect(links.hostRules.filter((rule) => rule.startsWith('nat '))).toEqual([
      expect.stringMatching(/-s 172\.24\.4\.0\/24 ! -o brq.* -j MASQUERADE$/),
    ]);
  });

  test('everything goes with its object', async () => {
    await demo.put(`routers/${router.id}/remove_router_interface`, { subnet_id: subnet.id });
    await demo.delete(`routers/${router.id}`);
    await demo.delete(`networks/${net.id}`);
    await admin.delete(`networks/${outside.id}`);
    await neutron.settled();
    expect([links.names(), links.namespaces()]).toEqual([[], []]);
  });

  test('what changed while nobody was looking is put right at the next start', async () => {
    await links.batch([`netns del ${routerNamespace(router.id)}`]);
    await links.batch([`link add name brqdeadbeef-00 type bridge`]);
    const mark = links.find(bridgeName(net.id))?.alias ?? '';
    await links.batch([`link set dev brqdeadbeef-00 alias ${mark}`]);
    await neutron.restart();
    expect(await inside()).toEqual({ 'qr-': ['10.0.0.1/24'], 'qg-': ['172.24.4.2/24'] });
    expect(links.find('brqdeadbeef-00')).toBeUndefined();
  });

  test('removing the data plane leaves what belongs to others', async () => {
    links.appear('brq-of-another');
    links.hostRules.push('filter -A FORWARD -i docker0 -j ACCEPT');
    await neutron.cloud.services[0]?.stop?.();
    await removeDataPlane({ store: neutron.cloud.store }, links);
    expect(links.names()).toEqual(['brq-of-another']);
    expect(links.forwards()).toBe(true);
    expect(links.namespaces()).toEqual([]);
    expect(links.hostRules).toEqual(['filter -A FORWARD -i docker0 -j ACCEPT']);
    links.vanish('brq-of-another');
    await removeDataPlane({ store: neutron.cloud.store }, links);
    expect(links.forwards()).toBe(false);
  });
});
