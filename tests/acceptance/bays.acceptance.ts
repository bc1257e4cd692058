import { expect } from 'vitest';
import { ask, cloud, uuidOf } from './client.ts';
import { answers, check, shows } from './expectation.ts';
import { buildable, gone, patch, settled, templateRequest, trash } from './objects.ts';

const models = '/v1/baymodels';

shows(
  [
    'POST /v1/baymodels',
    'GET /v1/baymodels',
    'GET /v1/baymodels/detail',
    'GET /v1/baymodels/{id}',
    'PATCH /v1/baymodels/{id}',
    'DELETE /v1/baymodels/{id}',
  ],
  'a bay model is a cluster template by its old name',
  async () => {
    const made = await ask('POST', models, { body: templateRequest('old') });
    const uuid = uuidOf(made);
    check(made, {
      status: 201,
      body: { name: 'old', keypair_id: 'acceptance', cluster_distro: 'fedora-atomic' },
    });
    expect(made.headers.get('location')).toBe(`${cloud.base}/v1/baymodels/${uuid}`);
    expect(made.body['links']).toEqual([
      { href: `${cloud.base}/v1/baymodels/${uuid}`, rel: 'self' },
      { href: `${cloud.base}/baymodels/${uuid}`, rel: 'bookmark' },
    ]);
    for (const path of [models, `${models}/detail`]) {
      const listed = (await ask('GET', path)).body['baymodels'] as { uuid: string }[];
      expect(listed.map((model) => model.uuid)).toContain(uuid);
    }
    check(await ask('GET', `${models}/old`), { status: 200, body: { uuid } });
    check(await ask('GET', `/v1/clustertemplates/${uuid}`), { status: 200, body: { name: 'old' } });
    const renamed = await ask('PATCH', `${models}/${uuid}`, { body: patch('replace', '/name', 'older') });
    check(renamed, { status: 200, body: { name: 'older' } });
    check(await ask('DELETE', `${models}/${uuid}`), { status: 204 });
    check(await ask('GET', `${models}/${uuid}`), {
      status: 404,
      detail: `ClusterTemplate ${uuid} could not be found.`,
    });
  },
);

answers(
  ['POST /v1/baymodels', '400 mandatory field missing'],
  'a bay model without a key pair',
  async () => {
    const { keypair_id: _, ...body } = templateRequest('old');
    return await ask('POST', models, { body });
  },
  {
    status: 400,
    detail: "Invalid input for field/attribute keypair_id. Value: 'None'. Mandatory field missing.",
  },
);
answers(
  ['POST /v1/baymodels', '400 FlavorNotFound'],
  'a bay model with a flavor that is not there',
  () => ask('POST', models, { body: { ...templateRequest('old'), flavor_id: 'nosuch' } }),
  { status: 400, detail: 'Unable to find flavor nosuch.' },
);

shows(
  [
    'POST /v1/bays',
    'GET /v1/bays',
    'GET /v1/bays/detail',
    'GET /v1/bays/{id}',
    'PATCH /v1/bays/{id}',
    'DELETE /v1/bays/{id}',
  ],
  'a bay is a cluster by its old name: made, shown, grown and deleted without waiting, from 1.2 on',
  async () => {
    // The member's clusters are counted by a test that runs beside this one.
    const as = 'veteran';
    const model = await ask('POST', models, { as, body: { ...templateRequest('for-bays'), ...buildable } });
    trash('clustertemplates', model, as);
    const version = '1.2';
    const accepted = await ask('POST', '/v1/bays', {
      as,
      version,
      body: { name: 'bay', baymodel_id: uuidOf(model), labels: { a: 'b' } },
    });
    check(accepted, { status: 202 });
    const id = uuidOf(accepted);
    trash('clusters', accepted, as);
    expect(accepted.body).toEqual({ uuid: id });
    expect(await settled(id, '', as)).toBe('CREATE_COMPLETE');
    const shown = await ask('GET', `/v1/bays/${id}`, { as, version });
    check(shown, {
      status: 200,
      body: {
        uuid: id,
        name: 'bay',
        baymodel_id: uuidOf(model),
        node_count: 1,
        master_count: 1,
        bay_create_timeout: 60,
        status: 'CREATE_COMPLETE',
      },
    });
    for (const path of ['/v1/bays', '/v1/bays/detail']) {
      const listed = (await ask('GET', path, { as, version })).body['bays'] as { uuid: string }[];
      expect(listed.map((bay) => bay.uuid)).toContain(id);
    }
    const two = patch('replace', '/node_count', 2);
    const grown = await ask('PATCH', `/v1/bays/${id}`, { as, version, body: two });
    check(grown, 'bay changed');
    if (grown.status === 202) expect(await settled(id, 'UPDATE', as)).toBe('UPDATE_COMPLETE');
    check(await ask('DELETE', `/v1/bays/${id}`, { as, version }), { status: 204 });
    await gone(id, as);
  },
);

answers(
  ['POST /v1/bays'],
  'a bay of a model that is not there',
  () => ask('POST', '/v1/bays', { body: { baymodel_id: 'nosuch' } }),
  { status: 400, detail: 'ClusterTemplate nosuch could not be found.' },
);
answers(
  ['POST /v1/bays', '400 number out of bounds'],
  'a bay without nodes',
  () => ask('POST', '/v1/bays', { body: { baymodel_id: 'nosuch', node_count: 0 } }),
  { status: 400 },
);
answers(
  ['GET /v1/bays/{id}', '404 ClusterNotFound'],
  'a bay that is not there',
  () => ask('GET', '/v1/bays/nosuch'),
  {
    status: 404,
    detail: 'Cluster nosuch could not be found.',
  },
);
answers(
  ['GET /v1/baymodels/{id}', '404 ClusterTemplateNotFound'],
  'a model that is not there',
  () => ask('GET', `${models}/nosuch`),
  {
    status: 404,
    detail: 'ClusterTemplate nosuch could not be found.',
  },
);
