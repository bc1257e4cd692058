import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ClusterStatus } from '../../../store/rows.ts';
import { apiInTest, withCluster, withTemplate, type ApiInTest } from '../../testing/api-in-test.ts';

let api: ApiInTest;
let uuid: string;

beforeEach(async () => {
  api = await apiInTest();
  await withTemplate(api);
  uuid = await withCluster(api);
  await is('CREATE_COMPLETE');
  // Its creation is over.
  await api.store.operations.supersede(uuid);
});
afterEach(() => api.close());

async function is(status: ClusterStatus): Promise<void> {
  await api.store.clusters.update(uuid, { status, api_address: 'tcp://172.24.4.10:2376' });
  await api.store.nodegroups.updateAll(uuid, { status });
}

async function ordered(): Promise<object[]> {
  const operations = await api.store.operations.of(uuid);
  return operations
    .filter(({ state }) => state === 'queued')
    .map(({ verb, parameters }) => ({ verb, ...parameters }));
}

const replace = (path: string, value: unknown) => [{ op: 'replace', path, value }];
const patch = (body: unknown, query = '') => api.ask('member', 'PATCH', `/v1/clusters/demo${query}`, body);
const resize = (body: unknown) => api.ask('member', 'POST', '/v1/clusters/demo/actions/resize', body);
const upgrade = (body: unknown) => api.ask('member', 'POST', '/v1/clusters/demo/actions/upgrade', body);

describe('PATCH of a cluster', () => {
  test.each([3, '3'])('orders another number of workers, given as %j', async (count) => {
    expect(await patch(replace('/node_count', count))).toMatchObject({ status: 202, body: { uuid } });
    expect(await ordered()).toMatchObject([{ verb: 'update', node_count: 3, rollback: false }]);
    expect((await api.store.clusters.get(uuid))?.status).toBe('UPDATE_IN_PROGRESS');
    expect(api.woken.at(-1)).toBe(uuid);
  });

  test('orders nothing for what is so already, and one worker where the number is removed', async () => {
    expect((await patch(replace('/node_count', 2))).status).toBe(202);
    expect((await patch([])).status).toBe(202);
    expect(await ordered()).toEqual([]);
    await patch([{ op: 'remove', path: '/node_count' }], '?rollback=True');
    expect(await ordered()).toMatchObject([{ node_count: 1, rollback: true }]);
  });

  test('replaces a number that nobody has begun to bring about', async () => {
    await patch(replace('/node_count', 3));
    await patch(replace('/node_count', 2));
    expect(await ordered()).toMatchObject([{ node_count: 2 }]);
  });

  test.each([
    { api: 'ok', 'a.b/c': 'True' },
    "{'api': 'ok', 'a.b/c': 'True'}",
    '{"api": "ok", "a.b/c": true}',
  ])('writes health down at once, with its reasons as %j', async (reason) => {
    await is('UPDATE_FAILED');
    const body = [...replace('/health_status', 'UNHEALTHY'), ...replace('/health_status_reason', reason)];
    expect((await patch(body)).status).toBe(202);
    expect(await api.store.clusters.get(uuid)).toMatchObject({
      status: 'UPDATE_FAILED',
      health_status: 'UNHEALTHY',
      health_status_reason: { api: 'ok', 'a.b/c': 'True' },
    });
    expect(await ordered()).toEqual([]);
  });

  test.each([
    ['/uuid', 'x', "'/uuid' is an internal attribute and can not be updated"],
    ['/name', 'x', 'cannot change cluster property(ies) name.'],
    ['/master_count', 3, 'cannot change cluster property(ies) master_count.'],
    ['/labels/a.b~1c', 'y', 'cannot change cluster property(ies) labels.'],
    ['/node_count', -1, 'should be greater or equal to 0'],
    ['/node_count', 'x', 'node_count'],
    ['/status', 'x', 'should be one of'],
    ['/health_status', 'GOOD', 'should be one of'],
    ['/health_status_reason', '{', 'health_status_reason'],
    ['/nosuch', 1, "can't replace a non-existent object 'nosuch'"],
  ])('refuses %s = %j', async (path, value, why) => {
    const answer = await patch(replace(path, value));
    expect(answer.status).toBe(400);
    expect(answer.error).toContain(why);
  });

  test('takes back what is the same, as clients send it', async () => {
    expect((await patch([...replace('/name', 'demo'), ...replace('/master_count', '1')])).status).toBe(202);
  });

  test.each(['CREATE_FAILED', 'DELETE_IN_PROGRESS', 'DELETE_FAILED'] as const)(
    'is refused before anything is promised while the cluster is %s',
    async (status) => {
      await is(status);
      const answer = await patch(replace('/node_count', 3));
      expect(answer).toMatchObject({
        status: 400,
        error: `Updating a cluster when status is "${status}" is not supported.`,
      });
    },
  );

  test.each(['CREATE_IN_PROGRESS', 'UPDATE_IN_PROGRESS', 'UPDATE_FAILED'] as const)(
    'waits behind what is under way, and leads out of a failure: %s',
    async (status) => {
      await is(status);
      expect((await patch(replace('/node_count', 3))).status).toBe(202);
      expect(await ordered()).toHaveLength(1);
    },
  );
});

describe('resize', () => {
  test('orders another size of a node group, and who shall go', async () => {
    expect(
      (await resize({ node_count: 0, nodes_to_remove: ['s1'], nodegroup: 'default-worker' })).status,
    ).toBe(202);
    expect(await ordered()).toMatchObject([{ verb: 'resize', node_count: 0, nodes_to_remove: ['s1'] }]);
  });

  test.each([
    [{}, 400, 'Mandatory field missing'],
    [{ node_count: -1 }, 400, 'should be greater or equal to 0'],
    [{ node_count: 1, nodes_to_remove: 'x' }, 400, 'nodes_to_remove'],
    [{ node_count: 1, nodegroup: 'nosuch' }, 404, 'Nodegroup nosuch could not be found.'],
    [{ node_count: 3, nodegroup: 'default-master' }, 400, 'Resizing a master nodegroup is not supported.'],
    [{ node_count: 9 }, 400, 'outside the allowed range: min_node_count = 1, max_node_count = 5'],
  ])('refuses %j', async (body, status, why) => {
    const [, workers] = await api.store.nodegroups.of(uuid);
    await api.store.nodegroups.update(workers?.uuid ?? '', { min_node_count: 1, max_node_count: 5 });
    const answer = await resize(body);
    expect(answer.status).toBe(status);
    expect(answer.error).toContain(why);
  });
});

describe('upgrade', () => {
  test.each([
    [{}, 400, 'cluster_template'],
    [{ cluster_template: 'nosuch' }, 404, 'ClusterTemplate nosuch'],
    [{ cluster_template: 'swarm', max_batch_size: 0 }, 400, 'should be greater or equal to 1'],
    [{ cluster_template: 'swarm', nodegroup: 'nosuch' }, 404, 'Nodegroup nosuch'],
    [{ cluster_template: 'swarm' }, 400, 'is not supported'],
  ])('refuses %j', async (body, status, why) => {
    const answer = await upgrade(body);
    expect(answer.status).toBe(status);
    expect(answer.error).toContain(why);
  });

  test('says the state that it is refused for, as clients of the original see it', async () => {
    await is('UPDATE_FAILED');
    expect((await upgrade({ cluster_template: 'swarm' })).error).toBe(
      'Upgrading a cluster when status is "UPDATE_FAILED" is not supported.',
    );
  });
});

test('a cluster of a template without any flavor is refused, naming the field', async () => {
  await withTemplate(api, { name: 'bare', flavor_id: null, master_flavor_id: null });
  const body = { cluster_template_id: 'bare', name: 'x' };
  const answer = await api.ask('member', 'POST', '/v1/clusters', body);
  expect(answer.status).toBe(400);
  expect(answer.error).toContain('flavor_id');
  expect((await api.ask('member', 'POST', '/v1/clusters', { ...body, flavor_id: 'small' })).status).toBe(202);
});

describe('node groups', () => {
  const groups = '/v1/clusters/demo/nodegroups';

  test('are added with what they inherit, and ordered', async () => {
    const body = {
      name: 'gpu',
      node_count: 2,
      role: 'gpu',
      labels: { z: 1 },
      merge_labels: true,
      node_labels: "{'tier': 'gpu'}",
      node_taints: '',
    };
    const answer = await api.ask('member', 'POST', groups, body);
    expect(answer).toMatchObject({
      status: 202,
      body: {
        name: 'gpu',
        flavor_id: 'small',
        image_id: 'debian',
        labels: { 'a.b/c': 'x', z: '1' },
        labels_added: { z: '1' },
        node_labels: { tier: 'gpu' },
      },
    });
    expect(answer.body).not.toHaveProperty('id');
    expect(await ordered()).toMatchObject([{ verb: 'create-nodegroup' }]);
    expect((await api.ask('member', 'POST', groups, body)).error).toBe(
      'A node group with name gpu already exists in the cluster demo.',
    );
  });

  test.each([
    [{}, 400, 'name'],
    [{ name: 'm', role: 'master' }, 400, 'Creating master nodegroups is currently not supported.'],
    [
      { name: 'n', node_count: 1, min_node_count: 2 },
      409,
      'min_node_count for n is invalid (min_node_count (2) should be less or equal to node_count (1)).',
    ],
    [
      { name: 'n', node_count: 3, max_node_count: 2 },
      409,
      'max_node_count for n is invalid (node_count (3) should be less or equal to max_node_count (2)).',
    ],
    [{ name: 'n', flavor_id: 'nosuch' }, 400, 'Unable to find flavor nosuch.'],
    [{ name: 'n', image_id: 'nosuch' }, 400, 'Image nosuch could not be found.'],
    [{ name: 'n', node_labels: { 'x.k8s.io/a': 'b' } }, 409, 'node_labels'],
    [{ name: 'n', node_taints: [{ key: 'a' }] }, 409, 'node_taints[0].effect must be one of'],
    [{ name: 'n', node_taints: [{ key: 'a', effect: 'NoSchedule' }] }, 400, 'a Swarm has none'],
    [{ name: 'n', nosuch: 1 }, 400, 'Unknown attribute for argument nodegroup: nosuch'],
  ])('that are wrong are refused: %j', async (body, status, why) => {
    const answer = await api.ask('member', 'POST', groups, body);
    expect(answer.status).toBe(status);
    expect(answer.error).toContain(why);
  });

  test('wait for an address that their nodes can join', async () => {
    await api.store.clusters.update(uuid, { api_address: null });
    const answer = await api.ask('member', 'POST', groups, { name: 'n' });
    expect(answer).toMatchObject({ status: 409, error: 'Cluster API address is not available yet' });
  });

  test('get other bounds at once, and the cluster does not change for that', async () => {
    const one = `${groups}/default-worker`;
    expect((await api.ask('member', 'PATCH', one, replace('/max_node_count', '5'))).body).toMatchObject({
      max_node_count: 5,
    });
    expect((await api.store.clusters.get(uuid))?.status).toBe('CREATE_COMPLETE');
    const { nodegroups } = api.store;
    const update = nodegroups.update.bind(nodegroups);
    vi.spyOn(nodegroups, 'update').mockImplementationOnce(async (group, columns) => {
      await update(group, { max_node_count: 6 });
      return update(group, columns);
    });
    await api.ask('member', 'PATCH', one, replace('/min_node_count', 1));
    expect(await api.ask('member', 'GET', one)).toMatchObject({
      body: { min_node_count: 1, max_node_count: 6 },
    });
    expect((await api.ask('member', 'PATCH', one, replace('/min_node_count', 4))).status).toBe(409);
    expect((await api.ask('member', 'PATCH', one, replace('/node_count', 4))).error).toContain('internal');
  });

  test('are deleted in place of whatever else was to become of them, but for those every cluster has', async () => {
    await api.ask('member', 'POST', groups, { name: 'gpu' });
    expect((await api.ask('member', 'DELETE', `${groups}/gpu`)).status).toBe(204);
    expect((await api.ask('member', 'DELETE', `${groups}/gpu`)).status).toBe(204);
    expect(await ordered()).toMatchObject([{ verb: 'delete-nodegroup' }]);
    const refused = await api.ask('member', 'DELETE', `${groups}/default-worker`);
    expect(refused).toMatchObject({ status: 400, error: 'Deleting a default nodegroup is not supported.' });
  });
});

describe('rotation', () => {
  test('of the CA is ordered, unless there is no TLS or something is under way', async () => {
    expect(await api.ask('member', 'PATCH', '/v1/certificates/demo')).toMatchObject({
      status: 202,
      body: { uuid },
    });
    expect(await ordered()).toMatchObject([{ verb: 'rotate-ca' }]);
    expect((await api.ask('member', 'PATCH', '/v1/certificates/demo')).error).toBe(
      'Updating a cluster when status is "UPDATE_IN_PROGRESS" is not supported.',
    );
  });

  test('of the credential is not supported by any driver here', async () => {
    const answer = await api.ask('member', 'PATCH', '/v1/credentials/demo');
    expect(answer.status).toBe(400);
    expect(answer.error).toContain('Credential rotation is not supported by driver');
  });
});

test('federations are accepted when they make sense, and never come to be', async () => {
  const ask = (body: object) => api.ask('member', 'POST', '/v1/federations', body);
  expect((await ask({ hostcluster_id: 'nosuch', properties: { 'dns-zone': 'x' } })).status).toBe(404);
  expect((await ask({ hostcluster_id: uuid, properties: {} })).error).toContain('No DNS zone specified.');
  expect((await ask({ hostcluster_id: uuid, properties: { 'dns-zone': 'x' } })).status).toBe(202);
  expect((await api.ask('member', 'GET', '/v1/federations/detail')).body).toEqual({ federations: [] });
  expect((await api.ask('member', 'DELETE', '/v1/federations/f')).status).toBe(404);
});
