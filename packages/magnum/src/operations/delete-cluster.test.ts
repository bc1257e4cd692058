import { describe, expect, test } from 'vitest';
import { deleteCluster } from './delete-cluster.ts';
import { proveVerb } from './proof/prove-verb.ts';
import { CLUSTER, scenario, type Scenario } from './proof/scenario.ts';

async function complete(): Promise<Scenario> {
  const scene = await scenario();
  const conductor = scene.conductor();
  const operation = await scene.order('create');
  conductor.start();
  await scene.untilEnded(operation);
  await conductor.stop();
  return scene;
}

async function outcome({ store, cloud }: Scenario): Promise<object> {
  return {
    cluster: await store.clusters.get(CLUSTER),
    groups: await store.nodegroups.of(CLUSTER),
    keys: await store.keypairs.get('d1000000-0000-4000-8000-000000000001'),
    left: { stacks: cloud.stacks.size, users: cloud.users.size, trusts: cloud.trusts.size },
  };
}

const nothing = {
  cluster: undefined,
  groups: [],
  keys: undefined,
  left: { stacks: 0, users: 0, trusts: 0 },
};

proveVerb({
  definition: deleteCluster,
  prepare: complete,
  order: (scene) => scene.orderDeletion(),
  outcome,
});

async function deleteIt(scene: Scenario): Promise<void> {
  const conductor = scene.conductor();
  conductor.start();
  await scene.untilEnded(await scene.orderDeletion());
  await conductor.stop();
}

describe('a cluster that is deleted', () => {
  test('leaves nothing', async () => {
    const scene = await complete();
    await deleteIt(scene);
    expect(await outcome(scene)).toEqual(nothing);
  });

  test('goes at once while it is being created, wherever its creation is', async () => {
    for (let at = 1; ; at += 1) {
      const scene = await scenario();
      const creation = await scene.order('create');
      const conductor = scene.conductor();
      conductor.start();
      let count = 0;
      const reached = await new Promise<boolean>((resolve) => {
        scene.cloud.intercept((_request, carryOut) => {
          if ((count += 1) === at) resolve(true);
          return carryOut();
        });
        void scene.untilEnded(creation).then(() => resolve(false));
      });
      const deletion = await scene.orderDeletion();
      const before = scene.cloud.requests.length;
      expect((await scene.untilEnded(deletion)).state).toBe('done');
      await conductor.stop();
      const orders = scene.cloud.requests.slice(before).filter((asked) => /^POST (?!.*tokens)/.test(asked));
      expect(orders, `made after request ${at}`).toEqual([]);
      expect(await outcome(scene), `while request ${at} was under way`).toEqual(nothing);
      if (!reached) break;
      expect((await scene.store.operations.get(creation.uuid))?.state).toBe('superseded');
    }
  });

  test('goes although its owner, their trust and its stack are gone already', async () => {
    const scene = await complete();
    scene.cloud.stacks.clear();
    scene.cloud.trusts.clear();
    scene.cloud.users.clear();
    await deleteIt(scene);
    expect(await outcome(scene)).toEqual(nothing);
  });

  test('has its stack removed in the name of Magnum when its trust is gone', async () => {
    const scene = await complete();
    scene.cloud.trusts.clear();
    await deleteIt(scene);
    expect(await outcome(scene)).toEqual(nothing);
  });

  test('fails with what is in the way, and can be deleted again once it is not', async () => {
    const scene = await complete();
    let blocked = true;
    scene.cloud.intercept((request, carryOut) => {
      const answer = carryOut();
      for (const stack of scene.cloud.stacks.values()) {
        if (blocked && stack.stack_status === 'DELETE_IN_PROGRESS') {
          stack.stack_status = 'DELETE_FAILED';
          stack.stack_status_reason =
            'Resource DELETE failed: Conflict: resources.private_network: port in use';
        }
      }
      return request.method === 'GET' ? carryOut() : answer;
    });
    await deleteIt(scene);
    const cluster = await scene.store.clusters.get(CLUSTER);
    expect(cluster?.status).toBe('DELETE_FAILED');
    expect(cluster?.status_reason).toContain('port in use');
    blocked = false;
    await deleteIt(scene);
    expect(await outcome(scene)).toEqual(nothing);
  });

  test('is taken up when another Magnum began and nobody finishes', async () => {
    const scene = await complete();
    await scene.store.clusters.update(CLUSTER, { status: 'DELETE_IN_PROGRESS' });
    const conductor = scene.conductor();
    conductor.start();
    const gone = await untilGone(scene);
    await conductor.stop();
    expect(gone).toBe(true);
    expect(await outcome(scene)).toEqual(nothing);
  });
});

async function untilGone({ store }: Scenario): Promise<boolean> {
  for (let looks = 0; looks < 10_000; looks += 1) {
    if (!(await store.clusters.get(CLUSTER))) return true;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return false;
}
