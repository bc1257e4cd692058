import { createLogger } from '@gantry/oslo';
import {
  exampleCaller,
  exampleCluster,
  exampleNodeGroup,
  exampleTemplate,
} from '../../store/example-rows.ts';
import { openStore } from '../../store/open-store.ts';
import type { Operation, Verb } from '../../store/rows.ts';
import type { Store } from '../../store/store.ts';
import type { ClusterCertificates } from '../../certificates/cluster-certificates.ts';
import { heatDriver } from '../../drivers/heat/heat-driver.ts';
import { createDriverRegistry } from '../../drivers/registry.ts';
import type { Clock } from '../clock.ts';
import { createConductor, type Conductor, type ConductorOptions } from '../conductor.ts';
import { createSessions, type CloudAccess } from '../sessions.ts';
import { trustCredential } from '../trust-credential.ts';
import { createWake, type Wake } from '../wake.ts';
import { fakeOpenStack, type FakeOpenStack, type FakeOptions } from './fake-openstack.ts';
import { testClock, type TestClock } from './test-clock.ts';

/** A cluster's rows, a cloud, and conductors on them. */
export interface Scenario {
  readonly cloud: FakeOpenStack;
  readonly store: Store;
  readonly clock: TestClock;
  readonly wake: Wake;
  /** A conductor, as a process has it; `over` replaces what it works with. */
  conductor(over?: Partial<ConductorOptions>): Conductor;
  order(verb: Verb): Promise<Operation>;
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
    file: ':memory:',
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

  const scene: Scenario = {
    cloud,
    store,
    clock,
    wake,
    conductor: (over = {}) => createConductor({ ...conductorOptions(cloud, store, clock, wake), ...over }),
    order(verb) {
      const caller = exampleCaller({ sealed_token: 'callers-token' });
      return store.operations.enqueue({ cluster_uuid: CLUSTER, verb, parameters: {}, caller });
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

function conductorOptions(cloud: FakeOpenStack, store: Store, clock: Clock, wake: Wake): ConductorOptions {
  return {
    store,
    sessions: sessionsOn(cloud.transport, clock),
    drivers: createDriverRegistry([plainDriver()]),
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

/** A driver whose stack is of no interest. */
function plainDriver() {
  return heatDriver(
    {
      name: 'plain',
      provides: [{ serverType: 'vm', os: 'debian', coe: 'swarm' }],
      templates: { template: '', files: {} },
      parameters: ({ cluster }) => Promise.resolve({ cluster_uuid: cluster.uuid }),
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
    },
    { createTimeoutMinutes: 60 },
  );
}

/** One pair of keys a cluster, without the arithmetic. */
function plainCertificates(
  store: Store,
): Pick<ClusterCertificates, 'createClusterCertificates' | 'deleteClusterCertificates'> {
  return {
    async createClusterCertificates(uuid) {
      const cluster = await store.clusters.get(uuid);
      if (!cluster || cluster.ca_cert_ref !== null) return;
      await store.transaction(async (inner) => {
        const pair = {
          uuid: 'd1000000-0000-4000-8000-000000000001',
          certificate: 'certificate',
          private_key: 'key',
          private_key_passphrase: null,
          intermediates: null,
          project_id: null,
          user_id: null,
        };
        await inner.keypairs.insert(pair);
        await inner.clusters.update(uuid, { ca_cert_ref: pair.uuid });
      });
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
  };
}
