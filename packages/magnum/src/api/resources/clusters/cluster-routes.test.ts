import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  apiInTest,
  clusterBody,
  withCluster,
  withTemplate,
  type ApiInTest,
} from '../../testing/api-in-test.ts';

let api: ApiInTest;
beforeEach(async () => {
  api = await apiInTest();
});
afterEach(() => api.close());

describe('a cluster', () => {
  test('is there with its node groups and its operation when the answer comes, and a conductor is told', async () => {
    await withTemplate(api, { keypair_id: 'key' });
    const uuid = await withCluster(api);
    const { status, body } = await api.ask('member', 'GET', '/v1/clusters/demo');
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(
      (
        'uuid name cluster_template_id keypair node_count master_count docker_volume_size labels master_flavor_id ' +
        'flavor_id create_timeout links cluster_id status status_reason health_status health_status_reason ' +
        'discovery_url api_address coe_version container_version project_id user_id node_addresses ' +
        'master_addresses fixed_network fixed_subnet floating_ip_enabled merge_labels labels_overridden ' +
        'labels_added labels_skipped master_lb_enabled created_at updated_at'
      ).split(' '),
    );
    expect(body).toMatchObject({
      status: 'CREATE_IN_PROGRESS',
      keypair: 'key',
      node_count: 2,
      master_count: 1,
    });
    const groups = await api.store.nodegroups.of(uuid);
    expect(groups.map(({ name, role, node_count }) => [name, role, node_count])).toEqual([
      ['default-master', 'master', 1],
      ['default-worker', 'worker', 2],
    ]);
    const [operation] = await api.store.operations.of(uuid);
    expect(operation).toMatchObject({
      verb: 'create',
      state: 'queued',
      caller: { user_id: 'u1', project_id: 'p1', roles: ['member', 'reader'] },
    });
    const sealed = operation?.caller.sealed_token ?? '';
    expect([sealed.includes('member'), api.sealer.open(sealed)]).toEqual([false, 'member']);
    expect(api.woken).toEqual([uuid]);
  });

  test('keeps the health it comes with, and not the status', async () => {
    await withTemplate(api);
    const health = { health_status: 'UNKNOWN', health_status_reason: { api: 'new' } };
    await withCluster(api, { name: 'told', status: 'UPDATE_COMPLETE', ...health });
    expect(await shown('told')).toMatchObject({ status: 'CREATE_IN_PROGRESS', ...health });
  });

  test('that was left without a status is shown, can’t be changed, and can be deleted', async () => {
    await withTemplate(api);
    const uuid = await withCluster(api, { name: 'left' });
    await api.store.clusters.update(uuid, { status: null });
    expect(await shown('left')).toMatchObject({ name: 'left', status: null });
    const { error } = await api.ask('member', 'POST', '/v1/clusters/left/actions/resize', { node_count: 3 });
    expect(error).toBe('Resizing a cluster when status is "None" is not supported.');
    expect((await api.ask('member', 'DELETE', '/v1/clusters/left')).status).toBe(204);
  });

  test('takes labels from its template, or its own, or both, and tells how they differ', async () => {
    await withTemplate(api, { labels: { a: '1', b: '2' } });
    await withCluster(api, { name: 'own', labels: { a: '9', c: 'x' } });
    await withCluster(api, { name: 'both', labels: { a: '9', c: 'x' }, merge_labels: true });
    await withCluster(api, { name: 'template' });
    expect(await shown('own')).toMatchObject({
      labels: { a: '9', c: 'x' },
      labels_overridden: { a: '1' },
      labels_added: { c: 'x' },
      labels_skipped: { b: '2' },
    });
    expect(await shown('both')).toMatchObject({ labels: { a: '9', b: '2', c: 'x' }, labels_skipped: {} });
    expect(await shown('template')).toMatchObject({ labels: { a: '1', b: '2' }, labels_added: {} });
  });

  test.each([
    [{ cluster_template_id: 'none' }, 404, 'ClusterTemplate none could not be found.'],
    [{ cluster_template_id: undefined }, 400, 'Mandatory field missing.'],
    [{ name: '1st' }, 400, 'Value should match the pattern'],
    [{ master_count: 0 }, 400, 'greater or equal to 1'],
    [{ master_count: 2 }, 400, 'cannot be an even number'],
    [{ master_count: 3 }, 400, 'master_count must be 1 when master_lb_enabled is False'],
    [{ node_count: 1.5 }, 400, 'node_count'],
    [{ node_count: 1e300 }, 400, 'node_count'],
    [{ create_timeout: -5 }, 400, 'create_timeout'],
    [{ flavor_id: 'none' }, 400, 'Unable to find flavor none.'],
    [{ keypair: 'none' }, 404, 'Unable to find keypair none.'],
    [{ labels: { min_node_count: 'abc' } }, 400, 'labels.min_node_count'],
    [{ stack_id: 'x' }, 400, 'stack_id'],
    [{ status: 'READY' }, 400, 'Value should be one of: CREATE_IN_PROGRESS'],
    [{ health_status: 'FINE' }, 400, 'Value should be one of: HEALTHY, UNHEALTHY, UNKNOWN'],
    [[], 400, 'cluster'],
  ])('with %j is refused with %i, and nothing is left of it', async (change, status, text) => {
    await withTemplate(api);
    const body = Array.isArray(change) ? change : { ...clusterBody, ...change };
    const answer = await api.ask('member', 'POST', '/v1/clusters', body);
    expect(answer.error).toContain(text);
    expect(answer.status).toBe(status);
    expect(await api.store.clusters.countOf('p1')).toBe(0);
    expect(api.woken).toEqual([]);
  });

  test('is refused beyond the quota, also when two are asked for at once', async () => {
    await withTemplate(api);
    await api.store.quotas.insert({ project_id: 'p1', resource: 'Cluster', hard_limit: 1 });
    const answers = await Promise.all(
      [1, 2, 3].map(() => api.ask('member', 'POST', '/v1/clusters', clusterBody)),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 403, 403]);
    expect(await api.store.clusters.countOf('p1')).toBe(1);
  });

  test('whose name another has is found by UUID only', async () => {
    await withTemplate(api);
    await withCluster(api);
    const uuid = await withCluster(api);
    expect(await api.ask('member', 'GET', '/v1/clusters/demo')).toMatchObject({ status: 409 });
    expect(await api.ask('member', 'DELETE', '/v1/clusters/demo')).toMatchObject({ status: 409 });
    const undashed = uuid.replaceAll('-', '').toUpperCase();
    expect(await api.ask('member', 'GET', `/v1/clusters/${undashed}`)).toMatchObject({ status: 200 });
  });

  test('that is deleted while it is being created is deleted, once, however often that is asked', async () => {
    await withTemplate(api);
    const uuid = await withCluster(api);
    await api.store.operations.claim('conductor', new Date('2030-01-02'));
    for (let again = 0; again < 2; again += 1) {
      expect(await api.ask('member', 'DELETE', `/v1/clusters/${uuid}`)).toMatchObject({
        status: 204,
        body: {},
      });
    }
    const operations = await api.store.operations.of(uuid);
    expect(operations.map(({ verb, state }) => [verb, state])).toEqual([
      ['create', 'superseded'],
      ['delete', 'queued'],
    ]);
    expect((await api.ask('member', 'GET', '/v1/clusters/demo')).body).toMatchObject({
      status: 'DELETE_IN_PROGRESS',
    });
  });

  test('that failed tells which node group failed, and why', async () => {
    await withTemplate(api);
    const uuid = await withCluster(api);
    await api.store.clusters.update(uuid, {
      status: 'CREATE_FAILED',
      status_reason: 'default-worker failed',
    });
    const worker = (await api.store.nodegroups.of(uuid))[1];
    await api.store.nodegroups.update(worker?.uuid ?? '', {
      status: 'CREATE_FAILED',
      status_reason: 'no hosts',
    });
    expect((await api.ask('member', 'GET', `/v1/clusters/${uuid}`)).body).toMatchObject({
      faults: { 'default-worker': 'no hosts' },
    });
  });
});

describe('lists', () => {
  test('go page by page with a link to the next', async () => {
    await withTemplate(api);
    for (const name of ['a', 'b', 'c']) await withCluster(api, { name });
    const first = await api.ask('member', 'GET', '/v1/clusters?limit=2&sort_key=name&sort_dir=desc');
    const { clusters, next } = first.body as { clusters: { name: string; uuid: string }[]; next: string };
    expect(clusters.map(({ name }) => name)).toEqual(['c', 'b']);
    expect(next).toBe(
      `http://cloud:9000/container-infra/v1/clusters?sort_key=name&sort_dir=desc&limit=2&marker=${clusters[1]?.uuid}`,
    );
    const second = await api.ask('member', 'GET', next.replace('http://cloud:9000/container-infra', ''));
    expect(second.body).toMatchObject({ clusters: [{ name: 'a' }] });
    expect(Object.keys(second.body)).toEqual(['clusters']);
  });

  test.each([
    ['limit=0', 400],
    ['limit=x', 400],
    ['sort_key=node_count', 400],
    ['sort_dir=up', 400],
    ['marker=x', 400],
    ['marker=aaaaaaaa-0000-4000-8000-000000000000', 404],
    ['colour=red', 400],
  ])('with ?%s are refused with %i', async (query, status) => {
    expect(await api.ask('member', 'GET', `/v1/clusters?${query}`)).toMatchObject({ status });
  });

  test('of whatever length are answered without asking the cloud', async () => {
    await withTemplate(api);
    for (const name of ['a', 'b', 'c', 'd']) await withCluster(api, { name });
    const before = api.asked.length;
    await api.ask('member', 'GET', '/v1/clusters/detail');
    expect(api.asked.slice(before)).toEqual([]);
  });
});

async function shown(name: string): Promise<object> {
  return (await api.ask('member', 'GET', `/v1/clusters/${name}`)).body;
}
