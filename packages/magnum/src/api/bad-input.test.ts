import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { apiInTest, clusterBody, templateBody, type ApiInTest } from './testing/api-in-test.ts';

let api: ApiInTest;
beforeEach(async () => {
  api = await apiInTest();
});
afterEach(() => api.close());

async function post(
  payload: string | Buffer,
  contentType = 'application/json',
  path = '/v1/clustertemplates',
) {
  const headers = { 'x-auth-token': 'member', 'content-type': contentType };
  const answer = await api.app.inject({ method: 'POST', url: `/container-infra${path}`, headers, payload });
  const { errors } = answer.json<{ errors: { detail: string; code: string }[] }>();
  return { status: answer.statusCode, detail: errors[0]?.detail ?? '' };
}

const template = (change: object): string => JSON.stringify({ ...templateBody, ...change });

describe('a body is refused, and what is wrong with it named,', () => {
  test.each([
    ['with half of a JSON object', '{"name": ', 'Request is not in valid JSON format'],
    ['that is not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'it is not UTF-8'],
    ['that is not UTF-8 in a name', Buffer.from('{"name":"\xe9"}', 'latin1'), 'it is not UTF-8'],
    ['with a field twice', '{"name":"a","coe":"swarm","name":"b"}', 'the field name is given twice'],
    [
      'with a field twice that is written differently',
      '{"name":"a","n\\u0061me":"b"}',
      'the field name is given twice',
    ],
    ['with a label twice', '{"labels":{"a":"1","a":"2"}}', 'the field labels.a is given twice'],
    ['nested too deep', '['.repeat(40) + ']'.repeat(40), 'it is nested too deep'],
    [
      'nested very deep',
      `{"labels":${'{"a":'.repeat(9000)}1${'}'.repeat(9001)}`,
      'it is nested too deep, at labels.a.a',
    ],
    ['that is a list', '[]', 'cluster_template. The body should be a JSON object'],
    ['that is a text', '"x"', 'cluster_template. The body should be a JSON object'],
    ['that is null', 'null', 'cluster_template. The body should be a JSON object'],
    ['with a number past 2^53', template({}).replace('"8.8.8.8"', '9007199254740993'), 'dns_nameserver'],
    ['with a label past 2^53', '{"labels":{"size":12345678901234567890}}', 'labels.size'],
    ['with a number past all', '{"docker_volume_size":1e999}', 'docker_volume_size'],
    ['with more than the databases keep', template({ docker_volume_size: 2 ** 31 }), 'docker_volume_size'],
    ['with a fraction', template({ docker_volume_size: 1.5 }), 'docker_volume_size'],
    ['with a NUL in a name', template({ name: 'a\0b' }), 'name'],
    ['with half a character in a name', template({ name: 'a' }).replace('"a"', String.raw`"\ud83d"`), 'name'],
    ['with an empty name', template({ name: '' }), 'name'],
    ['with a long name', template({ name: '😀'.repeat(256) }), 'maximum character requirement of 255'],
    [
      'with a long text that has no limit in the original',
      template({ dns_nameserver: '1'.repeat(256) }),
      'dns_nameserver',
    ],
    ['with a nested label', template({ labels: { a: { b: 1 } } }), 'labels.a'],
    ['with a label that is null', template({ labels: { a: null } }), 'labels.a'],
    ['with a NUL in a label’s name', template({ labels: { 'a\0': 'x' } }), 'labels.a'],
    ['with labels too large for a table', template({ labels: { a: 'x'.repeat(65_536) } }), 'labels'],
    [
      'with very many labels',
      template({ labels: Object.fromEntries(Array.from({ length: 6000 }, (_, i) => [`label-${i}`, ''])) }),
      'labels',
    ],
    [
      'with a field of JavaScript’s',
      '{"__proto__":{"admin":true}}',
      'Unknown attribute for argument cluster_template: __proto__',
    ],
    [
      'with a label of JavaScript’s that is no text',
      '{"coe":"swarm","image_id":"debian","labels":{"__proto__":{}}}',
      'labels.__proto__',
    ],
  ])('%s', async (_, body, named) => {
    const answer = await post(body);
    expect(answer).toMatchObject({ status: 400, detail: expect.stringContaining(named) });
    expect(answer.detail.isWellFormed()).toBe(true);
  });

  test('of another type', async () => {
    expect(await post('name=a', 'application/x-www-form-urlencoded')).toMatchObject({
      status: 415,
      detail: 'Unknown mimetype: application/x-www-form-urlencoded',
    });
  });

  test('larger than the limit', async () => {
    expect((await post(`"${'x'.repeat(114_688)}"`)).status).toBe(413);
  });
});

test.each(['clustertemplates/none', 'clusters/none', 'clusters/none/nodegroups/none'])(
  'a PATCH of %s that is no list is told so, for it is read before that is looked for',
  async (path) => {
    const wrong = await api.ask('member', 'PATCH', `/v1/${path}`, { path: '/name' });
    expect([wrong.status, wrong.error]).toEqual([400, expect.stringContaining('not a valid list')]);
    expect((await api.ask('member', 'PATCH', `/v1/${path}`, [])).status).toBe(404);
  },
);

test('names may have any other character, and are found again', async () => {
  for (const name of [
    'a b',
    'ä',
    '😀',
    '%41',
    'a?b#c',
    "'; drop table cluster_template; --",
    '__proto__',
    '<b>',
  ]) {
    expect(await api.ask('member', 'POST', '/v1/clustertemplates', { ...templateBody, name })).toMatchObject({
      status: 201,
    });
    const found = await api.ask('member', 'GET', `/v1/clustertemplates/${encodeURIComponent(name)}`);
    expect(found).toMatchObject({ status: 200, body: { name } });
  }
});

test('labels keep names and values as they are', async () => {
  const labels = JSON.parse('{"__proto__":"x","a.b/c":"ä","constructor":"","1":"2"}') as object;
  const { body } = await api.ask('member', 'POST', '/v1/clustertemplates', { ...templateBody, labels });
  expect(JSON.stringify((body as { labels: object }).labels)).toBe(JSON.stringify(labels));
});

test.each([
  '/v1/clusters/%',
  '/v1/clusters/%ff',
  '/v1/clusters/%00',
  '/v1/clusters?limit=%ff',
  '/v1/clusters?marker=%00',
])('GET %s is no failure of the server', async (path) => {
  const answer = await api.app.inject({
    url: `/container-infra${path}`,
    headers: { 'x-auth-token': 'member' },
  });
  expect(answer.statusCode).toBeGreaterThanOrEqual(400);
  expect(answer.statusCode).toBeLessThan(500);
});

test('an argument that is given twice is refused, for which of them is meant can’t be told', async () => {
  expect(await api.ask('member', 'GET', '/v1/clusters?limit=1&limit=2')).toMatchObject({
    status: 400,
    error: 'The argument "limit" is given twice',
  });
});

test.each([
  ['DELETE', '/v1/clusters', 'GET, POST'],
  ['PROPFIND', '/v1/clusters', 'GET, POST'],
  ['PUT', '/v1', 'GET'],
] as const)('%s %s is told which methods there are', async (method, path, allow) => {
  const headers = { 'x-auth-token': 'member' };
  const answer = await api.app.inject({ method: method as 'PUT', url: `/container-infra${path}`, headers });
  expect(answer.statusCode).toBe(405);
  expect(answer.headers).toMatchObject({ allow, 'x-openstack-request-id': expect.stringContaining('req-') });
  expect(answer.json()).toMatchObject({ errors: [{ status: 405, title: 'Method Not Allowed' }] });
});

describe('pages of other origins', () => {
  const origin = 'https://console.example';
  const options = (headers: Record<string, string>) =>
    api.app.inject({
      method: 'OPTIONS',
      url: '/container-infra/v1/clusters',
      headers: { origin, ...headers },
    });

  test('are let in where the operator says so, and nowhere else', async () => {
    const asking = {
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'x-auth-token, OpenStack-API-Version',
    };
    expect((await options(asking)).headers).not.toHaveProperty('access-control-allow-origin');
    await api.close();
    api = await apiInTest({ OS_CORS__ALLOWED_ORIGIN: origin });
    const allowed = await options(asking);
    expect(allowed.statusCode).toBe(200);
    expect(allowed.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'PATCH',
      'access-control-allow-headers': 'x-auth-token,OpenStack-API-Version',
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '3600',
    });
    for (const refused of [
      { ...asking, origin: 'https://elsewhere.example' },
      { ...asking, 'access-control-request-method': 'TRACE' },
      { ...asking, 'access-control-request-headers': 'x-strange' },
    ]) {
      expect((await options(refused)).headers).not.toHaveProperty('access-control-allow-origin');
    }
    const headers = { 'x-auth-token': 'member', origin };
    const answer = await api.app.inject({ url: '/container-infra/v1/clusters', headers });
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': expect.stringContaining('X-OpenStack-Request-ID'),
      vary: 'OpenStack-API-Version,Origin',
    });
  });
});

test('a balancer is told of health in text, JSON or nothing, and to look elsewhere while the operator’s file is there', async () => {
  const ask = (method: 'GET' | 'HEAD', accept = '*/*') =>
    api.app.inject({ method, url: '/container-infra/healthcheck', headers: { accept } });
  expect(await ask('GET')).toMatchObject({ statusCode: 200, body: 'OK' });
  expect((await ask('GET', 'application/json')).json()).toEqual({ detailed: false, reasons: ['OK'] });
  expect(await ask('HEAD')).toMatchObject({ statusCode: 204, body: '' });
  await api.close();
  api = await apiInTest({ OS_HEALTHCHECK__DISABLE_BY_FILE_PATH: import.meta.filename });
  expect(await ask('GET')).toMatchObject({ statusCode: 503, body: 'DISABLED BY FILE' });
});

test('a cluster of an odd name is refused', async () => {
  for (const name of ['1a', 'a b', 'ä', 'a/b', 'x'.repeat(243), '-', '\n']) {
    const { status, error } = await api.ask('member', 'POST', '/v1/clusters', { ...clusterBody, name });
    expect({ status, error }).toMatchObject({
      status: 400,
      error: expect.stringContaining('field/attribute name'),
    });
  }
});
