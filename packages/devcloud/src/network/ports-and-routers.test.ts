import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listIn, refusal, startNeutron, type Thing, type Client, type Neutron } from './neutron-for-tests.ts';

let neutron: Neutron;
let admin: Client;
let demo: Client;
let net: Thing;
let subnet: Thing;

beforeEach(async () => {
  neutron = await startNeutron();
  [admin, demo] = [neutron.as('admin'), neutron.as('demo')];
  net = await demo.make('networks', { name: 'n' });
  subnet = await demo.make('subnets', { network_id: net.id, ip_version: 4, cidr: '10.0.0.0/24' });
});
afterEach(() => neutron.close());

const route = (nexthop: string): unknown => ({
  router: { routes: [{ destination: '10.9.0.0/16', nexthop }] },
});

describe('ports', () => {
  test('are bound where there is an agent, told so, and keep their MAC from then on', async () => {
    const told: string[] = [];
    neutron.cloud.signals.on('port', (id) => told.push(id));
    const port = await demo.make('ports', { network_id: net.id, tags: ['t'] });
    expect(port['mac_address']).toMatch(/^fa:16:3e(:[0-9a-f]{2}){3}$/);
    expect([port['status'], port['tags']]).toEqual(['DOWN', ['t']]);
    // Kuryr's own request: host and Docker's MAC at once, while the port is still unbound.
    const bound = await admin.put(`ports/${port.id}`, {
      port: { 'binding:host_id': 'node', mac_address: '02:42:00:00:00:01', device_owner: 'compute:kuryr' },
    });
    expect(bound.object).toMatchObject({
      'binding:vif_type': 'bridge',
      mac_address: '02:42:00:00:00:01',
      status: 'ACTIVE',
    });
    expect(told).toEqual([port.id, port.id]);
    const other = await admin.put(`ports/${port.id}`, { port: { mac_address: '02:42:00:00:00:02' } });
    expect(refusal(other)).toEqual({
      status: 409,
      type: 'PortBound',
      message: `Unable to complete operation on port ${port.id}, port is already bound, port type: bridge, old_mac 02:42:00:00:00:01, new_mac 02:42:00:00:00:02.`,
    });
    const nowhere = await admin.put(`ports/${port.id}`, { port: { 'binding:host_id': 'moon' } });
    expect(nowhere.object).toMatchObject({ 'binding:vif_type': 'binding_failed', status: 'DOWN' });
  });

  test('have a MAC of their own on their network', async () => {
    const mac = '02:00:00:00:00:01';
    await demo.make('ports', { network_id: net.id, mac_address: mac });
    const twice = await demo.post('ports', { port: { network_id: net.id, mac_address: mac.toUpperCase() } });
    expect(refusal(twice).type).toBe('MacAddressInUse');
    const elsewhere = await demo.make('networks', {});
    await demo.make('ports', { network_id: elsewhere.id, mac_address: mac });
  });

  test('are found by address, subnet, device and group', async () => {
    const first = await demo.make('ports', {
      network_id: net.id,
      device_id: 'd',
      fixed_ips: [{ ip_address: '10.0.0.7' }],
    });
    await demo.make('ports', { network_id: net.id });
    const group = listIn(first, 'security_groups').map(String).join();
    const count = async (query: string): Promise<unknown> =>
      (await demo.get(`ports?${query}`)).objects.length;
    expect(await count(`fixed_ips=subnet_id%3D${subnet.id}&fixed_ips=ip_address%3D10.0.0.7`)).toBe(1);
    expect(await count(`fixed_ips=subnet_id=${subnet.id}`)).toBe(2);
    expect(await count(`device_id=d&device_id=e`)).toBe(1);
    expect(await count(`security_groups=${group}`)).toBe(2);
    expect(await count('fixed_ips=ip_address=10.0.0.8')).toBe(0);
  });

  test('without port security have neither groups nor address pairs', async () => {
    const bare = await demo.make('ports', { network_id: net.id, port_security_enabled: false });
    expect(bare['security_groups']).toEqual([]);
    const pair = { allowed_address_pairs: [{ ip_address: '10.0.0.0/24' }] };
    const refused = await demo.put(`ports/${bare.id}`, { port: pair });
    expect(refusal(refused).type).toBe('AddressPairAndPortSecurityRequired');
    const safe = await demo.make('ports', { network_id: net.id, ...pair });
    expect(safe['allowed_address_pairs']).toEqual([
      { ip_address: '10.0.0.0/24', mac_address: safe['mac_address'] },
    ]);
  });
});

describe('security groups', () => {
  test('each project has a default one, made when it is first needed', async () => {
    const [group] = (await demo.get('security-groups')).objects;
    const rules = listIn(group ?? { id: '' }, 'security_group_rules').map((rule) => [
      rule['direction'],
      rule['ethertype'],
      rule['remote_group_id'],
    ]);
    expect(rules).toEqual([
      ['egress', 'IPv4', null],
      ['egress', 'IPv6', null],
      ['ingress', 'IPv4', group?.['id']],
      ['ingress', 'IPv6', group?.['id']],
    ]);
    expect(refusal(await demo.post('security-groups', { security_group: { name: 'Default' } })).type).toBe(
      'SecurityGroupDefaultAlreadyExists',
    );
    expect(refusal(await demo.delete(`security-groups/${group?.['id']}`)).type).toBe(
      'SecurityGroupCannotRemoveDefault',
    );
  });

  test.each([
    [{ protocol: 'tcp', port_range_min: 90, port_range_max: 80 }, 400, 'SecurityGroupInvalidPortRange'],
    [{ port_range_min: 80, port_range_max: 80 }, 400, 'SecurityGroupProtocolRequiredWithPorts'],
    [{ protocol: 'icmp', port_range_max: 1 }, 400, 'SecurityGroupMissingIcmpType'],
    [{ protocol: 'nonsense' }, 400, 'SecurityGroupRuleInvalidProtocol'],
    [{ remote_ip_prefix: 'fd00::/8' }, 400, 'SecurityGroupRuleParameterConflict'],
    [{ remote_ip_prefix: 'everywhere' }, 400, 'InvalidCIDR'],
    [{ protocol: '6', port_range_min: 22, port_range_max: 22 }, 409, 'SecurityGroupRuleExists'],
  ])('a rule %j is refused with %i %s', async (rule, status, type) => {
    const group = await demo.make('security-groups', { name: 'g' });
    const base = { security_group_id: group.id, direction: 'ingress' };
    await demo.make('security-group-rules', {
      ...base,
      protocol: 'tcp',
      port_range_min: 22,
      port_range_max: 22,
    });
    const answer = await demo.post('security-group-rules', { security_group_rule: { ...base, ...rule } });
    expect(refusal(answer)).toMatchObject({ status, type });
  });
});

describe('routers and floating IPs', () => {
  let outside: Thing;
  let router: Thing;
  let port: Thing;

  beforeEach(async () => {
    outside = await admin.make('networks', { 'router:external': true });
    await admin.make('subnets', {
      network_id: outside.id,
      ip_version: 4,
      cidr: '172.24.4.0/24',
      allocation_pools: [{ start: '172.24.4.10', end: '172.24.4.12' }],
    });
    router = await demo.make('routers', { name: 'r', external_gateway_info: { network_id: outside.id } });
    port = await demo.make('ports', { network_id: net.id });
  });
  const join = (): ReturnType<Client['put']> =>
    demo.put(`routers/${router.id}/add_router_interface`, { subnet_id: subnet.id });

  test('a floating IP leads to a port through its router, which then can go nowhere', async () => {
    const floating = await demo.make('floatingips', { floating_network_id: outside.id });
    expect([floating['floating_ip_address'], floating['status']]).toEqual(['172.24.4.11', 'DOWN']);
    const lead = { floatingip: { port_id: port.id } };
    const path = `floatingips/${floating.id}`;
    expect(refusal(await demo.put(path, lead))).toMatchObject({
      status: 404,
      type: 'ExternalGatewayForFloatingIPNotFound',
    });
    expect((await join()).body).toMatchObject({ id: router.id, subnet_ids: [subnet.id] });
    expect((await demo.put(path, lead)).object).toMatchObject({
      status: 'ACTIVE',
      router_id: router.id,
      fixed_ip_address: '10.0.0.2',
      port_details: { network_id: net.id },
    });
    const second = { floating_network_id: outside.id, port_id: port.id };
    expect(refusal(await demo.post('floatingips', { floatingip: second })).type).toBe(
      'FloatingIPPortAlreadyAssociated',
    );
    const leave = await demo.put(`routers/${router.id}/remove_router_interface`, { subnet_id: subnet.id });
    expect(refusal(leave).type).toBe('RouterInterfaceInUseByFloatingIP');
    const cut = await demo.put(`routers/${router.id}`, { router: { external_gateway_info: null } });
    expect(refusal(cut).type).toBe('RouterExternalGatewayInUseByFloatingIp');
    expect(refusal(await demo.delete(`routers/${router.id}`)).type).toBe('RouterInUse');
    await demo.delete(`ports/${port.id}`);
    expect((await demo.get(path)).object).toMatchObject({ status: 'DOWN', port_id: null });
  });

  test('addresses of the external network end, and come back', async () => {
    const ask = { floatingip: { floating_network_id: outside.id } };
    const [first] = [await demo.post('floatingips', ask), await demo.post('floatingips', ask)];
    expect(refusal(await demo.post('floatingips', ask)).type).toBe('IpAddressGenerationFailure');
    await demo.delete(`floatingips/${first?.object.id}`);
    expect((await demo.post('floatingips', ask)).status).toBe(201);
  });

  test("a router's ports go with the router only, and its subnets don't overlap", async () => {
    const added = await join();
    expect(refusal(await demo.delete(`ports/${String(added.body['port_id'])}`))).toMatchObject({
      status: 409,
      type: 'ServicePortInUse',
    });
    expect(refusal(await join()).message).toBe(
      `Bad router request: Router already has a port on subnet ${subnet.id}.`,
    );
    const twin = await demo.make('networks', {});
    const same = await demo.make('subnets', { network_id: twin.id, ip_version: 4, cidr: '10.0.0.0/16' });
    const clash = await demo.put(`routers/${router.id}/add_router_interface`, { subnet_id: same.id });
    expect(refusal(clash).message).toContain('overlaps with cidr 10.0.0.0/24');
    const moved = await demo.put(`subnets/${subnet.id}`, { subnet: { gateway_ip: '10.0.0.254' } });
    expect(refusal(moved).type).toBe('GatewayIpInUse');
  });

  test('only an external network is a gateway, and routes lead to where the router is', async () => {
    const wrong = { router: { external_gateway_info: { network_id: net.id } } };
    expect(refusal(await demo.put(`routers/${router.id}`, wrong)).message).toBe(
      `Bad router request: Network ${net.id} is not an external network.`,
    );
    expect(refusal(await demo.put(`routers/${router.id}`, route('10.0.0.5'))).type).toBe('InvalidRoutes');
    await join();
    expect((await demo.put(`routers/${router.id}`, route('10.0.0.5'))).status).toBe(200);
  });
});
