import { describe, expect, test } from 'vitest';
import { exampleNodeGroup, exampleTemplate } from '../store/example-rows.ts';
import type { JsonObject, Verb } from '../store/rows.ts';
import { createNodegroup } from './create-nodegroup.ts';
import { deleteNodegroup } from './delete-nodegroup.ts';
import { proveVerb } from './proof/prove-verb.ts';
import { builtScenario, CLUSTER, type Scenario } from './proof/scenario.ts';
import type { FakeOptions } from './proof/fake-openstack.ts';
import { resizeCluster } from './resize-cluster.ts';
import { rotateCa } from './rotate-ca.ts';
import { updateNodegroup } from './update-nodegroup.ts';
import { upgradeCluster } from './upgrade-cluster.ts';

const WORKERS = 'a1000000-0000-4000-8000-000000000002';
const ADDED = 'a1000000-0000-4000-8000-000000000003';
const NEW_TEMPLATE = 'e1000000-0000-4000-8000-000000000002';

async function outcome({ store, cloud, left }: Scenario): Promise<object> {
  const cluster = await store.clusters.get(CLUSTER);
  const keypair = await store.keypairs.get(cluster?.ca_cert_ref ?? '');
  return {
    cluster: cluster && {
      status: cluster.status,
      reason: cluster.status_reason,
      template: cluster.cluster_template_id,
      ca: keypair?.certificate,
    },
    groups: (await store.nodegroups.of(CLUSTER)).map((group) => ({
      name: group.name,
      status: group.status,
      count: group.node_count,
      addresses: group.node_addresses,
      hasStack: cloud.stacks.has(group.stack_id ?? ''),
    })),
    stacks: [...cloud.stacks.values()].map(({ stack_status, parameters }) => ({ stack_status, parameters })),
    left: {
      drained: [...left.drained],
      forgotten: [...left.forgotten],
      labels: left.labels,
      authorities: left.authorities,
    },
  };
}

async function withGroup(options: FakeOptions = {}): Promise<Scenario> {
  const scene = await builtScenario(options);
  const group = { uuid: ADDED, name: 'gpu', is_default: false, node_count: 2, node_labels: { tier: 'gpu' } };
  await scene.store.nodegroups.insert(exampleNodeGroup(group));
  return scene;
}

async function withBuiltGroup(options: FakeOptions = {}): Promise<Scenario> {
  const scene = await withGroup(options);
  await carryOut(scene, 'create-nodegroup', { nodegroup: ADDED });
  return scene;
}

async function withNewTemplate(): Promise<Scenario> {
  const scene = await builtScenario();
  const type = { coe: 'swarm', cluster_distro: 'debian' };
  await scene.store.templates.insert(exampleTemplate({ uuid: NEW_TEMPLATE, image_id: 'newer', ...type }));
  return scene;
}

async function carryOut(scene: Scenario, verb: Verb, parameters: JsonObject): Promise<void> {
  const conductor = scene.conductor();
  const operation = await scene.order(verb, parameters);
  conductor.start();
  await scene.untilEnded(operation);
  await conductor.stop();
}

const three = { nodegroup: WORKERS, node_count: 3 };
const none = { nodegroup: WORKERS, node_count: 0 };
const upgrade = { nodegroup: WORKERS, cluster_template: NEW_TEMPLATE, max_batch_size: 1 };

describe.each([
  { definition: resizeCluster, prepare: () => builtScenario(), parameters: none },
  { definition: createNodegroup, prepare: () => withGroup(), parameters: { nodegroup: ADDED } },
  { definition: updateNodegroup, prepare: () => withBuiltGroup(), parameters: { nodegroup: ADDED } },
  { definition: deleteNodegroup, prepare: () => withBuiltGroup(), parameters: { nodegroup: ADDED } },
  { definition: upgradeCluster, prepare: () => withNewTemplate(), parameters: upgrade },
  { definition: rotateCa, prepare: () => builtScenario(), parameters: {} },
])('$definition.verb', ({ definition, prepare, parameters }) => {
  proveVerb({ definition, prepare, order: (scene) => scene.order(definition.verb, parameters), outcome });
});

describe('a cluster that is changed', () => {
  test('gets more nodes, and shows them once Heat has built them', async () => {
    const scene = await builtScenario();
    await carryOut(scene, 'resize', three);
    const [stack] = scene.cloud.stacks.values();
    expect(stack?.parameters).toMatchObject({ count: 3, leaving: [] });
    expect(await outcome(scene)).toMatchObject({
      cluster: { status: 'UPDATE_COMPLETE', reason: null },
      groups: [
        { name: 'default-master', status: 'UPDATE_COMPLETE' },
        { name: 'default-worker', status: 'UPDATE_COMPLETE', count: 3, addresses: ['172.24.4.11'] },
      ],
    });
  });

  test('loses the nodes that are named, by their servers or names, after work has moved off them', async () => {
    const scene = await builtScenario();
    const [stack] = scene.cloud.stacks.values();
    if (stack) stack.parameters = { ...stack.parameters, count: 4 };
    const nodes_to_remove = ['stack-0-group-1', 'demo-node-0', 'nobody'];
    await carryOut(scene, 'resize', { nodegroup: WORKERS, node_count: 1, nodes_to_remove });
    expect(stack?.parameters).toMatchObject({ count: 1, leaving: ['0', '1', '3'] });
    expect([...scene.left.forgotten]).toEqual(['demo-node-0', 'demo-node-1', 'demo-node-3']);
    const messages = (await scene.store.events.of(CLUSTER)).map(({ message }) => message);
    expect(messages).toContain('not in default-worker, so not removed: nobody');
  });

  test('keeps its size and takes work on all nodes again when Heat refuses, be the COE busy at first', async () => {
    const scene = await builtScenario();
    scene.left.stumbles = 2;
    scene.cloud.intercept(({ method }, through) =>
      method === 'PATCH'
        ? { status: 400, headers: {}, body: { error: { message: 'no such parameter' } } }
        : through(),
    );
    await carryOut(scene, 'resize', none);
    expect(await outcome(scene)).toMatchObject({
      cluster: { status: 'UPDATE_FAILED' },
      groups: [{ status: 'UPDATE_COMPLETE' }, { status: 'UPDATE_FAILED', count: 1 }],
      left: { drained: [], forgotten: [] },
    });
    expect((await scene.store.clusters.get(CLUSTER))?.status_reason).toContain('no such parameter');
  });

  test('goes back to its size when Heat has rolled back', async () => {
    const scene = await builtScenario({
      finish: (stack) => {
        const failed = stack.stack_status === 'UPDATE_IN_PROGRESS';
        stack.stack_status = failed ? 'ROLLBACK_IN_PROGRESS' : 'ROLLBACK_COMPLETE';
        stack.looks = 1;
      },
    });
    await carryOut(scene, 'update', { ...three, rollback: true });
    expect(await outcome(scene)).toMatchObject({
      cluster: { status: 'ROLLBACK_COMPLETE' },
      groups: [{}, { status: 'ROLLBACK_COMPLETE', count: 1 }],
    });
  });

  test('is whole again once the node group that failed is deleted', async () => {
    const scene = await withGroup({ finish: (stack) => void (stack.stack_status = 'CREATE_FAILED') });
    await carryOut(scene, 'create-nodegroup', { nodegroup: ADDED });
    expect(await outcome(scene)).toMatchObject({
      cluster: { status: 'UPDATE_FAILED' },
      groups: [{}, { status: 'CREATE_COMPLETE' }, { name: 'gpu', status: 'CREATE_FAILED' }],
    });
    await carryOut(scene, 'delete-nodegroup', { nodegroup: ADDED });
    expect(await outcome(scene)).toMatchObject({ cluster: { status: 'UPDATE_COMPLETE', reason: null } });
    expect(scene.cloud.stacks.size).toBe(1);
  });

  test('does one change after the other, and is complete only after the last', async () => {
    const scene = await builtScenario();
    const conductor = scene.conductor();
    const first = await scene.order('resize', three);
    const last = await scene.order('resize', none);
    conductor.start();
    await scene.untilEnded(first);
    expect((await scene.store.clusters.get(CLUSTER))?.status).toBe('UPDATE_IN_PROGRESS');
    await scene.untilEnded(last);
    await conductor.stop();
    expect(await outcome(scene)).toMatchObject({
      cluster: { status: 'UPDATE_COMPLETE' },
      groups: [{}, { count: 0 }],
    });
  });

  test('that was never built does not take up what was queued behind its creation', async () => {
    const scene = await builtScenario();
    await scene.store.clusters.update(CLUSTER, { status: 'CREATE_FAILED', status_reason: 'no host' });
    await carryOut(scene, 'resize', three);
    expect(await outcome(scene)).toMatchObject({
      cluster: { status: 'CREATE_FAILED', reason: 'no host' },
      groups: [{}, { count: 1 }],
    });
  });

  test('takes the stacks of its node groups along when it is deleted', async () => {
    const scene = await withBuiltGroup();
    expect(scene.cloud.stacks.size).toBe(2);
    const conductor = scene.conductor();
    const operation = await scene.orderDeletion();
    conductor.start();
    await scene.untilEnded(operation);
    await conductor.stop();
    expect(scene.cloud.stacks.size).toBe(0);
    expect(await scene.store.clusters.get(CLUSTER)).toBeUndefined();
  });
});
