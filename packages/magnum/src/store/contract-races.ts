import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DatabaseInTest } from './contract.ts';
import { exampleCaller, exampleCluster, exampleTemplate } from './example-rows.ts';
import { AlreadyThere } from './faults.ts';
import { openStore } from './open-store.ts';
import type { Store } from './store.ts';

/** What holds when several processes work on one database: each store here stands for one, where it can be shared. */
export function racesContract(name: string, database: () => DatabaseInTest): void {
  describe(name, () => {
    let stores: Store[];
    beforeEach(async () => {
      await database().empty();
      const { url, shared } = database();
      const first = await openStore({ url });
      stores = [first, shared ? await openStore({ url }) : first, shared ? await openStore({ url }) : first];
    });
    afterEach(() => Promise.all([...new Set(stores)].map((store) => store.close())));

    const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

    test('a quota of 4 lets 4 of 12 simultaneous requests through', async () => {
      const attempts = Array.from({ length: 12 }, (_, n) =>
        (stores[n % stores.length] as Store).transaction(async (inner) => {
          await inner.lock('project p1');
          if ((await inner.clusters.countOf('p1')) >= 4) return false;
          await inner.clusters.insert(exampleCluster({ uuid: uuid(n) }));
          return true;
        }),
      );
      expect((await Promise.all(attempts)).filter(Boolean)).toHaveLength(4);
      expect(await stores[0]?.clusters.countOf('p1')).toBe(4);
    });

    test('each operation is claimed by one of many', async () => {
      const [first] = stores as [Store];
      const wanted = Array.from({ length: 10 }, (_, n) => uuid(n));
      for (const cluster_uuid of wanted) {
        await first.operations.enqueue({
          cluster_uuid,
          verb: 'create',
          parameters: {},
          caller: exampleCaller(),
        });
      }
      const claims = Array.from({ length: 15 }, (_, n) =>
        (stores[n % stores.length] as Store).operations.claim(`o${n}`, new Date(Date.now() + 60_000)),
      );
      const claimed = (await Promise.all(claims)).flatMap((operation) => operation?.cluster_uuid ?? []);
      expect(claimed.toSorted()).toEqual(wanted);
    });

    test('the same condition, and the same sign of life, told by several at once is one', async () => {
      const status = {
        cluster_uuid: uuid(1),
        type: 'Ready',
        status: 'True',
        reason: 'R',
        message: 'm',
      } as const;
      await Promise.all(
        stores.flatMap((store) => [store.conditions.set(status), store.services.heartbeat('h', 'b')]),
      );
      expect(await stores[0]?.conditions.of(uuid(1))).toHaveLength(1);
      expect(await stores[0]?.services.list()).toMatchObject([{ report_count: 3 }]);
    });

    test('transactions that wait for each other both end, because one of them begins again', async () => {
      const [one, other] = stores as [Store, Store];
      await one.templates.insert(exampleTemplate({ uuid: uuid(1) }));
      await one.templates.insert(exampleTemplate({ uuid: uuid(2) }));
      const both = (store: Store, names: readonly [string, string]) =>
        store.transaction(async (inner) => {
          await inner.templates.update(names[0], { tags: 'x' });
          // Only makes it likely that both hold their first row; what must be true is so either way.
          await delay(database().shared ? 100 : 0);
          await inner.templates.update(names[1], { tags: names[0] });
        });
      await Promise.all([both(one, [uuid(1), uuid(2)]), both(other, [uuid(2), uuid(1)])]);
      const tags = (await Promise.all([1, 2].map((n) => one.templates.get(uuid(n))))).map((row) => row?.tags);
      expect([
        [uuid(2), 'x'],
        ['x', uuid(1)],
        [uuid(2), uuid(1)],
      ]).toContainEqual(tags);
    });

    test('of two that insert the same, one is told so and can go on', async () => {
      const inserts = stores.map((store) =>
        store.quotas.insert({ project_id: 'p', resource: 'Cluster', hard_limit: 1 }),
      );
      const refused = (await Promise.allSettled(inserts)).filter(({ status }) => status === 'rejected');
      expect(refused.map((end) => 'reason' in end && end.reason instanceof AlreadyThere)).toEqual([
        true,
        true,
      ]);
      await expect(stores[1]?.quotas.get('p', 'Cluster')).resolves.toMatchObject({ hard_limit: 1 });
    });
  });
}
