import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exampleCaller, exampleCluster, exampleNodeGroup, exampleTemplate } from './example-rows.ts';
import { openStore } from './open-store.ts';
import { AlreadyThere } from './faults.ts';
import { MarkerNotFound, type NewOperation, type Page, type Store } from './store.ts';

/** A database that a contract is tried on. */
export interface DatabaseInTest {
  readonly url: string;
  /** Whether several connections work on it side by side. */
  readonly shared: boolean;
  /** Leaves no row in it. */
  empty(): Promise<void>;
}

/** What Magnum relies on, whichever database it has. */
export function storeContract(name: string, database: () => DatabaseInTest): void {
  describe(name, () => {
    let now: Date;
    let store: Store;
    let statements: string[];
    const ask: Page = { sortKey: 'id', sortDir: 'asc', limit: 10 };

    const open = (): Promise<Store> =>
      openStore({ url: database().url, now: () => now, onStatement: (text) => statements.push(text) });

    beforeEach(async () => {
      now = new Date('2030-01-01T00:00:00.250Z');
      statements = [];
      await database().empty();
      store = await open();
    });
    afterEach(() => store.close());

    const after = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
    const pass = (seconds: number): void => void (now = after(seconds));

    function uuid(n: number): string {
      return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
    }

    describe('clusters', () => {
      test('come back as they were written, also by another process, whole seconds for times that the original keeps', async () => {
        const labels = { 'a.b/c': 'Ω', empty: '' };
        const written = await store.clusters.insert(exampleCluster({ labels, floating_ip_enabled: false }));
        const other = await open();
        expect(await other.clusters.get(written.uuid)).toEqual(written);
        await other.close();
        const created_at = new Date('2030-01-01T00:00:00Z');
        expect(written).toMatchObject({ created_at, updated_at: null, labels, floating_ip_enabled: false });
      });

      test('are told apart by every letter of their names, whatever the database makes of upper case and spaces', async () => {
        for (const [n, name] of ['demo', 'Demo', 'demo ', "a'b\\"].entries()) {
          await store.clusters.insert(exampleCluster({ uuid: uuid(n), name }));
        }
        for (const [n, name] of ['demo', 'Demo', 'demo ', "a'b\\"].entries()) {
          expect(await store.clusters.find({ name }, 'all')).toMatchObject([{ uuid: uuid(n) }]);
        }
        for (const name of ['DEMO', 'de%', '\u{1f600}', 'a\0']) {
          expect(await store.clusters.find({ name }, 'all')).toEqual([]);
        }
      });

      test('are refused with the name of the field that can not be stored', async () => {
        const refused = (over: object) => expect(store.clusters.insert(exampleCluster(over))).rejects;
        await refused({ name: 'x'.repeat(256) }).toThrow(/attribute name: it is longer than 255/);
        await refused({ keypair: 'a\0b' }).toThrow(/attribute keypair: it has a NUL/);
        await refused({ docker_volume_size: 2 ** 53 }).toThrow(/attribute docker_volume_size: the number/);
        await store.clusters.insert(exampleCluster());
        await refused({}).toThrow(AlreadyThere);
        await expect(store.transaction((inner) => inner.clusters.insert(exampleCluster()))).rejects.toThrow(
          AlreadyThere,
        );
      });

      test('are found by name in one project only, and paging goes through all of them once, ties and nulls included', async () => {
        const keypairs = [null, 'b', 'a', 'b', null, 'a', 'c'];
        for (const [n, keypair] of keypairs.entries()) {
          await store.clusters.insert(exampleCluster({ uuid: uuid(n), keypair, name: 'same' }));
        }
        await store.clusters.insert(exampleCluster({ uuid: uuid(90), project_id: 'p2', name: 'same' }));
        expect(await store.clusters.find({ name: 'same' }, { projectId: 'p2' })).toHaveLength(1);
        expect(await store.clusters.find({ name: 'same' }, { projectId: 'p1' })).toHaveLength(2);
        for (const sortDir of ['asc', 'desc'] as const) {
          const seen: (string | null)[] = [];
          let marker: string | undefined;
          for (;;) {
            const page = await store.clusters.list(
              { projectId: 'p1' },
              { sortKey: 'keypair', sortDir, limit: 2, marker },
            );
            seen.push(...page.map((cluster) => `${cluster.keypair ?? '-'}${Number(cluster.uuid.slice(-2))}`));
            if (page.length < 2) break;
            marker = page.at(-1)?.uuid;
          }
          const ascending = ['-0', '-4', 'a2', 'a5', 'b1', 'b3', 'c6'];
          expect(seen).toEqual(sortDir === 'asc' ? ascending : ascending.toReversed());
        }
        await expect(store.clusters.list({ projectId: 'p1' }, { ...ask, marker: uuid(90) })).rejects.toThrow(
          MarkerNotFound,
        );
        const last = { ...ask, marker: uuid(6) };
        expect(await store.clusters.list({ projectId: 'p1' }, last)).toEqual([]);
      });

      test('are changed only in the states asked for, and go with their node groups', async () => {
        const cluster = await store.clusters.insert(exampleCluster());
        const template = await store.templates.insert(exampleTemplate());
        const group = await store.nodegroups.insert(
          exampleNodeGroup({ node_count: 3, node_addresses: ['10.0.0.4'] }),
        );
        expect(
          await store.clusters.update(cluster.uuid, { status: 'DELETE_IN_PROGRESS' }, ['CREATE_COMPLETE']),
        ).toBe(false);
        expect(
          await store.clusters.update(cluster.uuid, { status: 'CREATE_COMPLETE' }, ['CREATE_IN_PROGRESS']),
        ).toBe(true);
        const changed = await store.clusters.get(cluster.uuid);
        expect(changed).toEqual({ ...cluster, status: 'CREATE_COMPLETE', updated_at: cluster.created_at });
        expect(changed && (await store.clusters.withGroups([changed]))).toEqual([
          { cluster: changed, nodegroups: [group], template },
        ]);
        expect(await store.nodegroups.totals({ projectId: 'p1' })).toEqual({ clusters: 1, nodes: 3 });
        expect(await store.nodegroups.totals({ projectId: 'p2' })).toEqual({ clusters: 0, nodes: 0 });
        expect(await store.clusters.destroy(cluster.uuid)).toBe(true);
        expect(await store.nodegroups.of(cluster.uuid)).toEqual([]);
      });

      test('node labels and the template’s driver are kept where the original’s tables have no column for them', async () => {
        await store.templates.insert(exampleTemplate({ driver: 'mine' }));
        const node_taints = [{ key: 'k', effect: 'NoSchedule' }];
        const group = await store.nodegroups.insert(
          exampleNodeGroup({ node_labels: { zone: 'a' }, node_taints }),
        );
        expect(await store.templates.find({ name: 'template' }, 'all')).toMatchObject([{ driver: 'mine' }]);
        expect(await store.nodegroups.of(group.cluster_id)).toEqual([group]);
        await store.nodegroups.update(group.uuid, { node_labels: { zone: 'b' } });
        const groups = await store.nodegroups.page(group.cluster_id, { ...ask, sortKey: 'name' });
        expect(groups).toMatchObject([{ node_labels: { zone: 'b' }, node_taints }]);
        await store.nodegroups.destroy(group.uuid);
        await store.nodegroups.insert(exampleNodeGroup());
        expect(await store.nodegroups.of(group.cluster_id)).toMatchObject([
          { node_labels: {}, node_taints: [] },
        ]);
      });

      test('any number of them is listed with three statements, from a marker on as well', async () => {
        const many = Array.from({ length: 30 }, (_, n) => uuid(n));
        await store.templates.insert(exampleTemplate());
        for (const id of many) {
          await store.clusters.insert(exampleCluster({ uuid: id }));
          await store.nodegroups.insert(exampleNodeGroup({ uuid: id, cluster_id: id }));
        }
        for (const marker of [undefined, uuid(3)]) {
          statements.length = 0;
          const page = { ...ask, limit: 20, sortKey: 'name', marker };
          const listed = await store.clusters.withGroups(await store.clusters.list('all', page));
          expect(
            listed.map(({ cluster, nodegroups, template }) => [
              cluster.uuid,
              nodegroups.length,
              template?.name,
            ]),
          ).toEqual(many.slice(marker ? 4 : 0, marker ? 24 : 20).map((id) => [id, 1, 'template']));
          expect(statements).toHaveLength(3);
        }
      });

      test('what lists show of any number of them takes one statement, and so does one with all that is shown of it', async () => {
        const labels = { a: 'Ω"' };
        await store.templates.insert(exampleTemplate({ labels }));
        await store.clusters.insert(exampleCluster({ uuid: uuid(1), labels }));
        const cluster = await store.clusters.insert(exampleCluster());
        const nodes = { node_count: 3, node_addresses: ['10.0.0.4'] };
        await store.nodegroups.insert(exampleNodeGroup({ uuid: uuid(1), name: 'm', role: 'master' }));
        await store.nodegroups.insert(exampleNodeGroup({ uuid: uuid(2), name: 'n', ...nodes }));
        // No master, whatever the database makes of upper case.
        await store.nodegroups.insert(exampleNodeGroup({ uuid: uuid(3), name: 'o', role: 'Master' }));
        statements.length = 0;
        expect(await store.clusters.overview({ projectId: 'p1' }, ask)).toMatchObject([
          { uuid: uuid(1), labels: JSON.stringify(labels), master_count: 0, node_count: 0 },
          { uuid: cluster.uuid, status: cluster.status, master_count: 1, node_count: 4 },
        ]);
        expect(statements).toHaveLength(1);
        expect(await store.clusters.shown(cluster.uuid, { projectId: 'p1' })).toMatchObject({
          cluster,
          template: { labels },
          nodegroups: [{ name: 'm', role: 'master', node_count: 1 }, { name: 'n', ...nodes }, { name: 'o' }],
        });
        expect(statements).toHaveLength(2);
        expect(await store.clusters.shown(cluster.uuid, { projectId: 'p2' })).toBeUndefined();
        expect(await store.clusters.overview({ projectId: 'p2' }, ask)).toEqual([]);
        expect(await store.clusters.shown(uuid(1), { userId: 'u1' })).toMatchObject({ nodegroups: [] });
      });

      test('a transaction that fails leaves nothing', async () => {
        const work = store.transaction(async (inner) => {
          await inner.clusters.insert(exampleCluster());
          await inner.transaction((deeper) => deeper.nodegroups.insert(exampleNodeGroup()));
          throw new Error('no');
        });
        await expect(work).rejects.toThrow('no');
        expect(await store.clusters.list('all', ask)).toEqual([]);
        expect(await store.nodegroups.totals('all')).toEqual({ clusters: 0, nodes: 0 });
      });
    });

    test('templates: others’ public ones are seen unless hidden', async () => {
      await store.templates.insert(exampleTemplate({ uuid: uuid(1), hidden: true }));
      await store.templates.insert(exampleTemplate({ uuid: uuid(2), project_id: 'p2' }));
      await store.templates.insert(exampleTemplate({ uuid: uuid(3), project_id: 'p2', public: true }));
      await store.templates.insert(
        exampleTemplate({ uuid: uuid(4), project_id: 'p2', public: true, hidden: true }),
      );
      const seen = await store.templates.list({ projectId: 'p1' }, ask);
      expect(seen.map((template) => template.uuid)).toEqual([uuid(1), uuid(3)]);
      expect(await store.templates.find({ uuid: uuid(4) }, { projectId: 'p1' })).toEqual([]);
      expect(await store.templates.list('all', ask)).toHaveLength(4);
    });

    describe('operations', () => {
      const create: NewOperation = {
        cluster_uuid: 'c1',
        verb: 'create',
        parameters: { a: 1 },
        caller: exampleCaller(),
      };
      const remove: NewOperation = { ...create, verb: 'delete' };

      test('of one cluster queue behind each other, those of another do not', async () => {
        const first = await store.operations.enqueue(create);
        const second = await store.operations.enqueue(remove);
        const other = await store.operations.enqueue({ ...create, cluster_uuid: 'c2' });
        expect((await store.operations.claim('a', after(60)))?.uuid).toBe(first.uuid);
        expect((await store.operations.claim('b', after(60)))?.uuid).toBe(other.uuid);
        expect(await store.operations.claim('b', after(60))).toBeUndefined();
        expect(await store.operations.finish(first.uuid, 'a', 'done')).toBe(true);
        expect(await store.operations.claim('b', after(60))).toMatchObject({
          uuid: second.uuid,
          state: 'running',
        });
      });

      test('whose runner died are taken over with what it had written down, and the dead one’s writes are refused', async () => {
        const { uuid } = await store.operations.enqueue(create);
        await store.operations.claim('dead', after(60));
        expect(await store.operations.advance(uuid, 'dead', { step: 'stack', results: { id: 7 } })).toBe(
          true,
        );
        pass(59);
        expect(await store.operations.claim('heir', after(60))).toBeUndefined();
        expect(await store.operations.nextWake()).toEqual(after(1));
        pass(1);
        expect(await store.operations.claim('heir', after(60))).toMatchObject({
          uuid,
          step: 'stack',
          results: { id: 7 },
        });
        expect(await store.operations.advance(uuid, 'dead', { step: 'end' })).toBe(false);
        expect(await store.operations.finish(uuid, 'dead', 'failed')).toBe(false);
        expect(await store.operations.finish(uuid, 'heir', 'failed', 'why')).toBe(true);
        expect(await store.operations.get(uuid)).toMatchObject({
          state: 'failed',
          last_error: 'why',
          step: 'stack',
        });
      });

      test('that are to be tried again wait until their time', async () => {
        const { uuid } = await store.operations.enqueue(create);
        await store.operations.claim('a', after(60));
        await store.operations.release(uuid, 'a', after(5));
        expect(await store.operations.claim('a', after(60))).toBeUndefined();
        pass(5);
        expect((await store.operations.claim('a', after(60)))?.uuid).toBe(uuid);
      });

      test('a delete replaces what is unfinished, and begins when its runner has let go or is dead', async () => {
        const first = await store.operations.enqueue(create);
        await store.operations.claim('a', after(60));
        const [ended] = await store.operations.supersede('c1');
        expect(ended?.uuid).toBe(first.uuid);
        const second = await store.operations.enqueue(remove);
        expect(await store.operations.advance(first.uuid, 'a', { step: 'next' })).toBe(false);
        expect(await store.operations.claim('b', after(60))).toBeUndefined();
        await store.operations.release(first.uuid, 'a');
        expect((await store.operations.claim('b', after(60)))?.uuid).toBe(second.uuid);
        expect(await store.operations.get(first.uuid)).toMatchObject({
          state: 'superseded',
          caller: { sealed_token: null, user_id: 'u1' },
        });
      });

      test('the token is gone when an operation has ended', async () => {
        const { uuid } = await store.operations.enqueue(create);
        await store.operations.claim('a', after(60));
        await store.operations.finish(uuid, 'a', 'done');
        expect((await store.operations.get(uuid))?.caller.sealed_token).toBeNull();
      });
    });

    test('conditions keep the time of their last turn, services count their reports, quotas change', async () => {
      const condition = {
        cluster_uuid: 'c1',
        type: 'Ready',
        status: 'False',
        reason: 'R',
        message: 'm',
      } as const;
      await store.conditions.set(condition);
      const start = now;
      pass(10);
      await store.conditions.set({ ...condition, message: 'other' });
      expect(await store.conditions.of('c1')).toMatchObject([{ message: 'other', since: start }]);
      await store.conditions.set({ ...condition, status: 'True' });
      expect(await store.conditions.of('c1')).toMatchObject([{ status: 'True', since: now }]);
      await store.services.heartbeat('h', 'magnum-conductor');
      await store.services.heartbeat('h', 'magnum-conductor');
      expect(await store.services.list()).toMatchObject([{ host: 'h', report_count: 2 }]);
      await store.quotas.insert({ project_id: 'p', resource: 'Cluster', hard_limit: 3 });
      expect(await store.quotas.update('p', 'Cluster', 5)).toBe(true);
      expect(await store.quotas.get('p', 'Cluster')).toMatchObject({ hard_limit: 5 });
    });
  });
}
