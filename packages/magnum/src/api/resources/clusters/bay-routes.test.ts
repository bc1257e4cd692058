import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { apiInTest, templateBody, type ApiInTest } from '../../testing/api-in-test.ts';

let api: ApiInTest;

beforeEach(async () => {
  api = await apiInTest({ OS_GANTRY__MAX_MICROVERSION: '1.10' });
});
afterEach(() => api.close());

async function asked(version: string, method: 'POST' | 'PATCH' | 'GET', path: string, body?: object) {
  const answer = await api.app.inject({
    method,
    url: `/container-infra${path}`,
    headers: {
      'x-auth-token': 'member',
      'openstack-api-version': `container-infra ${version}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { payload: JSON.stringify(body) }),
  });
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: answer.json() as Record<string, unknown>,
  };
}

const model = { ...templateBody, name: 'model', keypair_id: 'key' };
const bay = { name: 'bay', baymodel_id: 'model', bay_create_timeout: 5 };

describe('bays, in the releases that had them', () => {
  test('are in the discovery document, and in no newer release', async () => {
    expect(Object.keys((await asked('1.1', 'GET', '/v1')).body).slice(3, 5)).toEqual(['baymodels', 'bays']);
    const newer = await apiInTest({ OS_GANTRY__MAX_MICROVERSION: '1.11' });
    expect((await newer.ask('member', 'GET', '/v1/bays')).status).toBe(404);
    await newer.close();
  });

  test('live beside cluster templates that name no driver', async () => {
    const { body } = await asked('1.10', 'POST', '/v1/clustertemplates', templateBody);
    expect(Object.keys(body).slice(-4)).toEqual(['hidden', 'tags', 'created_at', 'updated_at']);
    const named = await asked('1.10', 'POST', '/v1/clustertemplates', { ...templateBody, driver: 'any' });
    expect(named).toMatchObject({
      status: 400,
      body: { errors: [{ detail: 'Unknown attribute for argument cluster_template: driver' }] },
    });
  });

  test('are answered whole at 1.1, and promised from 1.2 on', async () => {
    expect((await asked('1.1', 'POST', '/v1/baymodels', model)).status).toBe(201);
    const whole = await asked('1.1', 'POST', '/v1/bays', bay);
    expect(whole).toMatchObject({
      status: 201,
      body: { name: 'bay', bay_create_timeout: 5, status: 'CREATE_IN_PROGRESS', floating_ip_enabled: true },
    });
    expect(whole.headers['location']).toContain(`/v1/bays/${String(whole.body['uuid'])}`);
    expect(Object.keys(whole.body)).not.toContain('keypair');
    const promised = await asked('1.2', 'POST', '/v1/bays', { ...bay, name: 'second' });
    expect(promised.status).toBe(202);
    expect(Object.keys(promised.body)).toEqual(['uuid']);
    const more = [{ op: 'replace', path: '/node_count', value: 2 }];
    expect((await asked('1.1', 'PATCH', '/v1/bays/bay', more)).body).toMatchObject({
      name: 'bay',
      node_count: 2,
    });
    expect((await asked('1.2', 'PATCH', '/v1/bays/bay?rollback=1', more)).status).toBe(400);
    expect((await asked('1.3', 'PATCH', '/v1/bays/bay?rollback=1', more)).status).toBe(202);
  });

  test.each([
    [{ ...bay, node_count: 0 }, 'node_count'],
    [{ ...bay, baymodel_id: 'nosuch' }, 'ClusterTemplate nosuch could not be found.'],
    [{ ...bay, health_status: 'HEALTHY' }, 'Unknown attribute for argument bay: health_status'],
  ])('that are wrong are faults of the request: %j', async (body, why) => {
    await asked('1.1', 'POST', '/v1/baymodels', model);
    const answer = await asked('1.10', 'POST', '/v1/bays', body);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain(why);
  });

  test('need a key pair and one name server in their model, which has no driver', async () => {
    const { keypair_id: _keypair, ...without } = model;
    expect((await asked('1.1', 'POST', '/v1/baymodels', without)).status).toBe(400);
    const two = { ...model, dns_nameserver: '8.8.8.8,8.8.4.4' };
    expect((await asked('1.1', 'POST', '/v1/baymodels', two)).status).toBe(400);
    expect((await asked('1.1', 'POST', '/v1/baymodels', model)).body).not.toHaveProperty('driver');
  });
});
