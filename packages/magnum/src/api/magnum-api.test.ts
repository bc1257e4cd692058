import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { apiInTest, clusterBody, withCluster, withTemplate, type ApiInTest } from './testing/api-in-test.ts';

let api: ApiInTest;
beforeEach(async () => {
  api = await apiInTest();
});
afterEach(() => api.close());

describe('whoever asks', () => {
  test('without a valid token gets keystonemiddleware’s 401; the discovery documents are for everybody', async () => {
    const without = await api.ask(undefined, 'GET', '/v1/clusters');
    expect(without).toMatchObject({ status: 401, body: { error: { code: 401, title: 'Unauthorized' } } });
    expect(without.headers['www-authenticate']).toBe('Keystone uri="http://keystone"');
    expect(await api.ask('forged', 'GET', '/v1/clusters')).toMatchObject({ status: 401 });
    expect(await api.ask(undefined, 'GET', '/')).toMatchObject({
      status: 200,
      body: {
        versions: [
          { id: 'v1', links: [{ href: 'http://cloud:9000/container-infra/v1/' }], max_version: '1.14' },
        ],
      },
    });
    const { body } = await api.ask(undefined, 'GET', '/v1');
    expect(body).toMatchObject({
      clusters: [
        { href: 'http://cloud:9000/container-infra/v1/clusters/', rel: 'self' },
        { href: 'http://cloud:9000/container-infra/clusters/', rel: 'bookmark' },
      ],
    });
  });

  test('is looked up in Keystone once, however many requests come, until the token’s end', async () => {
    const lookups = (): number => api.asked.filter((line) => line === 'GET keystone/v3/auth/tokens').length;
    await Promise.all([1, 2, 3].map(() => api.ask('member', 'GET', '/v1/clusters')));
    expect(lookups()).toBe(1);
    api.now = new Date('2030-01-01T00:04:00Z');
    await api.ask('member', 'GET', '/v1/clusters');
    expect(lookups()).toBe(1);
    api.now = new Date('2030-01-01T01:00:00Z');
    expect(await api.ask('member', 'GET', '/v1/clusters')).toMatchObject({ status: 401 });
  });

  test('with an application credential does what its access rules allow, and nothing besides', async () => {
    await withTemplate(api);
    const uuid = await withCluster(api);
    const asking = async (method: 'GET' | 'DELETE', path: string, serviceToken?: string) => {
      const headers = { 'x-auth-token': 'robot', ...(serviceToken && { 'x-service-token': serviceToken }) };
      return (await api.app.inject({ method, url: `/container-infra/v1/${path}`, headers })).statusCode;
    };
    expect(await asking('GET', `clusters/${uuid}`)).toBe(200);
    expect(await asking('GET', `/clusters//${uuid}/`)).toBe(200);
    for (const path of ['clusters', `clusters/${uuid}/nodegroups`, `clusters%2f${uuid}%2fnodegroups`]) {
      expect(await asking('GET', path)).toBe(401);
    }
    expect(await asking('DELETE', `clusters/${uuid}`)).toBe(401);
    expect(await asking('GET', 'clusters', 'service')).toBe(200);
    expect(await asking('GET', 'clusters', 'forged')).toBe(401);
  });

  test('is told when Keystone is away, instead of being let in or turned off', async () => {
    api.cloud.broken = { match: /auth\/tokens/, status: 500 };
    expect(await api.ask('member', 'GET', '/v1/clusters')).toMatchObject({ status: 503 });
  });
});

describe('versions', () => {
  test.each([
    [undefined, 'container-infra 1.1'],
    ['container-infra latest', 'container-infra 1.14'],
    ['container-infrastructure-management 1.9', 'container-infra 1.9'],
  ])('%s is answered in %s', async (asked, used) => {
    const answer = await asking(asked);
    expect(answer.headers).toMatchObject({
      'openstack-api-version': used,
      'openstack-api-minimum-version': 'container-infra 1.1',
      'openstack-api-maximum-version': 'container-infra 1.14',
      vary: 'OpenStack-API-Version',
      'content-type': 'application/json',
    });
  });

  test.each([
    ['container-infra 1.15', 'magnum.microversion-unsupported'],
    ['container-infra 2.0', 'magnum.microversion-unsupported'],
    ['container-infra one', ''],
    ['compute 1.1', ''],
  ])('%s is refused', async (asked, code) => {
    const answer = await asking(asked);
    expect(answer.statusCode).toBe(406);
    expect(answer.json()).toMatchObject({ errors: [{ code }] });
  });

  test('routes and fields appear in the version that brought them', async () => {
    await withTemplate(api);
    const uuid = await withCluster(api);
    const at = async (path: string, version: string) =>
      api.app.inject({
        url: `/container-infra/v1/clusters/${uuid}${path}`,
        headers: { 'x-auth-token': 'member', 'openstack-api-version': `container-infra ${version}` },
      });
    expect((await at('/nodegroups', '1.8')).statusCode).toBe(406);
    expect((await at('/nodegroups', '1.9')).statusCode).toBe(200);
    expect(Object.keys((await at('', '1.12')).json())).toContain('stack_id');
    expect(Object.keys((await at('', '1.13')).json())).toContain('cluster_id');
    const old = { ...clusterBody, cluster_template_id: 'none' };
    const payload = JSON.stringify(old);
    const headers = { 'x-auth-token': 'member', 'content-type': 'application/json' };
    const answer = await api.app.inject({
      method: 'POST',
      url: '/container-infra/v1/clusters',
      headers,
      payload,
    });
    expect(answer.statusCode).toBe(400);
  });
});

test.each([
  ['GET', '/v1/nothing', 404],
  ['PATCH', '/v1/mservices', 405],
  ['DELETE', '/v1/clusters', 405],
  ['GET', '/clusters/', 200],
  ['GET', '//v1//clusters//', 200],
] as const)('%s %s answers %i', async (method, path, status) => {
  expect(await api.ask('member', method, path)).toMatchObject({ status });
});

test('statistics count clusters and nodes, services say whether they live, quotas are made and changed', async () => {
  await withTemplate(api);
  await withCluster(api);
  expect((await api.ask('member', 'GET', '/v1/stats')).body).toEqual({ clusters: 1, nodes: 3 });
  await api.store.services.heartbeat('h', 'magnum-conductor');
  expect((await api.ask('admin', 'GET', '/v1/mservices')).body).toMatchObject({
    mservices: [{ host: 'h', state: 'up' }],
  });
  api.now = new Date('2030-01-01T00:10:00Z');
  expect((await api.ask('admin', 'GET', '/v1/mservices')).body).toMatchObject({
    mservices: [{ state: 'down' }],
  });
  expect(await api.ask('admin', 'GET', '/v1/quotas?all_tenants=perhaps')).toMatchObject({ status: 400 });
  for (const project_id of ['p2', 'p3']) {
    await api.store.quotas.insert({ project_id, resource: 'Cluster', hard_limit: 20 });
  }
  const first = await api.ask('admin', 'GET', '/v1/quotas?all_tenants=True&limit=1');
  const { next } = first.body as { next: string };
  expect(await api.ask('admin', 'GET', next.replace(/.*(?=\/v1\/)/, ''))).toMatchObject({
    body: { quotas: [{ project_id: 'p3' }] },
  });
  expect((await api.ask('member', 'GET', '/v1/quotas/p1/Cluster')).body).toEqual({
    hard_limit: 20,
    project_id: 'p1',
    resource: 'Cluster',
  });
});

function asking(version: string | undefined) {
  return api.app.inject({
    url: '/container-infra/v1/clusters',
    headers: {
      'x-auth-token': 'member',
      ...(version === undefined ? {} : { 'openstack-api-version': version }),
    },
  });
}
