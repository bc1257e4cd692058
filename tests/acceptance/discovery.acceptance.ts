import { expect } from 'vitest';
import { ask, cloud } from './client.ts';
import { answers, check, shows } from './expectation.ts';

const template = '/v1/clustertemplates';

shows(['GET /'], 'the root is open to everybody and names version v1 with its microversions', async () => {
  const answer = await ask('GET', '/', { as: 'nobody', version: 'none' });
  check(answer, {
    status: 200,
    body: {
      name: 'OpenStack Magnum API',
      description: 'Magnum is an OpenStack project which aims to provide container cluster management.',
    },
  });
  const [version] = answer.body['versions'] as Record<string, unknown>[];
  expect(version).toMatchObject({ id: 'v1', status: 'CURRENT', min_version: '1.1', max_version: '1.10' });
  expect(version?.['links']).toEqual([{ href: expect.stringMatching(/\/v1\/$/), rel: 'self' }]);
});

shows(['GET /v1'], 'the document of v1 is open to everybody and links to each resource', async () => {
  for (const path of ['/v1', '/v1/']) {
    const answer = await ask('GET', path, { as: 'nobody', version: 'none' });
    check(answer, {
      status: 200,
      body: {
        id: 'v1',
        media_types: [{ base: 'application/json', type: 'application/vnd.openstack.magnum.v1+json' }],
      },
    });
    for (const resource of [
      'baymodels',
      'bays',
      'clustertemplates',
      'clusters',
      'quotas',
      'certificates',
      'mservices',
      'stats',
      'federations',
    ]) {
      expect(answer.body[resource], resource).toEqual([
        { href: expect.stringMatching(new RegExp(`/v1/${resource}/$`)), rel: 'self' },
        { href: expect.stringMatching(new RegExp(`/${resource}/$`)), rel: 'bookmark' },
      ]);
    }
    expect(answer.body['nodegroups']).toEqual([
      { href: expect.stringMatching(/\/v1\/clusters\/\{cluster_id\}\/nodegroups$/), rel: 'self' },
      { href: expect.stringMatching(/\/clusters\/\{cluster_id\}\/nodegroups$/), rel: 'bookmark' },
    ]);
  }
});

answers(
  ['GET /healthcheck'],
  'the health check is open to everybody',
  () => ask('GET', '/healthcheck', { as: 'nobody' }),
  {
    status: 200,
  },
);

const unauthorized = {
  error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' },
};
for (const path of ['/v1/clusters', '/v2', '/v1/nosuch']) {
  answers(['401 no token'], `${path} without a token`, () => ask('GET', path, { as: 'nobody' }), {
    status: 401,
    body: unauthorized,
  });
}
answers(
  ['401 token not valid'],
  'a token that Keystone never issued',
  () => ask('GET', '/v1/clusters', { as: 'stranger' }),
  {
    status: 401,
    body: unauthorized,
  },
);
shows(['401 no token'], 'a 401 says where tokens are got', async () => {
  const { headers } = await ask('GET', '/v1/clusters', { as: 'nobody' });
  expect(headers.get('www-authenticate')).toMatch(/^Keystone uri=/);
});

for (const path of ['/v2', '/nosuch', '/v1/nosuch', '/v1/clusters.json']) {
  answers(['404 no such route'], `${path} is not there`, () => ask('GET', path), {
    status: 404,
    body: { errors: [{ request_id: '', code: '', status: 404, title: 'Not Found', detail: '', links: [] }] },
  });
}
answers(['GET /v1/clusters'], 'a slash at the end changes nothing', () => ask('GET', '/v1/clusters/'), {
  status: 200,
});
answers(['GET /v1/clusters'], 'a path without the version is of v1', () => ask('GET', '/clusters'), {
  status: 200,
});

for (const [method, path] of [
  ['PUT', '/v1/clusters'],
  ['PUT', '/v1/clustertemplates'],
  ['POST', '/'],
  ['POST', '/v1/mservices'],
  ['POST', '/v1/stats'],
  ['GET', '/v1/certificates'],
] as const) {
  answers(['405 method not allowed'], `${method} ${path}`, () => ask(method, path), {
    status: 405,
    body: {
      errors: [{ request_id: '', code: '', status: 405, title: 'Method Not Allowed', links: [] }],
    },
  });
}
answers(['405 method not allowed'], 'HEAD of a list', () => ask('HEAD', '/v1/clusters'), { status: 405 });
for (const method of ['DELETE', 'PATCH']) {
  answers(
    ['400 missing argument'],
    `${method} of all clusters`,
    () => ask(method, '/v1/clusters'),
    'all clusters at once',
  );
}

shows(['GET /v1/clustertemplates'], 'answers name the microversion, its range and the request', async () => {
  const { headers } = await ask('GET', template, { version: '1.5' });
  expect(headers.get('openstack-api-version')).toBe('container-infra 1.5');
  expect(headers.get('openstack-api-minimum-version')).toBe('container-infra 1.1');
  expect(headers.get('openstack-api-maximum-version')).toMatch(/^container-infra 1\.1\d$/);
  expect(headers.get('vary')).toMatch(/OpenStack-API-Version/i);
  expect(headers.get('x-openstack-request-id')).toMatch(/^req-[0-9a-f-]{36}$/);
  expect(headers.get('content-type')).toMatch(/^application\/json/);
  const silent = await ask('GET', template, { version: 'none' });
  expect(silent.headers.get('openstack-api-version')).toBe('container-infra 1.1');
});

const versionHeader = (value: string) =>
  ask('GET', template, { headers: { 'openstack-api-version': value } });
for (const value of [
  'container-infra 1.1',
  'container-infra 1.10',
  'container-infra latest',
  'container-infra 1.01',
]) {
  answers(['GET /v1/clustertemplates'], `the version header may be "${value}"`, () => versionHeader(value), {
    status: 200,
  });
}
for (const value of [
  'foo 1.1',
  '1.1',
  'container-infra',
  'compute 2.1',
  'CONTAINER-INFRA 1.5',
  'container-infra 1.1, compute 2.1',
]) {
  answers(['406 service type'], `the version header "${value}"`, () => versionHeader(value), {
    status: 406,
    detail: 'Invalid service type for OpenStack-API-Version header',
  });
}
for (const value of ['container-infra foo', 'container-infra 1.1.1', 'container-infra 1.x']) {
  answers(['406 value of the version header'], `the version header "${value}"`, () => versionHeader(value), {
    status: 406,
    detail: 'Invalid value for OpenStack-API-Version header',
  });
}
for (const minor of ['0', '99']) {
  answers(
    ['406 minor version'],
    `microversion 1.${minor}`,
    () => ask('GET', template, { version: `1.${minor}` }),
    {
      status: 406,
      detail: new RegExp(
        `^Version 1\\.${minor} was requested but the minor version is not supported by this service\\. ` +
          'The supported version range is: \\[container-infra 1\\.1, container-infra 1\\.1\\d\\]\\.$',
      ),
      body: {
        errors: [
          {
            code: 'magnum.microversion-unsupported',
            title: 'Requested microversion is unsupported',
            min_version: '1.1',
            links: [{ rel: 'help' }],
          },
        ],
      },
    },
  );
}
for (const version of ['2.0', '0.9']) {
  answers(['406 major version'], `microversion ${version}`, () => ask('GET', template, { version }), {
    status: 406,
    detail: new RegExp(
      `^Mutually exclusive versions requested\\. Version ${version.replace('.', '\\.')} requested but not supported`,
    ),
    body: { errors: [{ code: 'magnum.microversion-unsupported' }] },
  });
}
answers(['GET /'], 'the root ignores the version header', () => ask('GET', '/', { version: '9.9' }), {
  status: 200,
});

for (const accept of ['text/html', 'application/xml']) {
  answers(
    ['406 media type'],
    `Accept: ${accept}`,
    () => ask('GET', '/v1/clusters', { headers: { accept } }),
    'other media type wanted',
  );
}
for (const [type, detail] of [
  ['text/plain', 'Unknown mimetype: text/plain'],
  ['application/xml', 'Unknown mimetype: application/xml'],
] as const) {
  answers(
    ['415 content type'],
    `a body of ${type}`,
    () => ask('POST', template, { body: '{}', headers: { 'content-type': type } }),
    { status: 415, detail },
  );
}
answers(
  ['400 unknown argument'],
  'a body that is a form',
  () =>
    ask('POST', template, { body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
  'form sent',
);
shows(['GET /v1'], 'every link stands on the address that was asked', async () => {
  const { body } = await ask('GET', '/v1', { as: 'nobody' });
  const [link] = body['clusters'] as { href: string }[];
  expect(link?.href.startsWith(new URL(cloud.base).origin)).toBe(true);
});
