import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { beforeAll, expect, vi } from 'vitest';
import { ask, cloud, uuidOf } from './client.ts';
import { check, shows } from './expectation.ts';
import { begun, buildable, gone, patch, patience, settled, template, trash } from './objects.ts';

/**
 * The life of a cluster. Its tests are in the order of that life: each takes the cluster as the one before has left it.
 */
let templateId = '';
let id = '';
const url = () => `/v1/clusters/${id}`;

beforeAll(async () => {
  templateId = await template('for-clusters', { ...buildable, labels: { kept: 'yes', changed: 'no' } });
});

shows(
  ['POST /v1/clusters', '409 ClusterAPIAddressUnavailable', '400 NotSupported'],
  'a cluster is accepted, and is there to be seen at once',
  async () => {
    const request = {
      name: 'life',
      cluster_template_id: 'for-clusters',
      keypair: 'acceptance',
      labels: { changed: 'yes', own: 1 },
      merge_labels: true,
      create_timeout: 30,
    };
    const accepted = await ask('POST', '/v1/clusters', { body: request });
    trash('clusters', accepted);
    id = uuidOf(accepted);
    check(accepted, { status: 202 });
    expect(accepted.body).toEqual({ uuid: id });
    await vi.waitFor(async () => expect((await ask('GET', url())).status).toBe(200), { timeout: 60_000 });
    check(await ask('POST', `${url()}/nodegroups`, { body: { name: 'early' } }), {
      status: 409,
      detail: /address is not available yet/,
    });
    check(await ask('PATCH', `/v1/certificates/${id}`), { status: 400, detail: /CREATE_IN_PROGRESS/ });
    expect(await settled(id)).toBe('CREATE_COMPLETE');
  },
);

shows(
  ['GET /v1/clusters/{id}', '409 several clusters of a name'],
  'shows all of it, by uuid and by name',
  async () => {
    const shown = await ask('GET', url());
    check(shown, {
      status: 200,
      body: {
        uuid: id,
        name: 'life',
        cluster_template_id: templateId,
        keypair: 'acceptance',
        node_count: 1,
        master_count: 1,
        docker_volume_size: null,
        labels: { kept: 'yes', changed: 'yes', own: '1' },
        labels_overridden: { changed: 'no' },
        labels_added: { own: '1' },
        labels_skipped: {},
        master_flavor_id: cloud.names.flavor,
        flavor_id: cloud.names.flavor,
        create_timeout: 30,
        status: 'CREATE_COMPLETE',
        api_address: expect.stringMatching(/^(https|tcp):\/\/[0-9.]+:(2375|2376|6443)$/),
        project_id: cloud.users.member.projectId,
        user_id: cloud.users.member.userId,
        node_addresses: [expect.any(String)],
        master_addresses: [expect.any(String)],
        fixed_network: null,
        fixed_subnet: null,
        floating_ip_enabled: true,
        merge_labels: false,
        master_lb_enabled: false,
        stack_id: expect.any(String),
        links: [
          { href: `${cloud.base}/v1/clusters/${id}`, rel: 'self' },
          { href: `${cloud.base}/clusters/${id}`, rel: 'bookmark' },
        ],
      },
    });
    expect(shown.body).not.toHaveProperty('faults');
    check(await ask('GET', '/v1/clusters/life'), { status: 200, body: { uuid: id } });
    check(await ask('GET', url(), { as: 'admin' }), { status: 200, body: { uuid: id } });
    check(await ask('GET', url(), { as: 'other' }), {
      status: 404,
      detail: `Cluster ${id} could not be found.`,
    });
  },
);

shows(
  ['GET /v1/clusters', 'GET /v1/clusters/detail'],
  'a list is brief, its detail full; an administrator sees all projects',
  async () => {
    const { body } = await ask('GET', '/v1/clusters');
    const [brief] = body['clusters'] as object[];
    expect(brief).toMatchObject({ uuid: id, name: 'life', status: 'CREATE_COMPLETE', node_count: 1 });
    expect(Object.keys(brief ?? {}).toSorted()).toEqual(
      [
        ...[
          'uuid',
          'name',
          'cluster_template_id',
          'keypair',
          'node_count',
          'master_count',
          'docker_volume_size',
        ],
        ...[
          'labels',
          'master_flavor_id',
          'flavor_id',
          'create_timeout',
          'links',
          'stack_id',
          'status',
          'health_status',
        ],
        'merge_labels',
      ].toSorted(),
    );
    const detail = await ask('GET', '/v1/clusters/detail');
    expect((detail.body['clusters'] as object[])[0]).toMatchObject({
      uuid: id,
      project_id: cloud.users.member.projectId,
    });
    const uuids = async (as: 'admin' | 'other') =>
      ((await ask('GET', '/v1/clusters', { as })).body['clusters'] as { uuid: string }[]).map(
        ({ uuid }) => uuid,
      );
    expect(await uuids('admin')).toContain(id);
    expect(await uuids('other')).not.toContain(id);
  },
);

shows(
  ['400 ClusterTemplateReferenced', 'PATCH /v1/clustertemplates/{id}', 'DELETE /v1/clustertemplates/{id}'],
  'a template in use can only be renamed',
  async () => {
    const path = `/v1/clustertemplates/${templateId}`;
    const refused = {
      status: 400,
      detail: `ClusterTemplate ${templateId} is referenced by one or multiple clusters.`,
    };
    check(await ask('DELETE', path), refused);
    check(await ask('PATCH', path, { body: patch('replace', '/dns_nameserver', '9.9.9.9') }), refused);
    check(await ask('PATCH', path, { body: patch('replace', '/name', 'for-clusters-2') }), { status: 200 });
  },
);

shows(
  ['PATCH /v1/clusters/{id}', '400 internal attribute', '400 cluster property can not be changed'],
  'most of a cluster can not be changed',
  async () => {
    for (const [body, detail] of [
      [patch('replace', '/uuid', 'x'), "'/uuid' is an internal attribute and can not be updated"],
      [
        patch('replace', '/api_address', 'x'),
        "'/api_address' is an internal attribute and can not be updated",
      ],
      [patch('replace', '/name', 'x'), 'cannot change cluster property(ies) name.'],
      [patch('replace', '/master_count', 3), 'cannot change cluster property(ies) master_count.'],
      [
        patch('replace', '/cluster_template_id', 'x'),
        'cannot change cluster property(ies) cluster_template_id.',
      ],
      [
        patch('replace', '/node_count', -1),
        "Invalid input for field/attribute node_count. Value: '-1'. Value should be greater or equal to 0",
      ],
      [
        patch('add', '/nosuch', 1),
        'Adding a new attribute /nosuch to the root of the resource is not allowed.',
      ],
    ] as const) {
      check(await ask('PATCH', url(), { body }), { status: 400, detail });
    }
    const zero = patch('replace', '/node_count', 0);
    check(await ask('PATCH', url(), { body: zero, version: '1.9' }), {
      status: 400,
      detail: 'Resizing a nodegroup to zero is not supported in the provided microversion.',
    });
    const rollback = { body: patch('replace', '/node_count', 2), version: '1.2' };
    check(await ask('PATCH', `${url()}?rollback=True`, rollback), {
      status: 400,
      detail: 'Unknown argument: "rollback"',
    });
    check(await ask('PATCH', url(), { as: 'other', body: zero }), { status: 404 });
    check(await ask('PATCH', url(), { body: patch('replace', '/node_count', '1') }), 'number as text');
  },
);

shows(
  ['GET /v1/certificates/{id}', '403 PolicyNotAuthorized'],
  "the cluster's certificate authority, for its owner",
  async () => {
    const answer = await ask('GET', `/v1/certificates/${id}`);
    check(answer, { status: 200, body: { cluster_uuid: id, bay_uuid: id } });
    const authority = new X509Certificate(String(answer.body['pem']));
    expect(authority.ca).toBe(true);
    expect(answer.body['links']).toEqual([
      { href: `${cloud.base}/v1/certificates/${id}`, rel: 'self' },
      { href: `${cloud.base}/certificates/${id}`, rel: 'bookmark' },
    ]);
    check(await ask('GET', '/v1/certificates/life'), { status: 200, body: { cluster_uuid: id } });
    check(await ask('GET', `/v1/certificates/${id}`, { as: 'admin' }), 'certificate of another project');
    check(await ask('GET', `/v1/certificates/${id}`, { as: 'mate' }), {
      status: 403,
      detail: "Policy doesn't allow certificate:get to be performed.",
    });
  },
);

shows(
  ['POST /v1/certificates', '400 InvalidCsr', '400 CertificateValidationError'],
  'signs what its owner asks for, and nothing that is no request or asks for too much',
  async () => {
    const authority = new X509Certificate(String((await ask('GET', `/v1/certificates/${id}`)).body['pem']));
    const post = (body: object) => ask('POST', '/v1/certificates', { body });
    for (const owner of [{ cluster_uuid: id }, { bay_uuid: id }]) {
      const signed = await post({ ...owner, csr: signingRequest() });
      check(signed, { status: 201, body: { cluster_uuid: id } });
      const certificate = new X509Certificate(String(signed.body['pem']));
      expect(certificate.subject).toBe('O=system:masters\nCN=admin');
      expect(certificate.verify(authority.publicKey)).toBe(true);
    }
    check(await post({ cluster_uuid: id, csr: 'x' }), { status: 400, detail: "Received invalid csr b'x'." });
    check(
      await post({ cluster_uuid: id, csr: signingRequest('nameConstraints=critical,permitted;DNS:x') }),
      'certificate that asks for too much',
    );
    check(await post({ cluster_uuid: id }), 'certificate without a request');
    check(await post({ csr: signingRequest() }), 'certificate of no cluster');
  },
);

shows(
  ['GET /v1/clusters/{id}/nodegroups', 'GET /v1/clusters/{id}/nodegroups/{id}', '404 NodeGroupNotFound'],
  'has a default group of masters and one of workers',
  async () => {
    const path = `${url()}/nodegroups`;
    const { body } = await ask('GET', path, { version: '1.9' });
    const groups = body['nodegroups'] as { name: string; uuid: string }[];
    expect(groups.map(({ name }) => name).toSorted()).toEqual(['default-master', 'default-worker']);
    const masters = await ask('GET', `${path}?role=master`);
    expect((masters.body['nodegroups'] as object[]).length).toBe(1);
    const shown = await ask('GET', `${path}/default-worker`);
    check(shown, {
      status: 200,
      body: {
        id: expect.any(Number),
        name: 'default-worker',
        cluster_id: id,
        project_id: cloud.users.member.projectId,
        flavor_id: cloud.names.flavor,
        image_id: buildable.image_id,
        node_count: 1,
        role: 'worker',
        max_node_count: null,
        is_default: true,
        status: 'CREATE_COMPLETE',
        node_addresses: [expect.any(String)],
        labels: { kept: 'yes', changed: 'yes', own: '1' },
      },
    });
    check(await ask('GET', `${path}/${uuidOf(shown)}`), { status: 200, body: { name: 'default-worker' } });
    check(await ask('GET', `${path}/nosuch`), {
      status: 404,
      detail: 'Nodegroup nosuch could not be found.',
    });
    check(await ask('GET', path, { as: 'other' }), {
      status: 404,
      detail: `Cluster ${id} could not be found.`,
    });
  },
);

shows(
  [
    'POST /v1/clusters/{id}/nodegroups',
    'PATCH /v1/clusters/{id}/nodegroups/{id}',
    'DELETE /v1/clusters/{id}/nodegroups/{id}',
    '400 CreateMasterNodeGroup',
    '400 DeletingDefaultNGNotSupported',
    '409 NodeGroupAlreadyExists',
    '409 NodeGroupInvalidInput',
  ],
  'refuses node groups that can not be',
  async () => {
    const post = (body: object) => ask('POST', `${url()}/nodegroups`, { body });
    const invalid = (detail: string) => ({ status: 409, detail });
    check(
      await post({ name: 'default-worker' }),
      invalid('A node group with name default-worker already exists in the cluster life.'),
    );
    check(
      await post({ name: 'n', node_count: 1, min_node_count: 2 }),
      invalid(
        'min_node_count for n is invalid (min_node_count (2) should be less or equal to node_count (1)).',
      ),
    );
    check(
      await post({ name: 'n', node_count: 3, max_node_count: 2 }),
      invalid(
        'max_node_count for n is invalid (node_count (3) should be less or equal to max_node_count (2)).',
      ),
    );
    check(
      await post({ name: 'n', node_count: 3, min_node_count: 3, max_node_count: 2 }),
      invalid(
        'max_node_count for n is invalid (min_node_count (3) should be less or equal to max_node_count (2)).',
      ),
    );
    check(await post({ name: 'm', role: 'master' }), {
      status: 400,
      detail: 'Creating master nodegroups is currently not supported.',
    });
    check(await post({ name: 'n', node_count: -1 }), {
      status: 400,
      detail:
        "Invalid input for field/attribute node_count. Value: '-1'. Value should be greater or equal to 0",
    });
    check(await post({ name: 'n', nosuch: 1 }), {
      status: 400,
      detail: 'Unknown attribute for argument nodegroup: nosuch',
    });
    check(await post({}), 'node group without a name');
    const worker = `${url()}/nodegroups/default-worker`;
    check(await ask('PATCH', worker, { body: patch('replace', '/name', 'x') }), {
      status: 400,
      detail: "'/name' is an internal attribute and can not be updated",
    });
    check(await ask('PATCH', worker, { body: patch('replace', '/node_count', 2) }), {
      status: 400,
      detail: "'/node_count' is an internal attribute and can not be updated",
    });
    check(
      await ask('PATCH', worker, { body: patch('replace', '/min_node_count', 5) }),
      invalid(
        'min_node_count for default-worker is invalid (min_node_count (5) should be less or equal to node_count (1)).',
      ),
    );
    check(await ask('DELETE', worker), {
      status: 400,
      detail: 'Deleting a default nodegroup is not supported.',
    });
    check(await ask('DELETE', `${url()}/nodegroups/nosuch`), {
      status: 404,
      detail: 'Nodegroup nosuch could not be found.',
    });
    check(
      await ask('PATCH', `${url()}/nodegroups/nosuch`, { body: patch('replace', '/min_node_count', 0) }),
      { status: 404, detail: 'Nodegroup nosuch could not be found.' },
    );
  },
);

shows(
  [
    'POST /v1/clusters/{id}/actions/resize',
    '400 MasterNGResizeNotSupported',
    '400 ZeroNodeCountNotSupported',
  ],
  'refuses sizes that can not be',
  async () => {
    const resize = (body: object, version = 'latest') =>
      ask('POST', `${url()}/actions/resize`, { body, version });
    check(await resize({}), {
      status: 400,
      detail: "Invalid input for field/attribute node_count. Value: 'None'. Mandatory field missing.",
    });
    check(await resize({ node_count: -1 }), {
      status: 400,
      detail:
        "Invalid input for field/attribute node_count. Value: '-1'. Value should be greater or equal to 0",
    });
    check(await resize({ node_count: 0 }, '1.9'), {
      status: 400,
      detail: 'Resizing a nodegroup to zero is not supported in the provided microversion.',
    });
    check(await resize({ node_count: 1, nodegroup: 'nosuch' }), {
      status: 404,
      detail: 'Nodegroup nosuch could not be found.',
    });
    check(await resize({ node_count: 3, nodegroup: 'default-master' }), {
      status: 400,
      detail: 'Resizing a master nodegroup is not supported.',
    });
  },
);

shows(
  ['POST /v1/clusters/{id}/actions/upgrade', '400 ClusterUpgradeNotSupported', '404 ClusterTemplateNotFound'],
  'refuses upgrades that can not be',
  async () => {
    const upgrade = (body: object, version = 'latest') =>
      ask('POST', `${url()}/actions/upgrade`, { body, version });
    check(await upgrade({ cluster_template: templateId }, '1.7'), {
      status: 400,
      detail: 'Cluster upgrade is not supported in the provided microversion.',
    });
    check(await upgrade({ cluster_template: 'nosuch' }), {
      status: 404,
      detail: 'ClusterTemplate nosuch could not be found.',
    });
    check(await upgrade({ cluster_template: templateId, max_batch_size: -1 }), {
      status: 400,
      detail:
        "Invalid input for field/attribute max_batch_size. Value: '-1'. Value should be greater or equal to 1",
    });
    check(await upgrade({}), 'upgrade without a template');
  },
);

shows(['PATCH /v1/clusters/{id}'], 'grows when its number of nodes is changed', async () => {
  const accepted = await ask('PATCH', url(), { body: patch('replace', '/node_count', 3) });
  check(accepted, { status: 202 });
  expect(accepted.body).toEqual({ uuid: id });
  await begun(id);
  const healthy = patch('replace', '/health_status', 'HEALTHY');
  check(await ask('PATCH', url(), { body: healthy }), { status: 202 });
  const shown = await ask('GET', url());
  check(shown, 'health while a cluster changes');
  // What it shows instead is what it found itself meanwhile.
  if (cloud.kind === 'original') expect(shown.body['health_status']).not.toBe('HEALTHY');
  check(await ask('PATCH', url(), { body: patch('replace', '/node_count', 2) }), { status: 202 });
  const inTheEnd = async () => check(await ask('GET', url()), 'size while a cluster changes');
  await vi.waitFor(inTheEnd, patience);
});

shows(
  [
    'POST /v1/clusters/{id}/actions/resize',
    '400 NGResizeOutBounds',
    'PATCH /v1/clusters/{id}/nodegroups/{id}',
  ],
  'shrinks again by resize, and not below the least of its group',
  async () => {
    const bounded = await ask('PATCH', `${url()}/nodegroups/default-worker`, {
      body: patch('replace', '/min_node_count', 1),
    });
    check(bounded, { status: 202 });
    expect(await settled(id, 'UPDATE')).toBe('UPDATE_COMPLETE');
    check(await ask('GET', `${url()}/nodegroups`), 'bounds of a listed node group');
    check(await ask('POST', `${url()}/actions/resize`, { body: { node_count: 0 } }), {
      status: 400,
      detail:
        /^Resizing default-worker outside the allowed range: min_node_count = 1, max_node_count = (None)?/,
    });
    check(await ask('POST', `${url()}/actions/resize`, { body: { node_count: 1 } }), { status: 202 });
    expect(await settled(id, 'UPDATE')).toBe('UPDATE_COMPLETE');
    check(await ask('GET', url()), { status: 200, body: { node_count: 1 } });
  },
);

shows(
  [
    'POST /v1/clusters/{id}/nodegroups',
    'GET /v1/clusters/{id}/nodegroups/{id}',
    'DELETE /v1/clusters/{id}/nodegroups/{id}',
    '409 InvalidClusterTemplateForUpgrade',
  ],
  'gets a node group more, which follows the template of its cluster, and loses it again',
  async () => {
    const made = await ask('POST', `${url()}/nodegroups`, {
      body: { name: 'more', node_count: 1, labels: { q: 'r' }, merge_labels: true },
    });
    check(made, {
      status: 202,
      body: { name: 'more', cluster_id: id, node_count: 1, role: 'worker', labels: { kept: 'yes', q: 'r' } },
    });
    expect(await settled(id, 'UPDATE')).toBe('UPDATE_COMPLETE');
    check(await ask('GET', `${url()}/nodegroups/more`), {
      status: 200,
      body: { status: 'CREATE_COMPLETE', is_default: false, node_count: 1, labels_added: { q: 'r' } },
    });
    check(await ask('GET', url()), { status: 200, body: { node_count: 2 } });
    const another = await template('another', buildable);
    const upgrade = { body: { cluster_template: another, nodegroup: 'more' } };
    check(await ask('POST', `${url()}/actions/upgrade`, upgrade), {
      status: 409,
      detail:
        /^Cluster Template is not valid for upgrade: Nodegroup more can be upgraded only to match cluster's template/,
    });
    check(await ask('DELETE', `${url()}/nodegroups/more`), { status: 204 });
    expect(await settled(id, 'UPDATE')).toBe('UPDATE_COMPLETE');
    check(await ask('GET', `${url()}/nodegroups/more`), {
      status: 404,
      detail: 'Nodegroup more could not be found.',
    });
  },
);

shows(
  ['PATCH /v1/certificates/{id}'],
  'gets a new certificate authority, where its driver can give it one',
  async () => {
    const authority = async () => (await ask('GET', `/v1/certificates/${id}`)).body['pem'];
    const before = await authority();
    const accepted = await ask('PATCH', `/v1/certificates/${id}`);
    if (cloud.coe === 'swarm-mode') {
      check(accepted, { status: 400, detail: /not supported/ });
      return;
    }
    check(accepted, { status: 202 });
    expect(accepted.body).toEqual({ uuid: id });
    expect(await settled(id, 'UPDATE')).toBe('UPDATE_COMPLETE');
    expect(await authority()).not.toBe(before);
  },
);

shows(['GET /v1/stats'], 'counts in the statistics, masters among the nodes', async () => {
  check(await ask('GET', '/v1/stats'), { status: 200, body: { clusters: 1, nodes: 2 } });
});

shows(
  ['POST /v1/clusters/{id}/nodegroups', '400 FlavorNotFound'],
  'gets no node group of a flavor that is not there',
  async () => {
    const body = { name: 'unbuildable', flavor_id: 'nosuch' };
    const answer = await ask('POST', `${url()}/nodegroups`, { body });
    check(answer, 'node group of an unknown flavor');
    if (answer.status !== 202) return;
    const failed = { status: 200, body: { status: 'CREATE_FAILED' } };
    const inTheEnd = async () => check(await ask('GET', `${url()}/nodegroups/unbuildable`), failed);
    await vi.waitFor(inTheEnd, patience);
  },
);

shows(['DELETE /v1/clusters/{id}'], 'is deleted, and then nothing of it is found', async () => {
  check(await ask('DELETE', url()), { status: 204 });
  await gone(id);
  const missing = { status: 404, detail: `Cluster ${id} could not be found.` };
  check(await ask('GET', `/v1/certificates/${id}`), missing);
  check(await ask('GET', `${url()}/nodegroups`), missing);
  check(await ask('DELETE', url()), missing);
});

/** A new key's request for `O=system:masters, CN=admin`, as `openstack coe cluster config` makes it. */
function signingRequest(extension?: string): string {
  const options = [
    'req',
    '-new',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    '/dev/null',
    '-subj',
    '/O=system:masters/CN=admin',
  ];
  if (extension !== undefined) options.push('-addext', extension);
  return execFileSync('openssl', options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
