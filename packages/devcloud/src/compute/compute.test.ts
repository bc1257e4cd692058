import { Buffer } from 'node:buffer';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { simulatedHypervisor } from './simulated-hypervisor.ts';
import { PROJECT, testCloud, withImageAndNetwork, type Answer, type TestCloud } from './test-cloud.ts';

let cloud: TestCloud;
let imageId: string;
let networkId: string;
const sent: { url: string; status: string }[] = [];

beforeEach(async () => {
  sent.length = 0;
  cloud = await testCloud({
    hypervisor: simulatedHypervisor({
      bootMs: 0,
      signalMs: 0,
      signalBases: ['http://127.0.0.1:9000'],
      send: async ({ url }, body) => void sent.push({ url, ...(body as { status: string }) }),
    }),
  });
  ({ imageId, networkId } = await withImageAndNetwork(cloud));
});
afterEach(() => cloud.running.stop());

const order = (more: object = {}, version = '2.37'): Promise<Answer> =>
  cloud.ask(
    'POST',
    '/compute/v2.1/servers',
    { server: { name: 's', flavorRef: '1', imageRef: imageId, networks: [{ uuid: networkId }], ...more } },
    { version },
  );
const show = async (id: string, version = '2.1'): Promise<Answer> =>
  cloud.ask('GET', `/compute/v2.1/servers/${id}`, undefined, { version });
const until = (id: string, status: string) =>
  vi.waitFor(
    async () => {
      const { body } = await show(id);
      expect(body.server?.status).toBe(status);
      return body.server;
    },
    { interval: 2 },
  );
const gone = (id: string) =>
  vi.waitFor(async () => expect((await show(id)).status).toBe(404), { interval: 2 });
const act = (id: string, body: object, version = '2.1') =>
  cloud.ask('POST', `/compute/v2.1/servers/${id}/action`, body, { version });
const ports = async () => (await cloud.ask('GET', '/network/v2.0/ports')).body.ports;

const bare = (method: 'GET' | 'PUT' | 'POST', url: string, headers = {}, payload?: string) =>
  cloud.app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });

describe('a server', () => {
  test('gets an address on the network asked for, and takes its port along when it goes', async () => {
    const { status, body, headers } = await order();
    expect(status).toBe(202);
    expect(Object.keys(body.server).toSorted()).toEqual(
      ['OS-DCF:diskConfig', 'adminPass', 'id', 'links', 'security_groups'].toSorted(),
    );
    expect(headers['location']).toContain(`/compute/v2.1/servers/${body.server.id}`);
    const server = await until(body.server.id, 'ACTIVE');
    const [port] = await ports();
    expect(port).toMatchObject({
      device_id: body.server.id,
      device_owner: 'compute:nova',
      project_id: PROJECT,
      status: 'ACTIVE',
    });
    expect(server.addresses).toEqual({
      net1: [
        {
          addr: port.fixed_ips[0].ip_address,
          version: 4,
          'OS-EXT-IPS:type': 'fixed',
          'OS-EXT-IPS-MAC:mac_addr': port.mac_address,
        },
      ],
    });
    expect(server.security_groups).toEqual([{ name: 'default' }]);
    expect((await cloud.ask('DELETE', `/compute/v2.1/servers/${server.id}`)).status).toBe(204);
    await gone(server.id);
    expect(await ports()).toEqual([]);
  });

  test("gives a port that was its owner's back instead of deleting it", async () => {
    const { body } = await cloud.ask('POST', '/network/v2.0/ports', { port: { network_id: networkId } });
    const created = await order({ networks: [{ port: body.port.id }] });
    await until(created.body.server.id, 'ACTIVE');
    expect((await order({ networks: [{ port: body.port.id }] })).body).toEqual({
      conflictingRequest: { code: 409, message: `Port ${body.port.id} is still in use.` },
    });
    await cloud.ask('DELETE', `/compute/v2.1/servers/${created.body.server.id}`);
    await gone(created.body.server.id);
    expect(await ports()).toMatchObject([{ id: body.port.id, device_id: '', device_owner: '' }]);
  });

  test('boots from a volume made of an image, which goes with it only if that was agreed', async () => {
    const device = {
      boot_index: 0,
      uuid: imageId,
      source_type: 'image',
      destination_type: 'volume',
      volume_size: 1,
    };
    for (const [deleteOnTermination, left] of [
      [true, 0],
      [false, 1],
    ] as const) {
      const mapping = [{ ...device, delete_on_termination: deleteOnTermination }];
      const { body } = await order({ imageRef: '', block_device_mapping_v2: mapping });
      const server = await until(body.server.id, 'ACTIVE');
      expect(server.image).toBe('');
      const [attached] = server['os-extended-volumes:volumes_attached'];
      const { body: volume } = await cloud.ask('GET', `/volume/v3/volumes/${attached.id}`);
      expect(volume.volume).toMatchObject({
        status: 'in-use',
        bootable: 'true',
        attachments: [{ server_id: server.id, device: '/dev/vda' }],
      });
      await cloud.ask('DELETE', `/compute/v2.1/servers/${server.id}`);
      await gone(server.id);
      await vi.waitFor(async () => {
        const { body: after } = await cloud.ask('GET', '/volume/v3/volumes/detail');
        expect(after.volumes.map((row: { status: string }) => row.status)).toEqual(
          Array(left).fill('available'),
        );
      });
    }
  });

  test('gets two volumes at the same moment, each as a device of its own', async () => {
    const { body } = await order();
    const server = await until(body.server.id, 'ACTIVE');
    const devices = [0, 1].map(async () => {
      const made = await cloud.ask('POST', '/volume/v3/volumes', { volume: { size: 1 } });
      const volumeAttachment = { volumeId: made.body.volume.id };
      const path = `/compute/v2.1/servers/${server.id}/os-volume_attachments`;
      return (await cloud.ask('POST', path, { volumeAttachment })).body.volumeAttachment.device;
    });
    expect(new Set(await Promise.all(devices))).toEqual(new Set(['/dev/vdb', '/dev/vdc']));
  });

  test('is deleted even while its build hangs', async () => {
    const { body } = await order({ metadata: { 'gantry:fail': 'hang' } });
    await vi.waitFor(async () => expect(await ports()).toHaveLength(1), { interval: 2 });
    expect((await show(body.server.id)).body.server.status).toBe('BUILD');
    await cloud.ask('DELETE', `/compute/v2.1/servers/${body.server.id}`);
    await gone(body.server.id);
    expect(await ports()).toEqual([]);
  });

  test('that could not be built says why, and can be deleted', async () => {
    const { body } = await order({ metadata: { 'gantry:fail': 'build' } });
    const server = await until(body.server.id, 'ERROR');
    expect(server.fault).toMatchObject({
      code: 500,
      message: expect.stringContaining('No valid host was found.'),
    });
    expect(server.fault.details).toBeUndefined();
    await cloud.ask('DELETE', `/compute/v2.1/servers/${server.id}`);
    await gone(server.id);
    expect(await ports()).toEqual([]);
  });

  test('is not put twice on one host by an anti-affinity group', async () => {
    const { body: group } = await cloud.ask('POST', '/compute/v2.1/os-server-groups', {
      server_group: { name: 'g', policies: ['anti-affinity'] },
    });
    const hints = { group: group.server_group.id };
    const create = async () =>
      (
        await cloud.ask('POST', '/compute/v2.1/servers', {
          server: { name: 's', flavorRef: '1', imageRef: imageId, networks: [{ uuid: networkId }] },
          'os:scheduler_hints': hints,
        })
      ).body.server.id as string;
    await until(await create(), 'ACTIVE');
    const second = await until(await create(), 'ERROR');
    expect(second.fault.message).toContain('No valid host was found.');
  });

  test('stops, starts, pauses, resizes, and refuses what its state does not allow', async () => {
    const { body } = await order();
    const { id } = body.server;
    await until(id, 'ACTIVE');
    expect((await act(id, { 'os-start': null })).body).toEqual({
      conflictingRequest: {
        code: 409,
        message: `Cannot 'start' instance ${id} while it is in vm_state active`,
      },
    });
    expect((await act(id, { 'os-stop': null })).status).toBe(202);
    await until(id, 'SHUTOFF');
    await act(id, { 'os-start': null });
    await until(id, 'ACTIVE');
    await act(id, { pause: null });
    await until(id, 'PAUSED');
    await act(id, { unpause: null });
    await until(id, 'ACTIVE');
    await act(id, { resize: { flavorRef: '2' } });
    await until(id, 'VERIFY_RESIZE');
    expect((await show(id, '2.47')).body.server.flavor.original_name).toBe('m1.small');
    await act(id, { revertResize: null });
    await until(id, 'ACTIVE');
    expect((await show(id)).body.server.flavor.id).toBe('1');
    expect((await act(id, { fly: {} })).body.badRequest.message).toBe('There is no such action: fly');
  });

  test('gains and loses a security group on all its ports', async () => {
    await cloud.ask('POST', '/network/v2.0/security-groups', { security_group: { name: 'web' } });
    const { id } = (await order()).body.server;
    await until(id, 'ACTIVE');
    expect((await act(id, { addSecurityGroup: { name: 'web' } })).status).toBe(202);
    expect((await show(id)).body.server.security_groups).toEqual([{ name: 'default' }, { name: 'web' }]);
    expect((await act(id, { removeSecurityGroup: { name: 'web' } })).status).toBe(202);
    expect((await show(id)).body.server.security_groups).toEqual([{ name: 'default' }]);
    const again = await act(id, { removeSecurityGroup: { name: 'web' } });
    expect(again).toMatchObject({ status: 404, body: { itemNotFound: { message: /not associated/ } } });
    expect((await act(id, { addSecurityGroup: { name: 'nope' } })).status).toBe(404);
  });

  test('tells that it is simulated, and signals the wait conditions in its user data', async () => {
    const url = 'http://127.0.0.1:9000/orchestration/v1/p/stacks/s/1/resources/w/signal';
    const script = Buffer.from(`#!/bin/sh\ncurl -X POST ${url}\n`).toString('base64');
    const { body } = await order({ user_data: script });
    await vi.waitFor(() => expect(sent).toMatchObject([{ url, status: 'SUCCESS' }]), { interval: 2 });
    await until(body.server.id, 'ACTIVE');
    const { body: console } = await act(body.server.id, { 'os-getConsoleOutput': {} });
    expect(console.output).toContain('Servers are simulated');
    await order({ user_data: script, metadata: { 'gantry:fail': 'signal' } });
    await vi.waitFor(() => expect(sent).toMatchObject([{}, { url, status: 'FAILURE' }]), { interval: 2 });
  });

  test("is nobody else's: another project doesn't see it", async () => {
    const { body } = await order();
    const path = `/compute/v2.1/servers/${body.server.id}`;
    expect(await cloud.ask('GET', path, undefined, { as: 'other' })).toMatchObject({
      status: 404,
      body: { itemNotFound: { code: 404, message: `Instance ${body.server.id} could not be found.` } },
    });
    expect((await cloud.ask('DELETE', path, undefined, { as: 'other' })).status).toBe(404);
    expect(
      (await cloud.ask('GET', path, undefined, { as: 'admin' })).body.server['OS-EXT-SRV-ATTR:host'],
    ).toBe('host1');
  });
});

describe('a bad order', () => {
  test.each([
    [{ name: '' }, "Invalid input for field/attribute name. Value: . '' is too short"],
    [{ flavorRef: 'nope' }, 'Flavor nope could not be found.'],
    [
      { user_data: '%%%' },
      "Invalid input for field/attribute user_data. Value: %%%. '%%%' is not a 'base64'",
    ],
    [{ key_name: 'nope' }, 'Invalid key_name provided.'],
    [{ availability_zone: 'moon' }, 'The requested availability zone is not available'],
    [{ security_groups: [{ name: 'sg9' }] }, `Security group sg9 not found for project ${PROJECT}.`],
    [
      { networks: [{ uuid: '11111111-2222-3333-4444-555555555555' }] },
      'Network 11111111-2222-3333-4444-555555555555 could not be found.',
    ],
    [
      { imageRef: '11111111-2222-3333-4444-555555555555' },
      'Image 11111111-2222-3333-4444-555555555555 could not be found.',
    ],
    [{ networks: undefined }, /'networks' is a required property$/],
    [{ description: 5, min_count: 2, max_count: 1 }, /description/],
    [{ min_count: 2, max_count: 1 }, 'min_count must be <= max_count'],
  ])('%j is refused and leaves nothing', async (more, message) => {
    const { status, body } = await order(more);
    expect(status).toBe(400);
    expect(body.badRequest.message).toMatch(message);
    expect((await cloud.ask('GET', '/compute/v2.1/servers')).body.servers).toEqual([]);
  });

  test('one over the quota is refused with what is used and what is allowed', async () => {
    await cloud.ask(
      'PUT',
      `/compute/v2.1/os-quota-sets/${PROJECT}`,
      { quota_set: { instances: 1 } },
      { as: 'admin' },
    );
    expect((await order({ min_count: 2 })).body.forbidden.message).toBe(
      'Quota exceeded for instances: Requested 2, but already used 0 of 1 instances',
    );
    expect((await order()).status).toBe(202);
    expect((await order()).status).toBe(403);
  });
});

describe('microversions', () => {
  test('are negotiated by either header, and told back', async () => {
    const { headers } = await cloud.ask('GET', '/compute/v2.1/flavors', undefined, { version: 'latest' });
    expect(headers['openstack-api-version']).toBe('compute 2.90');
    expect(headers['x-openstack-nova-api-version']).toBe('2.90');
    const refused = await cloud.ask('GET', '/compute/v2.1/flavors', undefined, { version: '2.500' });
    expect(refused.status).toBe(406);
    expect(refused.body.computeFault.message).toContain('Minimum is 2.1 and maximum is 2.90.');
    const bad = await cloud.ask('GET', '/compute/v2.1/flavors', undefined, { version: 'x' });
    expect(bad.body.badRequest.message).toContain("API Version String 'x' is of invalid format");
  });

  test('without a token only discovery answers; unknown addresses, methods and broken JSON are told apart', async () => {
    expect((await bare('GET', '/compute/')).json().versions[0]).toMatchObject({
      id: 'v2.1',
      min_version: '2.1',
    });
    const refused = await bare('GET', '/compute/v2.1/servers');
    expect([refused.statusCode, refused.json().error.code]).toEqual([401, 401]);
    const token = { 'x-auth-token': 'demo' };
    expect((await bare('GET', '/compute/v2.1/nope', token)).json().code).toBe('404 Not Found');
    expect((await bare('PUT', '/compute/v2.1/servers', token)).json().badMethod.code).toBe(405);
    const broken = await bare(
      'POST',
      '/compute/v2.1/servers',
      { ...token, 'content-type': 'application/json' },
      '{',
    );
    expect(broken.json()).toEqual({ badRequest: { code: 400, message: 'Malformed request body' } });
  });
});
