import { beforeAll, expect } from 'vitest';
import { ask, cloud, uuidOf } from './client.ts';
import { answers, check, shows } from './expectation.ts';
import { nowhere, patch, template, templateRequest, trash } from './objects.ts';

const list = '/v1/clustertemplates';

shows(
  ['POST /v1/clustertemplates', 'GET /v1/clustertemplates/{id}', 'DELETE /v1/clustertemplates/{id}'],
  'a template: made with every field, shown as it was made, by uuid and by name, and gone when deleted',
  async () => {
    const given = {
      ...templateRequest('full'),
      dns_nameserver: '1.1.1.1,8.8.8.8',
      docker_volume_size: 5,
      docker_storage_driver: 'overlay2',
      labels: { text: 'a', number: 1, fraction: 1.5, truth: true },
      floating_ip_enabled: false,
      master_lb_enabled: true,
      http_proxy: 'http://proxy:1',
      https_proxy: 'http://proxy:2',
      no_proxy: 'x',
      tls_disabled: true,
      registry_enabled: false,
      insecure_registry: 'r:5000',
      server_type: 'vm',
      volume_driver: 'rexray',
      network_driver: 'docker',
      apiserver_port: 8443,
      fixed_network: 'private',
      fixed_subnet: 'private',
      public: false,
      hidden: false,
      tags: 't1,t2',
    };
    delete (given as { fixed_network?: string }).fixed_network;
    delete (given as { fixed_subnet?: string }).fixed_subnet;
    const made = await ask('POST', list, { body: given });
    const uuid = uuidOf(made);
    check(made, {
      status: 201,
      body: {
        ...given,
        labels: { text: 'a', number: '1', fraction: '1.5', truth: 'True' },
        cluster_distro: 'fedora-atomic',
        fixed_network: null,
        fixed_subnet: null,
        project_id: cloud.users.member.projectId,
        user_id: cloud.users.member.userId,
        updated_at: null,
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$/),
        links: [
          { href: `${cloud.base}/v1/clustertemplates/${uuid}`, rel: 'self' },
          { href: `${cloud.base}/clustertemplates/${uuid}`, rel: 'bookmark' },
        ],
      },
    });
    expect(made.headers.get('location')).toBe(`${cloud.base}/v1/clustertemplates/${uuid}`);
    for (const ident of [uuid, given.name]) {
      const shown = await ask('GET', `${list}/${ident}`);
      expect(shown.status).toBe(200);
      const { created_at: _, ...kept } = made.body;
      expect(shown.body).toMatchObject(kept);
    }
    check(await ask('DELETE', `${list}/${uuid}`), { status: 204 });
    check(await ask('GET', `${list}/${uuid}`), {
      status: 404,
      detail: `ClusterTemplate ${uuid} could not be found.`,
    });
  },
);

shows(['POST /v1/clustertemplates'], 'what is left out has its default', async () => {
  const { coe, image_id, external_network_id } = templateRequest('x');
  const made = await ask('POST', list, { version: 'none', body: { coe, image_id, external_network_id } });
  trash('clustertemplates', made);
  check(made, {
    status: 201,
    body: {
      name: expect.stringMatching(/^[a-z]+-\d+-template$/),
      flavor_id: null,
      master_flavor_id: null,
      dns_nameserver: null,
      keypair_id: null,
      fixed_network: null,
      fixed_subnet: null,
      apiserver_port: null,
      docker_volume_size: null,
      http_proxy: null,
      https_proxy: null,
      no_proxy: null,
      volume_driver: null,
      registry_enabled: false,
      labels: {},
      tls_disabled: false,
      public: false,
      server_type: 'vm',
      insecure_registry: null,
      docker_storage_driver: null,
      master_lb_enabled: false,
      floating_ip_enabled: true,
      hidden: false,
      tags: null,
      network_driver: 'docker',
    },
  });
});

shows(
  ['POST /v1/clustertemplates'],
  'a client may choose the uuid; null names are made up; numbers may be text',
  async () => {
    const uuid = crypto.randomUUID();
    const made = await ask('POST', list, {
      body: {
        ...templateRequest('x'),
        uuid,
        name: null,
        docker_volume_size: '3',
        public: 'no',
        tls_disabled: 'ON',
      },
    });
    trash('clustertemplates', made);
    check(made, {
      status: 201,
      body: {
        uuid,
        name: expect.stringMatching(/-template$/),
        docker_volume_size: 3,
        public: false,
        tls_disabled: true,
      },
    });
  },
);

shows(
  ['POST /v1/clustertemplates'],
  'a key pair nobody has, and no external network, are no reason to refuse a template',
  async () => {
    const { external_network_id: _, ...request } = templateRequest('lenient');
    const made = await ask('POST', list, { body: { ...request, keypair_id: 'nosuch' } });
    trash('clustertemplates', made);
    check(made, { status: 201, body: { keypair_id: 'nosuch', external_network_id: null } });
  },
);

shows(
  ['GET /v1/clustertemplates', 'GET /v1/clustertemplates/detail'],
  'lists in pages, in the order that is asked for',
  async () => {
    const names = ['page-c', 'page-a', 'page-b'];
    for (const name of names) await template(name, { as: 'other' });
    const asOther = { as: 'other' } as const;
    const namesOf = (answer: { body: Readonly<Record<string, unknown>> }) =>
      (answer.body['clustertemplates'] as { name: string }[]).map(({ name }) => name);
    for (const path of [list, `${list}/detail`]) {
      const sorted = await ask('GET', `${path}?sort_key=name`, asOther);
      expect(namesOf(sorted)).toEqual(names.toSorted());
      expect(sorted.body['next']).toBeUndefined();
      expect(namesOf(await ask('GET', `${path}?sort_key=name&sort_dir=desc`, asOther))).toEqual(
        names.toSorted().toReversed(),
      );
      expect(namesOf(await ask('GET', path, asOther))).toEqual(names);
      const first = await ask('GET', `${path}?limit=2`, asOther);
      expect(namesOf(first)).toEqual(names.slice(0, 2));
      const next = String(first.body['next']);
      const marker = (first.body['clustertemplates'] as { uuid: string }[])[1]?.uuid;
      expect(next).toBe(`${cloud.base}${path}?sort_key=id&sort_dir=asc&limit=2&marker=${marker}`);
      expect(namesOf(await ask('GET', next.slice(cloud.base.length), asOther))).toEqual(names.slice(2));
    }
  },
);

shows(
  ['GET /v1/clustertemplates/{id}', '409 several templates of a name'],
  'names may be used twice, and then only the uuid finds',
  async () => {
    const one = await template('twins');
    await template('twins');
    check(await ask('GET', `${list}/twins`), {
      status: 409,
      detail: 'Multiple ClusterTemplates exist with same name. Please use the ClusterTemplate uuid instead.',
    });
    check(await ask('GET', `${list}/${one}`), { status: 200, body: { name: 'twins' } });
  },
);

shows(
  ['GET /v1/clustertemplates/{id}'],
  'a private template is seen by its project and by administrators only',
  async () => {
    const uuid = await template('private');
    check(await ask('GET', `${list}/${uuid}`, { as: 'mate' }), { status: 200 });
    check(await ask('GET', `${list}/${uuid}`, { as: 'admin' }), { status: 200 });
    const missing = { status: 404, detail: `ClusterTemplate ${uuid} could not be found.` };
    check(await ask('GET', `${list}/${uuid}`, { as: 'other' }), missing);
    check(
      await ask('PATCH', `${list}/${uuid}`, { as: 'other', body: patch('replace', '/name', 'mine') }),
      missing,
    );
    check(await ask('DELETE', `${list}/${uuid}`, { as: 'other' }), missing);
  },
);

shows(
  ['PATCH /v1/clustertemplates/{id}', '403 ClusterTemplatePublishDenied', '403 PolicyNotAuthorized'],
  'only administrators publish; what is public can be read by all and changed by none of them',
  async () => {
    const denied = {
      status: 403,
      detail: 'Not authorized to set public or hidden flag for cluster template.',
    };
    const own = await template('unpublished');
    for (const flag of ['public', 'hidden']) {
      const set = patch('replace', `/${flag}`, true);
      check(await ask('PATCH', `${list}/${own}`, { body: set }), denied);
      check(await ask('POST', list, { body: { ...templateRequest('x'), [flag]: true } }), denied);
    }
    const uuid = await template('published', { as: 'admin', public: true });
    check(await ask('GET', `${list}/${uuid}`), { status: 200, body: { public: true } });
    check(await ask('PATCH', `${list}/${uuid}`, { body: patch('replace', '/name', 'mine') }), {
      status: 403,
      detail: "Policy doesn't allow clustertemplate:update to be performed.",
    });
    check(await ask('DELETE', `${list}/${uuid}`), {
      status: 403,
      detail: "Policy doesn't allow clustertemplate:delete to be performed.",
    });
    const hide = { as: 'admin', body: patch('replace', '/hidden', 'True') } as const;
    check(await ask('PATCH', `${list}/${uuid}`, hide), { status: 200, body: { hidden: true } });
    check(await ask('GET', `${list}/${uuid}`), 'hidden template of another project');
  },
);

shows(
  ['PATCH /v1/clustertemplates/{id}'],
  "an administrator changes another project's template",
  async () => {
    const uuid = await template('of-a-member');
    const change = { as: 'admin', body: patch('add', '/tags', 'by admin') } as const;
    check(await ask('PATCH', `${list}/${uuid}`, change), 'template of another project');
  },
);

let changed = '';
beforeAll(async () => {
  changed = await template('changed', { labels: { kept: 'yes' } });
});
const change = (body: unknown) => ask('PATCH', `${list}/${changed}`, { body });

for (const [title, body, members] of [
  ['nothing at all', [], {}],
  ['the name', patch('replace', '/name', 'renamed'), { name: 'renamed' }],
  ['no name', patch('remove', '/name'), { name: null }],
  ['a name where there was none', patch('add', '/name', 'renamed'), { name: 'renamed' }],
  ['one label more', patch('add', '/labels/more', 'v'), { labels: { kept: 'yes', more: 'v' } }],
  ['one label fewer', patch('remove', '/labels/more'), { labels: { kept: 'yes' } }],
  [
    'all labels, as a Python literal',
    patch('replace', '/labels', "{'kept': 'no'}"),
    { labels: { kept: 'no' } },
  ],
  [
    'all labels, as JSON in a string',
    patch('replace', '/labels', '{"kept": "yes"}'),
    { labels: { kept: 'yes' } },
  ],
  ['a truth value in words', patch('replace', '/tls_disabled', 'True'), { tls_disabled: true }],
  [
    'the name server and the tags',
    [...patch('replace', '/dns_nameserver', '9.9.9.9'), ...patch('replace', '/tags', 'a')],
    { dns_nameserver: '9.9.9.9', tags: 'a' },
  ],
  ['no name server', patch('remove', '/dns_nameserver'), { dns_nameserver: null }],
  ['no flavor', patch('remove', '/flavor_id'), { flavor_id: null }],
] as const) {
  shows(['PATCH /v1/clustertemplates/{id}'], `PATCH changes ${title}`, async () => {
    check(await change(body), { status: 200, body: members });
    check(await ask('GET', `${list}/${changed}`), { status: 200, body: members });
  });
}

answers(
  ['DELETE /v1/clustertemplates/{id}', '404 ClusterTemplateNotFound'],
  'DELETE of a template that is not there',
  () => ask('DELETE', `${list}/${nowhere}`),
  { status: 404, detail: `ClusterTemplate ${nowhere} could not be found.` },
);
