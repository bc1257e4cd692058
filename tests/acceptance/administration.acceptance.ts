import { expect } from 'vitest';
import { ask, cloud } from './client.ts';
import { answers, check, shows } from './expectation.ts';

const project = cloud.users.other.projectId;
const quota = `/v1/quotas/${project}/Cluster`;
const asAdmin = { as: 'admin' } as const;
const limit = (hard_limit: unknown, more = {}) => ({
  project_id: project,
  resource: 'Cluster',
  hard_limit,
  ...more,
});
const post = (body: unknown) => ask('POST', '/v1/quotas', { ...asAdmin, body });

shows(
  [
    'POST /v1/quotas',
    'GET /v1/quotas',
    'GET /v1/quotas/{project}/{resource}',
    'PATCH /v1/quotas/{project}/{resource}',
    'DELETE /v1/quotas/{project}/{resource}',
    '409 QuotaAlreadyExists',
    '404 QuotaNotFound',
  ],
  "a project's quota: the default, one of its own, another, and the default again",
  async () => {
    const asOther = { as: 'other' } as const;
    const standard = { hard_limit: 20, project_id: project, resource: 'Cluster' };
    check(await ask('GET', quota, asOther), { status: 200, body: standard });
    const made = await post(limit(3));
    check(made, { status: 201, body: { ...standard, hard_limit: 3, updated_at: null } });
    check(await post(limit(3)), {
      status: 409,
      detail: `Quota for project ${project} already exists for resource Cluster.`,
    });
    check(await ask('GET', quota, asOther), { status: 200, body: { hard_limit: 3, id: made.body['id'] } });
    const own = async (query: string) =>
      (await ask('GET', `/v1/quotas${query}`, asAdmin)).body['quotas'] as { project_id: string }[];
    expect((await own('')).map(({ project_id }) => project_id)).not.toContain(project);
    expect((await own('?all_tenants=True')).map(({ project_id }) => project_id)).toContain(project);
    check(await ask('PATCH', quota, { ...asAdmin, body: limit(7) }), {
      status: 202,
      body: { hard_limit: 7 },
    });
    check(await ask('PATCH', quota, { ...asAdmin, body: limit(-7) }), {
      status: 400,
      detail:
        "Invalid input for field/attribute hard_limit. Value: '-7'. Value should be greater or equal to 0",
    });
    check(await ask('GET', quota, asOther), { status: 200, body: { hard_limit: 7 } });
    check(await ask('DELETE', quota, asAdmin), { status: 204 });
    const gone = { status: 404, detail: `Quota could not be found: project_id ${project} resource Cluster.` };
    check(await ask('DELETE', quota, asAdmin), gone);
    check(await ask('PATCH', quota, { ...asAdmin, body: limit(1) }), gone);
    check(await ask('GET', quota, asOther), { status: 200, body: standard });
  },
);

shows(
  ['403 ResourceLimitExceeded', 'POST /v1/clusters'],
  'a project that may have no cluster gets none',
  async () => {
    const { projectId } = cloud.users.other;
    const template = await ask('POST', '/v1/clustertemplates', {
      as: 'other',
      body: {
        coe: 'swarm-mode',
        image_id: cloud.names.atomic,
        flavor_id: cloud.names.flavor,
        master_flavor_id: cloud.names.flavor,
        external_network_id: cloud.externalNetwork,
      },
    });
    check(await post({ project_id: projectId, resource: 'Cluster', hard_limit: 0 }), { status: 201 });
    const refused = await ask('POST', '/v1/clusters', {
      as: 'other',
      body: { cluster_template_id: template.body['uuid'] },
    });
    check(await ask('DELETE', quota, asAdmin), { status: 204 });
    check(refused, {
      status: 403,
      detail:
        'Resource limit exceeded: You have reached the maximum clusters per project, 0. ' +
        'You may delete a cluster to make room for a new one.',
    });
    check(await ask('DELETE', `/v1/clustertemplates/${String(template.body['uuid'])}`, { as: 'other' }), {
      status: 204,
    });
  },
);

const { project_id: _, ...homeless } = limit(1);
for (const [entry, title, body, expected] of [
  [
    '400 number out of bounds',
    'a limit below 0',
    limit(-5),
    {
      status: 400,
      detail:
        "Invalid input for field/attribute hard_limit. Value: '-5'. Value should be greater or equal to 0",
    },
  ],
  [
    '400 wrong type',
    'a limit of text',
    limit('x'),
    {
      status: 400,
      detail:
        /^Invalid input for field\/attribute quota\. Value: .*invalid literal for int\(\) with base 10: 'x'$/,
    },
  ],
  [
    '400 not one of the values',
    'another resource',
    limit(1, { resource: 'Nosuch' }),
    {
      status: 400,
      detail: "Invalid input for field/attribute resource. Value: 'Nosuch'. Value should be one of: Cluster",
    },
  ],
  [
    '404 ProjectNotFound',
    'a project that is not there',
    limit(1, { project_id: 'nosuch' }),
    { status: 404, detail: 'The project_id nosuch could not be found.' },
  ],
  ['400 mandatory field missing', 'no project', homeless, 'quota without a project'],
  [
    '400 unknown attribute',
    'an attribute nobody knows',
    limit(1, { nosuch: 1 }),
    { status: 400, detail: 'Unknown attribute for argument quota: nosuch' },
  ],
] as const) {
  answers([entry, 'POST /v1/quotas'], `POST of a quota with ${title}`, () => post(body), expected);
}
answers(
  ['403 PolicyNotAuthorized', 'GET /v1/quotas'],
  'quotas, as a member',
  () => ask('GET', '/v1/quotas'),
  {
    status: 403,
    detail: "Policy doesn't allow quota:get_all to be performed.",
  },
);
answers(
  ['403 PolicyNotAuthorized', 'POST /v1/quotas'],
  'a quota made by a member',
  () => ask('POST', '/v1/quotas', { body: limit(9) }),
  {
    status: 403,
    detail: "Policy doesn't allow quota:create to be performed.",
  },
);
answers(['403 NotAuthorized'], "another project's quota, as a member", () => ask('GET', quota), {
  status: 403,
  detail: 'Not authorized.',
});
answers(
  ['GET /v1/quotas'],
  'quotas at 1.1: never tied to 1.6',
  () => ask('GET', '/v1/quotas', { ...asAdmin, version: '1.1' }),
  {
    status: 200,
  },
);

answers(
  ['GET /v1/stats'],
  "a project's own statistics, also at 1.1",
  () => ask('GET', '/v1/stats', { as: 'other', version: '1.1' }),
  {
    status: 200,
    body: { clusters: 0, nodes: 0 },
  },
);
answers(
  ['GET /v1/stats'],
  "any project's, as an administrator",
  () => ask('GET', `/v1/stats?project_id=${project}`, asAdmin),
  {
    status: 200,
    body: { clusters: 0, nodes: 0 },
  },
);
answers(['GET /v1/stats'], "all projects', as an administrator", () => ask('GET', '/v1/stats', asAdmin), {
  status: 200,
  body: { clusters: expect.any(Number), nodes: expect.any(Number) },
});
answers(
  ['403 NotAuthorized', 'GET /v1/stats'],
  "another project's statistics",
  () => ask('GET', '/v1/stats?project_id=x'),
  {
    status: 403,
    detail: 'Not authorized.',
  },
);
answers(
  ['400 InvalidParameterValue', 'GET /v1/stats'],
  'statistics of another type',
  () => ask('GET', '/v1/stats?type=nosuch'),
  {
    status: 400,
    detail: /^Invalid stats type\. Allowed values are/,
  },
);

answers(
  ['403 PolicyNotAuthorized', 'GET /v1/mservices'],
  'services, as a member',
  () => ask('GET', '/v1/mservices'),
  {
    status: 403,
    detail: "Policy doesn't allow magnum-service:get_all to be performed.",
  },
);
answers(
  ['GET /v1/mservices'],
  'services, as an administrator: the conductor is up',
  () => ask('GET', '/v1/mservices', asAdmin),
  {
    status: 200,
    body: {
      mservices: [
        {
          id: expect.any(Number),
          binary: 'magnum-conductor',
          host: expect.any(String),
          state: 'up',
          report_count: expect.any(Number),
          disabled: false,
          disabled_reason: null,
          created_at: expect.any(String),
        },
      ],
    },
  },
);
answers(
  ['400 unknown argument', 'GET /v1/mservices'],
  'services in pages',
  () => ask('GET', '/v1/mservices?limit=1', asAdmin),
  {
    status: 400,
    detail: 'Unknown argument: "limit"',
  },
);

for (const path of ['/v1/federations', '/v1/federations/detail'] as const) {
  answers([`GET ${path}`], `${path} is empty`, () => ask('GET', path), {
    status: 200,
    body: { federations: [] },
  });
}
const noFederation = { status: 404, detail: 'Federation nosuch could not be found.' };
for (const method of ['GET', 'PATCH', 'DELETE'] as const) {
  const body = method === 'PATCH' ? [{ op: 'add', path: '/member_ids', value: 'x' }] : undefined;
  const request = () => ask(method, '/v1/federations/nosuch', { body });
  answers(
    [`${method} /v1/federations/{id}`, '404 FederationNotFound'],
    `${method} of a federation`,
    request,
    noFederation,
  );
}
answers(
  ['POST /v1/federations', '404 ClusterNotFound'],
  'a federation of a cluster that is not there',
  () =>
    ask('POST', '/v1/federations', { body: { hostcluster_id: 'nosuch', properties: { 'dns-zone': 'x' } } }),
  { status: 404, detail: 'Cluster nosuch could not be found.' },
);
