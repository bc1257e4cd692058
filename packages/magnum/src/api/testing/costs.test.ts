import { expect, test } from 'vitest';
import { apiInTest, clusterBody, templateBody } from './api-in-test.ts';
import { costsContract } from './costs-contract.ts';

costsContract('SQLite', () => ({ url: 'sqlite://', shared: false, empty: () => Promise.resolve() }));

test.each([
  [
    'by name',
    // Both flavors are in one listing.
    1,
    { image_id: 'debian', flavor_id: 'small', master_flavor_id: 'diskless', external_network_id: 'public' },
  ],
  [
    'by id',
    0,
    {
      image_id: '11111111-0000-4000-8000-000000000001',
      flavor_id: '1',
      master_flavor_id: '2',
      external_network_id: '22222222-0000-4000-8000-000000000001',
    },
  ],
])(
  'what a new cluster refers to %s is looked up once, all of it at the same time',
  async (_how, less, references) => {
    const api = await apiInTest({ OS_CINDER__DEFAULT_BOOT_VOLUME_SIZE: '10' });
    const lookUps = async (path: string, body: object): Promise<string[]> => {
      await api.ask('member', 'GET', '/v1/clusters');
      const before = api.asked.length;
      const { status, error } = await api.ask('member', 'POST', path, body);
      expect({ status, error }).toEqual({ status: path === '/v1/clusters' ? 202 : 201, error: undefined });
      return api.asked.slice(before);
    };
    let askedBefore: readonly string[] = [];
    const template = { ...templateBody, ...references, fixed_network: 'public' };
    for (const [path, body, things] of [
      ['/v1/clustertemplates', template, 5],
      ['/v1/clusters', { ...clusterBody, keypair: 'key' }, 6],
    ] as const) {
      api.cloud.together = 0;
      const asked = await lookUps(path, body);
      expect(asked.filter((each) => !each.includes('keystone'))).toHaveLength(things - less);
      if (askedBefore.length > 0) expect(asked).not.toContain('GET keystone/v3/auth/tokens');
      askedBefore = asked;
      expect(api.cloud.together).toBe(things - less);
    }
    await api.close();
  },
);

test('eight templates that somebody makes at once cost the cloud as much as two', async () => {
  const api = await apiInTest();
  const make = async (): Promise<string[]> => {
    const before = api.asked.length;
    const { status } = await api.ask('member', 'POST', '/v1/clustertemplates', templateBody);
    expect(status).toBe(201);
    return api.asked.slice(before);
  };
  await make();
  const alone = await make();
  const before = api.asked.length;
  await Promise.all(Array.from({ length: 8 }, make));
  expect(api.asked.slice(before).toSorted()).toEqual([...alone, ...alone].toSorted());
  await api.close();
});
