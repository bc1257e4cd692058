import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCertificates, databaseKeyStore, openStore, type Store } from '@gantry/magnum';
import type { Session } from '@gantry/openstack';
import { cloudSession, freePort, launchGantry, type Launched } from 'gantry';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { defaultCsrPolicy } from '../../packages/magnum/src/certificates/csr-policy.ts';
import {
  heatOptionsInTest,
  orderOf,
  type Given,
  type Order,
} from '../../packages/magnum/src/drivers/heat/driver-in-test.ts';
import { kubernetesDrivers } from '../../packages/magnum/src/drivers/heat/kubernetes/kubernetes-drivers.ts';
import {
  exampleCluster,
  exampleNodeGroup,
  exampleTemplate,
} from '../../packages/magnum/src/store/example-rows.ts';
import {
  KUBERNETES,
  KUBERNETES_ENVIRONMENTS,
  originalStacks,
  templateSet,
  type OriginalStacks,
} from './original-stacks.ts';

test('Heat itself, as Debian installs it, accepts the stack of a plain cluster, and of one with all there can be', async () => {
  const [plain, full] = typesIn([
    await ordered({}),
    await ordered({
      cluster: {
        master_lb_enabled: true,
        fixed_network: 'net',
        fixed_subnet: 'subnet',
        labels: { etcd_volume_size: '3', master_lb_allowed_cidrs: '192.0.2.0/24' },
      },
      workers: { docker_volume_size: 5, labels: { boot_volume_size: '10' } },
    }),
  ]);
  expect(plain).toEqual(expect.arrayContaining(['OS::Neutron::Router', 'OS::Nova::Server']));
  expect(plain?.filter((type) => /Octavia|Cinder/.test(type))).toEqual([]);
  expect(full).toEqual(expect.arrayContaining(['OS::Octavia::Pool', 'OS::Cinder::Volume']));
  expect(full).not.toContain('OS::Neutron::Net');
});

async function ordered(over: Given): Promise<Order> {
  const [driver] = kubernetesDrivers(heatOptionsInTest);
  if (!driver) throw new Error('there is no driver');
  return await orderOf(driver, {
    ...over,
    services: ['load-balancer'],
    template: { coe: 'kubernetes', external_network_id: 'public' },
    workers: { flavor_id: 'small', docker_volume_size: null, ...over.workers },
  });
}

/** Has Heat check orders. @returns the types of the resources in each */
function typesIn(orders: readonly Order[]): string[][] {
  const checker = fileURLToPath(new URL('heat-validation.py', import.meta.url));
  const { stdout, stderr, status } = spawnSync('/usr/bin/python3', [checker], {
    input: JSON.stringify(orders),
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
  });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout);
}

describe('a cluster that the original was building when Gantry took its place', () => {
  let folder: string;
  let gantry: Launched;
  let session: Session;
  let stacks: OriginalStacks;
  let stackId: string;
  const uuid = KUBERNETES.cluster_uuid;
  const signalled = new Set<string>();
  const patience = { timeout: 60_000, interval: 100 };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-adoption-'));
    const data = join(folder, 'data');
    gantry = await launchGantry({ data, listen: `127.0.0.1:${await freePort()}`, servers: 'simulated' });
    session = cloudSession(data);
    stacks = originalStacks(session);
    const set = await templateSet('k8s_fedora_coreos_v1/templates/kubecluster.yaml', KUBERNETES_ENVIRONMENTS);
    stackId = await stacks.create('k8s', set, KUBERNETES);
    const { body } = await session.token();
    const store = await openStore({ url: `sqlite:///${join(data, 'magnum.sqlite')}` });
    await insertRows(store, { project_id: body.project?.id ?? '', user_id: body.user.id, stack_id: stackId });
    await store.close();
  });

  afterAll(async () => {
    await gantry.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const magnum = <T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<T> =>
    session.ask<T>('container-infra', {
      method,
      path,
      headers: { 'openstack-api-version': 'container-infra 1.10' },
      ...(body && { body }),
    });
  const show = () => magnum<Record<string, unknown>>('GET', `/clusters/${uuid}`);

  /** Plays the agents on its servers until the cluster is in a state. */
  const becomes = (status: string) =>
    vi.waitFor(async () => {
      for (const name of await stacks.playAgents('k8s', stackId)) signalled.add(name);
      const cluster = await show();
      expect([cluster['status'], cluster['status_reason']]).toEqual([status, null]);
      return cluster;
    }, patience);

  const servers = async () =>
    (
      await session.ask<{ servers: { id: string; name: string }[] }>('compute', {
        method: 'GET',
        path: '/servers',
      })
    ).servers;

  test('gets complete, with the addresses and the version of its stack', async () => {
    expect(await becomes('CREATE_COMPLETE')).toMatchObject({
      api_address: expect.stringMatching(/^https:\/\/172\.24\.\d+\.\d+:6443$/),
      coe_version: 'v1.23.3-rancher1',
      master_addresses: [expect.stringMatching(/^172\.24\./)],
      node_addresses: [expect.stringMatching(/^172\.24\./), expect.stringMatching(/^172\.24\./)],
    });
  });

  test('loses the very node that is to go', async () => {
    const [first, second] = (await servers()).filter(({ name }) => name.includes('-node-'));
    const body = { node_count: 1, nodes_to_remove: [first?.id] };
    await magnum('POST', `/clusters/${uuid}/actions/resize`, body);
    expect(await becomes('UPDATE_COMPLETE')).toMatchObject({
      node_count: 1,
      node_addresses: [expect.any(String)],
    });
    const left = (await servers()).filter(({ name }) => name.includes('-node-'));
    expect(left.map(({ id }) => id)).toEqual([second?.id]);
  });

  test('is brought to another version by its own agents', async () => {
    signalled.clear();
    await magnum('POST', `/clusters/${uuid}/actions/upgrade`, { cluster_template: 'newer' });
    expect(await becomes('UPDATE_COMPLETE')).toMatchObject({
      coe_version: 'v1.24.1',
      labels: { kube_tag: 'v1.24.1' },
    });
    expect([...signalled]).toEqual(['upgrade_kubernetes_deployment']);
  });

  test('takes new certificates by them', async () => {
    signalled.clear();
    await magnum('PATCH', `/certificates/${uuid}`);
    await becomes('UPDATE_COMPLETE');
    expect([...signalled]).toEqual(['upgrade_kubernetes_deployment']);
    expect(await magnum('GET', `/certificates/${uuid}`)).toMatchObject({
      pem: expect.stringMatching(/^-----BEGIN CERTIFICATE-----/),
    });
  });

  test('gets a node group on its network, and is deleted with all that belongs to it', async () => {
    await magnum('POST', `/clusters/${uuid}/nodegroups`, { name: 'more', flavor_id: 'm1.small' });
    expect(await becomes('UPDATE_COMPLETE')).toMatchObject({ node_count: 2 });
    expect((await servers()).map(({ name }) => name)).toContainEqual(expect.stringMatching(/^adopted-more-/));
    await magnum('DELETE', `/clusters/${uuid}`);
    await vi.waitFor(async () => {
      const { clusters } = await magnum<{ clusters: object[] }>('GET', '/clusters/detail');
      expect(clusters).toEqual([]);
    }, patience);
    expect(await servers()).toEqual([]);
    const { ports } = await session.ask<{ ports: object[] }>('network', { method: 'GET', path: '/ports' });
    expect(ports).toEqual([]);
  });
});

/** The rows that the original has written by the time it has ordered a stack. */
async function insertRows(
  store: Store,
  {
    stack_id,
    ...owner
  }: { readonly project_id: string; readonly user_id: string; readonly stack_id: string },
): Promise<void> {
  const template = exampleTemplate({
    ...owner,
    uuid: randomUUID(),
    image_id: 'server',
    external_network_id: 'public',
    flavor_id: 'm1.small',
    network_driver: 'flannel',
    driver: 'k8s_fedora_coreos_v1',
  });
  const labels = { kube_tag: KUBERNETES.kube_tag };
  const newer = { ...template, uuid: randomUUID(), name: 'newer', labels: { kube_tag: 'v1.24.1' } };
  await store.templates.insert({ ...template, labels });
  await store.templates.insert(newer);
  const { cluster_uuid: uuid } = KUBERNETES;
  const secrets = {
    trustee_user_id: 'gone',
    trustee_username: 'gone',
    trustee_password: 'x',
    trust_id: 'gone',
  };
  await store.clusters.insert(
    exampleCluster({
      ...owner,
      ...secrets,
      uuid,
      name: 'adopted',
      cluster_template_id: template.uuid,
      flavor_id: 'm1.small',
      master_flavor_id: 'm1.small',
      labels,
      stack_id,
    }),
  );
  const group = { cluster_id: uuid, project_id: owner.project_id, stack_id, labels, flavor_id: 'm1.small' };
  const masters = { name: 'default-master', role: 'master', node_count: 1 };
  await store.nodegroups.insert(exampleNodeGroup({ ...group, ...masters, uuid: randomUUID() }));
  await store.nodegroups.insert(exampleNodeGroup({ ...group, node_count: 2, uuid: randomUUID() }));
  const certificates = createCertificates({
    store,
    keys: databaseKeyStore(),
    csrPolicy: defaultCsrPolicy,
    rsaKeySize: 2048,
    termOfValidity: 1825,
    now: () => new Date(),
  });
  await certificates.createClusterCertificates(uuid);
}
