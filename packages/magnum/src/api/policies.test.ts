import { describe, expect, test } from 'vitest';
import { exampleCluster, exampleTemplate } from '../store/example-rows.ts';
import { apiInTest, clusterBody, type ApiInTest } from './api-in-test.ts';

describe('who may do what', () => {
  const everybody = [
    'admin',
    'member',
    'colleague',
    'reader',
    'nothing',
    'stranger',
    'system',
    'trustee',
    'other-trustee',
  ];

  test.each([
    ['GET', '/v1/clusters', [200, 200, 200, 200, 403, 200, 403, 403, 403]],
    ['GET', '/v1/clusters/demo', [200, 200, 200, 200, 403, 404, 403, 404, 404]],
    ['DELETE', '/v1/clusters/demo', [204, 204, 204, 403, 403, 404, 403, 404, 404]],
    ['POST', '/v1/clusters', [404, 404, 404, 403, 403, 404, 403, 403, 403]],
    ['GET', '/v1/clustertemplates', [200, 200, 200, 200, 403, 200, 403, 403, 403]],
    ['GET', '/v1/clustertemplates/private', [200, 200, 200, 200, 403, 404, 403, 404, 404]],
    ['GET', '/v1/clustertemplates/public', [200, 200, 200, 200, 200, 200, 200, 200, 200]],
    ['PATCH', '/v1/clustertemplates/public', [200, 200, 200, 403, 403, 403, 403, 403, 403]],
    ['DELETE', '/v1/clustertemplates/public', [204, 204, 204, 403, 403, 403, 403, 403, 403]],
    ['GET', '/v1/clusters/demo/nodegroups', [200, 200, 200, 200, 403, 404, 403, 404, 404]],
    ['GET', '/v1/certificates/demo', [404, 404, 403, 403, 403, 404, 403, 404, 404]],
    ['GET', '/v1/mservices', [200, 403, 403, 403, 403, 403, 403, 403, 403]],
    ['GET', '/v1/stats', [200, 200, 200, 200, 403, 200, 403, 403, 403]],
    ['GET', '/v1/stats?project_id=p1', [200, 200, 200, 200, 403, 403, 403, 403, 403]],
    ['GET', '/v1/quotas', [200, 403, 403, 403, 403, 403, 403, 403, 403]],
    ['GET', '/v1/quotas/p1/Cluster', [200, 200, 200, 200, 403, 403, 403, 403, 403]],
    ['DELETE', '/v1/quotas/p1/Cluster', [404, 403, 403, 403, 403, 403, 403, 403, 403]],
  ] as const)('%s %s', async (method, path, expected) => {
    const outcomes: number[] = [];
    for (const who of everybody) {
      const other = await apiInTest();
      await seed(other);
      const bodies = {
        POST: { ...clusterBody, cluster_template_id: 'none' },
        PATCH: [],
        GET: undefined,
        DELETE: undefined,
      };
      outcomes.push((await other.ask(who, method, path, bodies[method])).status);
      await other.close();
    }
    expect(Object.fromEntries(everybody.map((who, index) => [who, outcomes[index]]))).toEqual(
      Object.fromEntries(everybody.map((who, index) => [who, expected[index]])),
    );
  });
});

/** A cluster and two templates of project p1, and a user of that cluster's own. */
async function seed({ store }: ApiInTest): Promise<void> {
  await store.clusters.insert(exampleCluster({ trustee_user_id: 'trustee-1' }));
  const [one, two] = [
    'e1000001-0000-4000-8000-000000000009',
    'e1000002-0000-4000-8000-000000000009',
  ] as const;
  await store.templates.insert(exampleTemplate({ name: 'private', uuid: one }));
  await store.templates.insert(exampleTemplate({ name: 'public', uuid: two, public: true }));
}
