import { beforeAll } from 'vitest';
import { ask } from './client.ts';
import type { DepartureName } from './departures.ts';
import { answers } from './expectation.ts';
import type { Expected } from './expected.ts';
import type { Entry } from './inventory.ts';
import { nowhere, template, trash } from './objects.ts';

const field = (name: string, value: string | number, why: string): Expected => ({
  status: 400,
  detail: `Invalid input for field/attribute ${name}. Value: '${value}'. ${why}`,
});
const least = (name: string, value: number, bound: number) =>
  field(name, value, `Value should be greater or equal to ${bound}`);

let templateId = '';
beforeAll(async () => {
  templateId = await template('for-refused-clusters');
});

/** A POST of a good cluster with these changes; undefined takes a member away. */
const refused: readonly (readonly [
  Entry,
  string,
  Record<string, unknown>,
  Expected | DepartureName,
  string?,
])[] = [
  [
    '400 mandatory field missing',
    'no template',
    { cluster_template_id: undefined },
    field('cluster_template_id', 'None', 'Mandatory field missing.'),
  ],
  [
    '404 ClusterTemplateNotFound',
    'a template that is not there',
    { cluster_template_id: 'nosuch' },
    { status: 404, detail: 'ClusterTemplate nosuch could not be found.' },
  ],
  [
    '400 ClusterTemplateNotFound below 1.10',
    'a template that is not there, at 1.9',
    { cluster_template_id: nowhere },
    { status: 400, detail: `ClusterTemplate ${nowhere} could not be found.` },
    '1.9',
  ],
  [
    '400 string against its pattern',
    'a name that begins with a digit',
    { name: '1x' },
    field('name', '1x', 'Value should match the pattern ^[a-zA-Z][a-zA-Z0-9_.-]*$'),
  ],
  [
    '400 string out of bounds',
    'a name of 243 characters',
    { name: 'x'.repeat(243) },
    field('name', 'x'.repeat(243), 'Value should have a maximum character requirement of 242'),
  ],
  [
    '400 ZeroNodeCountNotSupported',
    'no nodes, at 1.9',
    { node_count: 0 },
    { status: 400, detail: 'Resizing a nodegroup to zero is not supported in the provided microversion.' },
    '1.9',
  ],
  ['400 number out of bounds', '-1 nodes', { node_count: -1 }, least('node_count', -1, 0)],
  [
    '400 wrong type',
    'nodes of text',
    { node_count: 'x' },
    { status: 400, detail: /invalid literal for int\(\) with base 10: 'x'$/ },
  ],
  ['400 number out of bounds', 'no masters', { master_count: 0 }, least('master_count', 0, 1)],
  [
    '400 master count without a load balancer',
    '3 masters without a load balancer',
    { master_count: 3 },
    { status: 400, detail: 'master_count must be 1 when master_lb_enabled is False' },
  ],
  [
    '400 master count without a load balancer',
    '2 masters',
    { master_count: 2 },
    { status: 400, detail: /master/ },
  ],
  [
    '400 number out of bounds',
    'a time of -1 minutes',
    { create_timeout: -1 },
    least('create_timeout', -1, 0),
  ],
  [
    '400 wrong type',
    'a time of text',
    { create_timeout: 'x' },
    { status: 400, detail: /invalid literal for int\(\) with base 10: 'x'$/ },
  ],
  [
    '404 KeyPairNotFound',
    'a key pair that is not there',
    { keypair: 'nosuch' },
    { status: 404, detail: 'Unable to find keypair nosuch.' },
  ],
  [
    '400 FlavorNotFound',
    'a flavor that is not there',
    { flavor_id: 'nosuch' },
    { status: 400, detail: 'Unable to find flavor nosuch.' },
  ],
  [
    '400 FlavorNotFound',
    'a master flavor that is not there',
    { master_flavor_id: 'nosuch' },
    { status: 400, detail: 'Unable to find flavor nosuch.' },
  ],
  [
    '400 number out of bounds',
    'a volume of 0 GB',
    { docker_volume_size: 0 },
    least('docker_volume_size', 0, 1),
  ],
  [
    '400 unknown attribute',
    'an attribute nobody knows',
    { nosuch: 1 },
    { status: 400, detail: 'Unknown attribute for argument cluster: nosuch' },
  ],
  [
    '400 wrong type',
    'labels of text',
    { labels: 'x' },
    { status: 400, detail: /^Invalid input for field\/attribute (cluster|labels)\. / },
  ],
  [
    '400 read-only field',
    'a stack',
    { stack_id: 'x' },
    field('stack_id', 'x', 'Cannot set read only field.'),
  ],
  ['400 not a boolean', 'a truth value "maybe"', { merge_labels: 'maybe' }, 'not a boolean, cluster'],
];
for (const [entry, title, change, expected, version = '1.10'] of refused) {
  const request = async () => {
    const body = { name: 'refused', cluster_template_id: templateId, keypair: 'acceptance', ...change };
    const answer = await ask('POST', '/v1/clusters', { body, version });
    trash('clusters', answer);
    return answer;
  };
  answers([entry, 'POST /v1/clusters'], `POST of a cluster with ${title}`, request, expected);
}

for (const [entry, query, expected] of [
  [
    '400 paging',
    'sort_key=nosuch',
    { status: 400, detail: 'The sort_key value "nosuch" is an invalid field for sorting' },
  ],
  ['400 paging', 'limit=0', { status: 400, detail: 'Limit must be positive' }],
  [
    '400 InvalidUUID',
    'marker=nosuch',
    {
      status: 400,
      detail:
        "Invalid input for field/attribute marker. Value: 'nosuch'. unable to convert to uuid. Error: Expected a uuid but received nosuch.",
    },
  ],
  [
    '404 ClusterNotFound',
    `marker=${nowhere}`,
    { status: 404, detail: `Cluster ${nowhere} could not be found.` },
  ],
  ['400 unknown argument', 'all_tenants=1', { status: 400, detail: 'Unknown argument: "all_tenants"' }],
] as const) {
  answers(
    [entry, 'GET /v1/clusters'],
    `clusters with ?${query}`,
    () => ask('GET', `/v1/clusters?${query}`),
    expected,
  );
}

const missing = { status: 404, detail: 'Cluster nosuch could not be found.' };
for (const [route, method, path, body] of [
  ['GET /v1/clusters/{id}', 'GET', '/v1/clusters/nosuch', undefined],
  [
    'PATCH /v1/clusters/{id}',
    'PATCH',
    '/v1/clusters/nosuch',
    [{ op: 'replace', path: '/node_count', value: 2 }],
  ],
  ['DELETE /v1/clusters/{id}', 'DELETE', '/v1/clusters/nosuch', undefined],
  ['POST /v1/clusters/{id}/actions/resize', 'POST', '/v1/clusters/nosuch/actions/resize', { node_count: 1 }],
  [
    'POST /v1/clusters/{id}/actions/upgrade',
    'POST',
    '/v1/clusters/nosuch/actions/upgrade',
    { cluster_template: 'x' },
  ],
  ['GET /v1/clusters/{id}/nodegroups', 'GET', '/v1/clusters/nosuch/nodegroups', undefined],
  ['POST /v1/clusters/{id}/nodegroups', 'POST', '/v1/clusters/nosuch/nodegroups', { name: 'x' }],
  ['GET /v1/certificates/{id}', 'GET', '/v1/certificates/nosuch', undefined],
  ['PATCH /v1/certificates/{id}', 'PATCH', '/v1/certificates/nosuch', undefined],
] as const) {
  answers([route, '404 ClusterNotFound'], `${method} ${path}`, () => ask(method, path, { body }), missing);
}
answers(
  ['POST /v1/certificates'],
  'a certificate of a cluster that is not there',
  () => ask('POST', '/v1/certificates', { body: { cluster_uuid: 'nosuch', csr: 'x' } }),
  { ...missing, status: 400 },
);
for (const [version, path] of [
  ['1.6', '/v1/clusters/nosuch/actions/resize'],
  ['1.6', '/v1/clusters/nosuch/actions/upgrade'],
] as const) {
  answers(
    ['406 route not in the version'],
    `POST ${path} at ${version}`,
    () => ask('POST', path, { version, body: { node_count: 1 } }),
    {
      status: 406,
      detail: new RegExp(
        `^Version ${version} was requested but the requested API \\w+ is not supported for this version\\.$`,
      ),
    },
  );
}
answers(
  ['406 route not in the version'],
  'node groups at 1.8',
  () => ask('GET', '/v1/clusters/nosuch/nodegroups', { version: '1.8' }),
  {
    status: 406,
    detail: /^Version 1\.8 was requested but the requested API \w+ is not supported for this version\.$/,
  },
);
for (const [method, path] of [
  ['POST', '/v1/clusters/nosuch/actions/nosuch'],
  ['GET', '/v1/clusters/nosuch/actions'],
] as const) {
  const body = method === 'POST' ? {} : undefined;
  answers(
    ['405 method not allowed'],
    `${method} ${path}`,
    () => ask(method, path, { body }),
    'no such action',
  );
}
answers(
  ['405 method not allowed'],
  'GET of an action',
  () => ask('GET', '/v1/clusters/nosuch/actions/resize'),
  {
    status: 405,
  },
);
