import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DatabaseInTest } from '../../store/contract.ts';
import { exampleCluster, exampleNodeGroup, exampleTemplate } from '../../store/example-rows.ts';
import { apiInTest, type ApiInTest } from './api-in-test.ts';
import { addressOf } from './policy-outcomes.ts';
import { seedProject } from './project-in-test.ts';
import type { Route } from '../wire/route.ts';
import { routesInTest } from './routes-in-test.ts';

/** Clusters and templates, each more than one page of the shorter lists. */
const MANY = 30;

/** What a request may cost: statements of the database, and requests to the cloud. */
export function costsContract(name: string, database: () => DatabaseInTest): void {
  describe(name, () => {
    let api: ApiInTest;
    beforeAll(async () => {
      await database().empty();
      api = await apiInTest({}, database().url);
      await fill(api);
    });
    afterAll(() => api.close());

    const cost = async (who: string, method: 'GET' | 'POST', path: string, body?: object) => {
      const [statements, asked] = [api.statements.length, api.asked.length];
      const { status, error } = await api.ask(who, method, path, body);
      return {
        status,
        error,
        statements: api.statements.slice(statements),
        asked: api.asked.slice(asked),
      };
    };

    test('no list and no show takes more than 3 statements, nor a request to the cloud, once the token is known', async () => {
      const dear: object[] = [];
      for (const who of ['member', 'admin']) {
        await api.ask(who, 'GET', '/v1/clusters');
        for (const path of reads()) {
          const found = { who, path, ...(await cost(who, 'GET', path)) };
          // What only administrators see.
          if (who === 'member' && found.status === 403) continue;
          const cheap = found.statements.length <= 3 && found.asked.length === 0;
          if (found.status !== 200 || !cheap) dear.push(found);
        }
      }
      expect(dear).toEqual([]);
    });
  });
}

/** Addresses of everything that can be read, by name and by UUID, lists whole and by pages. */
function reads(): string[] {
  return routesInTest()
    .filter(({ method, path }) => method === 'GET' && !/^\/bay|\/stream$|^\/federations\/:ident/.test(path))
    .flatMap((route) => {
      const paths = [addressOf(route), addressOf(route, uuidsFor(route))];
      if (route.query?.includes('marker') !== true) return paths;
      const marker = MARKERS[route.path.replace('/detail', '')];
      const page = `${addressOf(route)}?limit=2&sort_dir=desc`;
      return [...paths, page, ...(marker === undefined ? [] : [`${page}&marker=${marker}`])];
    });
}

const MARKERS: Readonly<Record<string, string>> = {
  '/clusters': uuid('c', 9),
  '/clustertemplates': uuid('e', 9),
  '/clusters/:cluster/nodegroups': 'd1000000-0000-4000-8000-000000000002',
};

function uuidsFor({ path }: Route): Readonly<Record<string, string>> {
  const template = path.startsWith('/clustertemplates');
  const group = path.includes('/nodegroups/');
  return { ident: template ? uuid('e', 1) : group ? uuid('d', 1) : uuid('c', 1), cluster: uuid('c', 1) };
}

function uuid(kind: 'c' | 'd' | 'e', n: number): string {
  return `${kind}2000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
}

async function fill({ store, certificates }: ApiInTest): Promise<void> {
  await seedProject(store);
  for (let n = 1; n <= MANY; n += 1) {
    const cluster = { uuid: uuid('c', n), name: `c${n}`, cluster_template_id: uuid('e', n) };
    await store.templates.insert(exampleTemplate({ uuid: uuid('e', n), name: `e${n}` }));
    await store.clusters.insert(exampleCluster({ ...cluster, status: 'CREATE_FAILED' }));
    for (const [index, role] of ['master', 'worker'].entries()) {
      const group = { uuid: uuid('d', 2 * n + index - 1), name: `default-${role}`, role };
      await store.nodegroups.insert(exampleNodeGroup({ ...group, cluster_id: cluster.uuid }));
    }
  }
  for (const { uuid: one } of [exampleCluster(), { uuid: uuid('c', 1) }]) {
    await certificates.createClusterCertificates(one);
  }
}
