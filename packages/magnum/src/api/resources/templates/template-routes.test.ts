import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  apiInTest,
  templateBody,
  withCluster,
  withTemplate,
  type ApiInTest,
} from '../../testing/api-in-test.ts';

let api: ApiInTest;
beforeEach(async () => {
  api = await apiInTest();
});
afterEach(() => api.close());

describe('a cluster template', () => {
  test('gets what follows from its image and its COE, and shows every field in the original’s order', async () => {
    const { status, headers, body } = await api.ask('member', 'POST', '/v1/clustertemplates', templateBody);
    const { uuid } = body as { uuid: string };
    expect(status).toBe(201);
    expect(headers['location']).toBe(`http://cloud:9000/container-infra/v1/clustertemplates/${uuid}`);
    expect(Object.keys(body)).toEqual(
      (
        'uuid name coe image_id flavor_id master_flavor_id dns_nameserver keypair_id external_network_id ' +
        'fixed_network fixed_subnet network_driver apiserver_port docker_volume_size cluster_distro links ' +
        'http_proxy https_proxy no_proxy volume_driver registry_enabled labels tls_disabled public server_type ' +
        'insecure_registry docker_storage_driver master_lb_enabled floating_ip_enabled project_id user_id hidden ' +
        'tags driver created_at updated_at'
      ).split(' '),
    );
    expect(body).toMatchObject({
      cluster_distro: 'debian',
      driver: 'swarm',
      network_driver: 'docker',
      floating_ip_enabled: true,
      labels: { 'a.b/c': 'x', count: '3', on: 'True' },
      project_id: 'p1',
      user_id: 'u1',
      created_at: '2030-01-01T00:00:00+00:00',
      updated_at: null,
    });
    expect((await api.ask('member', 'GET', `/v1/clustertemplates/${uuid}`)).body).toEqual(body);
  });

  test.each([
    [{ coe: 'mesos' }, 400, 'Requested COE type mesos is not supported.'],
    [{ coe: 'nosuch' }, 400, 'coe'],
    [{ coe: undefined }, 400, 'COE'],
    [{ image_id: undefined }, 400, 'image_id'],
    [{ image_id: 'none' }, 400, 'Image none could not be found.'],
    [{ image_id: 'bare' }, 400, "Image bare doesn't contain os_distro field."],
    [{ image_id: 'twin' }, 409, 'Multiple images exist'],
    [{ coe: 'kubernetes' }, 400, 'Cluster type (vm, debian, kubernetes) not supported.'],
    [{ flavor_id: 'none' }, 400, 'Unable to find flavor none.'],
    [{ flavor_id: 'none', external_network_id: 'none' }, 400, 'Unable to find flavor none.'],
    [{ external_network_id: 'none' }, 400, 'Unable to find external network none.'],
    [{ fixed_subnet: 'none' }, 400, 'Unable to find fixed subnet none.'],
    [
      { network_driver: 'flannel' },
      400,
      'Network driver type flannel is not supported, expecting a docker/unspecified',
    ],
    [{ volume_driver: 'cinder' }, 400, 'expecting a rexray/unspecified volume driver'],
    [{ server_type: 'mainframe' }, 400, 'Server type mainframe'],
    [{ docker_storage_driver: 'devicemapper', docker_volume_size: 2 }, 400, '3GB'],
    [{ dns_nameserver: '8.8.8.8,x' }, 400, '8.8.8.8,x'],
    [{ master_flavor_id: 'diskless' }, 400, 'boot_volume_size'],
    [{ labels: { boot_volume_size: 'big' } }, 400, 'labels.boot_volume_size'],
    [{ labels: { nested: {} } }, 400, 'labels.nested'],
    [{ apiserver_port: 80 }, 400, 'greater or equal to 1024'],
    [{ tls_disabled: 'perhaps' }, 400, 'tls_disabled'],
    [{ project_id: 'p2' }, 400, 'Cannot set read only field.'],
    [{ colour: 'red', size: 1 }, 400, 'Unknown attributes for argument cluster_template: colour, size'],
    [{ public: true }, 403, 'Not authorized to set public or hidden flag'],
    [{ driver: 'none' }, 400, 'Cluster driver (none) not supported.'],
  ])('with %j is refused with %i', async (change, status, text) => {
    const answer = await api.ask('member', 'POST', '/v1/clustertemplates', { ...templateBody, ...change });
    expect(answer.error).toContain(text);
    expect(answer.status).toBe(status);
    expect(await api.store.templates.list('all', { sortKey: 'id', sortDir: 'asc', limit: 9 })).toEqual([]);
  });

  test('is patched by attribute and by label, labels given as JSON or as Python writes them', async () => {
    await withTemplate(api);
    expect((await patch({ op: 'add', path: '/labels/d.e~1f', value: '1' })).body).toMatchObject({
      labels: { 'a.b/c': 'x', 'd.e/f': '1' },
    });
    expect(
      (await patch({ op: 'replace', path: '/labels', value: "{'a': 'b', \"c\": True}" })).body,
    ).toMatchObject({
      labels: { a: 'b', c: 'True' },
    });
    expect((await patch({ op: 'replace', path: '/tls_disabled', value: 'True' })).body).toMatchObject({
      tls_disabled: true,
      labels: { a: 'b', c: 'True' },
    });
    for (const [operation, text] of [
      [{ op: 'replace', path: '/uuid', value: 'x' }, 'internal attribute'],
      [{ op: 'remove', path: '/coe' }, 'mandatory attribute'],
      [{ op: 'add', path: '/foo', value: 'x' }, 'Adding a new attribute /foo'],
      [{ op: 'replace', path: '/foo', value: 'x' }, "non-existent object 'foo'"],
      [{ op: 'add', path: '/image_id', value: 'x' }, "please use 'replace'"],
      [{ op: 'replace', path: '/name' }, 'needs value'],
      [{ op: 'replace', path: '/flavor_id', value: 'none' }, 'Unable to find flavor none.'],
      [{ op: 'replace', path: '/labels', value: 'nonsense' }, 'is no object'],
    ] as const) {
      const answer = await patch(operation);
      expect([answer.status, answer.error]).toEqual([400, expect.stringContaining(text)]);
    }
  });

  test('keeps what two users change at once, and stays without a name that was taken away', async () => {
    const { body } = await api.ask('member', 'POST', '/v1/clustertemplates', templateBody);
    const { uuid } = body as { uuid: string };
    const patch = (op: string, path: string, value?: unknown) =>
      api.ask('member', 'PATCH', `/v1/clustertemplates/${uuid}`, [{ op, path, value }]);
    await patch('remove', '/name');
    await Promise.all([
      patch('replace', '/flavor_id', '1'),
      patch('replace', '/docker_volume_size', 7),
      patch('replace', '/master_flavor_id', '1'),
    ]);
    expect(await api.ask('member', 'GET', `/v1/clustertemplates/${uuid}`)).toMatchObject({
      body: { name: null, flavor_id: '1', master_flavor_id: '1', docker_volume_size: 7 },
    });
  });

  test('in use can’t be deleted nor changed in what clusters look at', async () => {
    await withTemplate(api);
    await withCluster(api);
    const path = '/v1/clustertemplates/swarm';
    expect(await api.ask('member', 'DELETE', path)).toMatchObject({ status: 400 });
    const patch = (name: string, value: string) =>
      api.ask('member', 'PATCH', path, [{ op: 'replace', path: name, value }]);
    expect(await patch('/docker_storage_driver', 'btrfs')).toMatchObject({ status: 400 });
    expect(await patch('/name', 'swarm')).toMatchObject({ status: 200 });
  });
});

function patch(...operations: object[]) {
  return api.ask('member', 'PATCH', '/v1/clustertemplates/swarm', operations);
}
