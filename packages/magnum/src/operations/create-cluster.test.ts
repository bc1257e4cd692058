import { describe, expect, test } from 'vitest';
import { createCluster } from './create-cluster.ts';
import type { FakeStack } from './proof/fake-openstack.ts';
import { proveVerb } from './proof/prove-verb.ts';
import { CLUSTER, scenario, type Scenario } from './proof/scenario.ts';

async function outcome({ store, cloud }: Scenario): Promise<object> {
  const cluster = await store.clusters.get(CLUSTER);
  const groups = await store.nodegroups.of(CLUSTER);
  const [operation] = await store.operations.of(CLUSTER);
  return {
    cluster: cluster && {
      status: cluster.status,
      reason: cluster.status_reason,
      api: cluster.api_address,
      version: cluster.coe_version,
      hasStack: cloud.stacks.has(cluster.stack_id ?? ''),
      hasTrust: cloud.trusts.has(cluster.trust_id ?? ''),
      hasTrustee: cloud.users.get(cluster.trustee_user_id ?? '')?.password === cluster.trustee_password,
      hasCertificates: cluster.ca_cert_ref !== null,
    },
    groups: groups.map(({ name, status, node_addresses }) => ({ name, status, node_addresses })),
    token: operation?.caller.sealed_token,
    made: { stacks: cloud.stacks.size, users: cloud.users.size, trusts: cloud.trusts.size },
  };
}

proveVerb({
  definition: createCluster,
  prepare: () => scenario(),
  order: (scene) => scene.order('create'),
  outcome,
});

async function create(scene: Scenario): Promise<void> {
  const conductor = scene.conductor();
  const operation = await scene.order('create');
  conductor.start();
  await scene.untilEnded(operation);
  await conductor.stop();
}

function failed(name: string, inside: string, id: string, reason: string, parent?: string): object {
  return {
    resource_name: name,
    physical_resource_id: id,
    resource_status: 'CREATE_FAILED',
    resource_status_reason: reason,
    links: [{ rel: 'stack', href: `http://cloud/orchestration/v1/p1/stacks/x/${inside}` }],
    ...(parent === undefined ? {} : { parent_resource: parent }),
  };
}

function failStack(stack: FakeStack): void {
  stack.stack_status = 'CREATE_FAILED';
  stack.stack_status_reason =
    'Resource CREATE failed: WaitConditionFailure: resources.swarm_nodes.resources[1].resources.membership: worker-1: no disk';
  stack.resources = [
    failed('swarm_nodes', stack.id, 'group', 'WaitConditionFailure: resources[1]: worker-1: no disk'),
    failed(
      '1',
      'group',
      'node',
      'WaitConditionFailure: resources.membership: worker-1: no disk',
      'swarm_nodes',
    ),
    failed(
      'membership',
      'node',
      'wait',
      'WaitConditionFailure: resources.membership: worker-1: no disk',
      '1',
    ),
    failed('swarm_primary_master', stack.id, 'primary', 'CREATE aborted'),
  ];
}

describe('a cluster that is created', () => {
  test('is complete, with addresses and versions from its stack, and its operation at 100 percent', async () => {
    const scene = await scenario();
    await create(scene);
    expect(await outcome(scene)).toEqual({
      cluster: {
        status: 'CREATE_COMPLETE',
        reason: null,
        api: 'tcp://172.24.4.10:2376',
        version: '20.10.24',
        hasStack: true,
        hasTrust: true,
        hasTrustee: true,
        hasCertificates: true,
      },
      groups: [
        { name: 'default-master', status: 'CREATE_COMPLETE', node_addresses: ['172.24.4.10'] },
        { name: 'default-worker', status: 'CREATE_COMPLETE', node_addresses: ['172.24.4.11'] },
      ],
      token: null,
      made: { stacks: 1, users: 1, trusts: 1 },
    });
    const [operation] = await scene.store.operations.of(CLUSTER);
    expect(operation).toMatchObject({ state: 'done', progress: 100, last_error: null });
    const [trust] = scene.cloud.trusts.values();
    expect(trust).toMatchObject({ impersonation: true, roles: [{ name: 'member' }, { name: 'reader' }] });
    expect([...scene.cloud.users.values()][0]?.name).toBe(`${CLUSTER}_p1`);
  });

  test('says which resource failed deepest down and why, and keeps its stack to look at', async () => {
    const scene = await scenario({ finish: failStack });
    await create(scene);
    const cluster = await scene.store.clusters.get(CLUSTER);
    expect(cluster?.status).toBe('CREATE_FAILED');
    expect(cluster?.status_reason).toBe('swarm_nodes.1.membership failed: worker-1: no disk');
    expect(scene.cloud.stacks.size).toBe(1);
    const [operation] = await scene.store.operations.of(CLUSTER);
    expect(operation?.state).toBe('failed');
    expect(operation?.last_error).toContain('Delete the cluster once you have seen what you need');
  });

  test('leaves neither user nor trust nor certificates when Heat refuses its stack', async () => {
    const scene = await scenario();
    scene.cloud.intercept(({ method, url }, carryOut) =>
      method === 'POST' && url.includes('/orchestration/')
        ? { status: 400, headers: {}, body: { error: { message: 'The Parameter (node_flavor) is wrong' } } }
        : carryOut(),
    );
    await create(scene);
    const cluster = await scene.store.clusters.get(CLUSTER);
    expect(cluster).toMatchObject({
      status: 'CREATE_FAILED',
      trust_id: null,
      ca_cert_ref: null,
      trustee_user_id: null,
    });
    expect(cluster?.status_reason).toContain('The Parameter (node_flavor) is wrong');
    expect([scene.cloud.users.size, scene.cloud.trusts.size]).toEqual([0, 0]);
  });

  test('with a restricted application credential says so and how to get a better one', async () => {
    const scene = await scenario();
    scene.cloud.intercept(({ method, url }, carryOut) =>
      method === 'POST' && url.endsWith('/OS-TRUST/trusts')
        ? {
            status: 403,
            headers: {},
            body: { error: { message: 'Using method application_credential is not allowed' } },
          }
        : carryOut(),
    );
    await create(scene);
    const cluster = await scene.store.clusters.get(CLUSTER);
    expect(cluster?.status_reason).toContain('application_credential is not allowed');
    expect(cluster?.status_reason).toContain('--unrestricted');
    expect(scene.cloud.users.size).toBe(0);
  });

  test('fails by its own deadline when Heat never ends, and says what was missing', async () => {
    const scene = await scenario({ looks: Infinity });
    await scene.store.clusters.update(CLUSTER, { create_timeout: 3 });
    await create(scene);
    const cluster = await scene.store.clusters.get(CLUSTER);
    expect(cluster?.status).toBe('CREATE_FAILED');
    expect(cluster?.status_reason).toMatch(/^Not complete after 3 minutes \(create_timeout\)/);
  });

  test('is made once, although two conductors share the database', async () => {
    const scene = await scenario();
    const conductors = [scene.conductor(), scene.conductor()];
    const operation = await scene.order('create');
    for (const conductor of conductors) conductor.start();
    expect((await scene.untilEnded(operation)).state).toBe('done');
    for (const conductor of conductors) await conductor.stop();
    const orders = scene.cloud.requests.filter((asked) => /^POST (?!.*tokens)/.test(asked));
    expect(orders.length).toBe(3);
    const ready = (await scene.store.events.of(CLUSTER)).filter(({ reason }) => reason === 'StackComplete');
    expect(ready.length).toBe(1);
  });

  test('goes on at once after a restart, where the process is alone with its database', async () => {
    const scene = await scenario();
    const operation = await scene.order('create');
    const longAgo = new Date(scene.clock.now().getTime() + 3_600_000);
    await scene.store.operations.claim('one that is gone', longAgo);
    const conductor = scene.conductor({ alone: true });
    conductor.start();
    expect((await scene.untilEnded(operation)).state).toBe('done');
    await conductor.stop();
    expect(scene.clock.now().getTime()).toBeLessThan(longAgo.getTime());
  });

  test('fails by its deadline when another Magnum took the order and nobody carries it out', async () => {
    const scene = await scenario();
    await scene.store.clusters.update(CLUSTER, { create_timeout: 3 });
    const conductor = scene.conductor();
    conductor.start();
    const status = async () => (await scene.store.clusters.get(CLUSTER))?.status;
    for (let looks = 0; looks < 20_000 && (await status()) === 'CREATE_IN_PROGRESS'; looks += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await conductor.stop();
    expect(await status()).toBe('CREATE_FAILED');
  });

  test('fails when its stack vanishes, in the words of the original', async () => {
    const scene = await scenario({ finish: (stack) => scene.cloud.stacks.delete(stack.id) });
    await create(scene);
    const cluster = await scene.store.clusters.get(CLUSTER);
    expect(cluster?.status_reason).toBe(`Stack with id ${cluster?.stack_id} not found in Heat.`);
  });
});
