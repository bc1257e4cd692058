import { randomUUID } from 'node:crypto';
import { createLogger } from '@gantry/oslo';
import {
  exampleCaller,
  exampleCluster,
  exampleNodeGroup,
  exampleTemplate,
} from '../../store/example-rows.ts';
import { openStore } from '../../store/open-store.ts';
import type { JsonObject, Labels, Operation, Verb } from '../../store/rows.ts';
import type { Store } from '../../store/store.ts';
import type { Driver } from '../../drivers/driver.ts';
import { heatDriver } from '../../drivers/heat/heat-driver.ts';
import { createDriverRegistry } from '../../drivers/registry.ts';
import type { Clock } from '../clock.ts';
import { createConductor, type Conductor, type ConductorOptions } from '../conductor.ts';
import { createSessions, type CloudAccess } from '../sessions.ts';
import { trustCredential } from '../trust-credential.ts';
import type { ConductorCertificates } from '../verb.ts';
import { createWake, type Wake } from '../wake.ts';
import { fakeOpenStack, type FakeOpenStack, type FakeOptions } from './fake-openstack.ts';
import { testClock, type TestClock } from './test-clock.ts';

/** What a COE was told of its nodes. */
export interface LeftNodes {
  readonly drained: Set<string>;
  readonly forgotten: Set<string>;
  /** How often the COE still fails to take nodes back. */
  stumbles: number;
  labels: Labels;
  /** CA that nodes knew before, and after. */
  authorities: readonly string[];
}

/** A cluster's rows, a cloud, and conductors on them. */
export interface Scenario {
  readonly cloud: FakeOpenStack;
  readonly store: Store;
  readonly clock: TestClock;
  readonly wake: Wake;
  readonly left: LeftNodes;
  /** A conductor, as a process has it; `over` replaces what it works with. */
  conductor(over?: Partial<ConductorOptions>): Conductor;
  order(verb: Verb, parameters?: JsonObject): Promise<Operation>;
  /** What a user orders by deleting. */
  orderDeletion(): Promise<Operation>;
  /** Waits until that operation ended; the time of the clock passes meanwhile. */
  untilEnded(operation: Operation): Promise<Operation>;
}

export const CLUSTER = exampleCluster().uuid;

export async function scenario(options: FakeOptions = {}): Promise<Scenario> {
  const clock = testClock();
  let count = 0;
  const store = await openStore({
    url: 'sqlite://',
    now: () => clock.now(),
    uuid: () => `00000000-0000-4000-8000-${String((count += 1)).padStart(12, '0')}`,
  });
  const template = exampleTemplate({ coe: 'swarm', cluster_distro: 'debian' });
  await store.templates.insert(template);
  await store.clusters.insert(exampleCluster({ cluster_template_id: template.uuid }));
  await store.nodegroups.insert(
    exampleNodeGroup({
      uuid: 'a1000000-0000-4000-8000-000000000001',
      name: 'default-master',
      role: 'master',
    }),
  );
  await store.nodegroups.insert(exampleNodeGroup({ uuid: 'a1000000-0000-4000-8000-000000000002' }));
  const cloud = fakeOpenStack(options);
  const wake = createWake();
  const left: LeftNodes = {
    drained: new Set(),
    forgotten: new Set(),
    stumbles: 0,
    labels: {},
    authorities: [],
  };

  const scene: Scenario = {
    cloud,
    store,
    clock,
    wake,
    left,
    conductor: (over = {}) =>
      createConductor({ ...conductorOptions({ cloud, store, clock, wake, left }), ...over }),
    order(verb, parameters = {}) {
      const caller = exampleCaller({ sealed_token: 'callers-token' });
      return store.operations.enqueue({ cluster_uuid: CLUSTER, verb, parameters, caller });
    },
    async orderDeletion() {
      const operation = await store.transaction(async (inner) => {
        await inner.operations.supersede(CLUSTER);
        await inner.clusters.update(CLUSTER, { status: 'DELETE_IN_PROGRESS', status_reason: null });
        const caller = exampleCaller({ sealed_token: null });
        return inner.operations.enqueue({ cluster_uuid: CLUSTER, verb: 'delete', parameters: {}, caller });
      });
      wake.notify(CLUSTER);
      return operation;
    },
    async untilEnded(operation) {
      for (let looks = 0; looks < 100_000; looks += 1) {
        const now = await store.operations.get(operation.uuid);
        if (now && !['queued', 'running'].includes(now.state)) return now;
        await new Promise((resolve) => setImmediate(resolve));
      }
      const now = await store.operations.get(operation.uuid);
      throw new Error(`the operation does not end: ${JSON.stringify(now)}`);
    },
  };
  return scene;
}

/** The same with the cluster built, of one manager and the worker `0`. */
export async function builtScenario(options: FakeOptions = {}): Promise<Scenario> {
  const scene = await scenario(options);
  const { cloud, store } = scene;
  const id = 'stack-0';
  cloud.users.set('user-0', { id: 'user-0', name: 'trustee', password: 'secret', domain_id: 'trustees' });
  cloud.trusts.set('trust-0', {
    id: 'trust-0',
    trustor_user_id: 'u1',
    trustee_user_id: 'user-0',
    project_id: 'p1',
    impersonation: true,
    roles: [],
  });
  cloud.stacks.set(id, {
    id,
    stack_name: 'demo',
    stack_status: 'CREATE_COMPLETE',
    stack_status_reason: '',
    parameters: { cluster_uuid: CLUSTER, count: 1 },
    tags: ['magnum', CLUSTER],
    looks: 0,
    outputs: [],
    resources: [],
  });
  await plainCertificates(store).createClusterCertificates(CLUSTER);
  await store.clusters.update(CLUSTER, {
    status: 'CREATE_COMPLETE',
    stack_id: id,
    trust_id: 'trust-0',
    trustee_user_id: 'user-0',
    trustee_password: 'secret',
    api_address: 'tcp://172.24.4.10:2376',
  });
  await store.nodegroups.updateAll(CLUSTER, { status: 'CREATE_COMPLETE', stack_id: id });
  return scene;
}

export function sessionsOn(transport: CloudAccess['transport'], clock: Clock) {
  return createSessions({
    authUrl: 'http://cloud/identity',
    ...(transport === undefined ? {} : { transport }),
    clock,
    service: {
      type: 'password',
      user: { name: 'magnum' },
      password: 'm',
      scope: { project: { name: 'service' } },
    },
    trusteeDomain: { domain: { name: 'trustees' }, admin: { name: 'trustee-admin' }, password: 't' },
  });
}

function conductorOptions({
  cloud,
  store,
  clock,
  wake,
  left,
}: Pick<Scenario, 'cloud' | 'store' | 'clock' | 'wake' | 'left'>): ConductorOptions {
  return {
    store,
    sessions: sessionsOn(cloud.transport, clock),
    drivers: createDriverRegistry([plainDriver(left)]),
    certificates: plainCertificates(store),
    credentials: trustCredential({ domain: { name: 'trustees' }, roles: [] }),
    sealer: { open: (sealed) => sealed },
    wake,
    log: createLogger('test', { level: 'silent' }),
    host: 'host',
    createTimeoutMinutes: 60,
    clock,
    random: () => 0.5,
  };
}

/** A driver whose stack is of no interest, and a COE that keeps a list of who left. */
function plainDriver(left: LeftNodes): Driver {
  return heatDriver(
    {
      name: 'plain',
      provides: [{ serverType: 'vm', os: 'debian', coe: 'swarm' }],
      templates: { template: '', files: {} },
      parameters: ({ cluster, nodegroups }) =>
        Promise.resolve({ cluster_uuid: cluster.uuid, count: nodegroups[1]?.node_count ?? 0 }),
      attributes: () => ({
        apiAddress: 'tcp://172.24.4.10:2376',
        discoveryUrl: undefined,
        coeVersion: '20.10.24',
        containerVersion: '20.10.24',
        nodeAddresses: new Map([
          ['default-master', ['172.24.4.10']],
          ['default-worker', ['172.24.4.11']],
        ]),
      }),
      workers: {
        resource: 'workers',
        count: 'count',
        removal: 'leaving',
        host: (stackName, member) => `${stackName}-node-${member}`,
      },
      addedGroups: {
        parameters: (_context, group) => Promise.resolve({ count: group.node_count }),
        addresses: () => ['172.24.4.20'],
      },
      upgradeParameters: (_context, { template }) => ({ image: template.image_id }),
      rest: {
        rotateCa: async (context, _change, previous) => {
          const { ca } = await context.credentials();
          left.authorities = [previous.ca, ca];
          return true;
        },
      },
      membership: {
        async drain(_context, nodes) {
          for (const { host } of nodes) left.drained.add(host);
          return true;
        },
        async readmit(_context, nodes) {
          left.stumbles -= 1;
          if (left.stumbles >= 0) throw new Error('the managers do not answer');
          for (const { host } of nodes) left.drained.delete(host);
        },
        async forget(_context, nodes) {
          for (const { host } of nodes) left.forgotten.add(host);
        },
        async label(_context, group) {
          left.labels = group.node_labels;
        },
      },
    },
    { createTimeoutMinutes: 60 },
  );
}

/** One pair of keys a cluster, without the arithmetic. */
function plainCertificates(store: Store): ConductorCertificates {
  async function make(uuid: string): Promise<void> {
    await store.transaction(async (inner) => {
      const pair = {
        uuid: randomUUID(),
        certificate: `certificate ${(await inner.clusters.get(uuid))?.ca_cert_ref === null ? 'first' : 'new'}`,
        private_key: 'key',
        private_key_passphrase: null,
        intermediates: null,
        project_id: null,
        user_id: null,
      };
      await inner.keypairs.insert(pair);
      await inner.clusters.update(uuid, { ca_cert_ref: pair.uuid });
    });
  }

  return {
    async createClusterCertificates(uuid) {
      const cluster = await store.clusters.get(uuid);
      if (cluster?.ca_cert_ref === null) await make(uuid);
    },
    async deleteClusterCertificates(uuid) {
      const cluster = await store.clusters.get(uuid);
      const ref = cluster?.ca_cert_ref;
      if (ref === null || ref === undefined) return;
      await store.transaction(async (inner) => {
        await inner.keypairs.destroy(ref);
        await inner.clusters.update(uuid, { ca_cert_ref: null });
      });
    },
    async replaceClusterCertificates(uuid, old) {
      const cluster = await store.clusters.get(uuid);
      if (cluster && cluster.ca_cert_ref === old.ca_cert_ref) await make(uuid);
    },
    async restoreClusterCertificates(uuid, old) {
      await store.transaction(async (inner) => {
        const ref = (await inner.clusters.get(uuid))?.ca_cert_ref;
        if (ref !== null && ref !== undefined && ref !== old.ca_cert_ref) await inner.keypairs.destroy(ref);
        await inner.clusters.update(uuid, { ca_cert_ref: old.ca_cert_ref });
      });
    },
    async discardCertificates({ ca_cert_ref }) {
      if (ca_cert_ref !== null) await store.keypairs.destroy(ca_cert_ref);
    },
    async clientCredentialsOf(cluster) {
      const pair = await store.keypairs.get(cluster.ca_cert_ref ?? '');
      return { ca: pair?.certificate ?? '', certificate: '', key: '' };
    },
  };
}
