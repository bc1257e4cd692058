import { createLogger, loadConfig } from '@gantry/oslo';
import Fastify, { type FastifyInstance } from 'fastify';
import { createCertificates, type ClusterCertificates } from '../../certificates/cluster-certificates.ts';
import { defaultCsrPolicy } from '../../certificates/csr-policy.ts';
import { databaseKeyStore } from '../../certificates/key-store.ts';
import { createSealer, type Sealer } from '../../certificates/sealing.ts';
import type { Driver } from '../../drivers/driver.ts';
import { createDriverRegistry } from '../../drivers/registry.ts';
import { createSessions } from '../../operations/sessions.ts';
import { openStore } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { transportTo, type TestCloud } from './cloud-in-test.ts';
import { createMagnumApi } from '../magnum-api.ts';
import { apiOptions } from '../configuration/settings.ts';

/** A cloud that knows a few things, a Magnum in front of it, and who asks. */
export interface ApiInTest {
  readonly app: FastifyInstance;
  readonly store: Store;
  readonly certificates: ClusterCertificates;
  readonly sealer: Sealer;
  /** `METHOD url` of every request that reached the cloud. */
  readonly asked: string[];
  /** Every statement that reached the database. */
  readonly statements: string[];
  /** Clusters that conductors were told of. */
  readonly woken: string[];
  readonly cloud: TestCloud;
  /** What time it is. */
  now: Date;
  ask(
    who: string | undefined,
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<Answer>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: never;
  /** The text of the first error. */
  readonly error: string | undefined;
}

const KEYSTONE = 'http://keystone/v3';

/** @param url of the database; by default a new one */
export async function apiInTest(env: Record<string, string> = {}, url = 'sqlite://'): Promise<ApiInTest> {
  const asked: string[] = [];
  const statements: string[] = [];
  const woken: string[] = [];
  const cloud: TestCloud = {
    images: [
      { id: '11111111-0000-4000-8000-000000000001', name: 'debian', os_distro: 'debian' },
      { id: '11111111-0000-4000-8000-000000000002', name: 'bare' },
      { id: '11111111-0000-4000-8000-000000000003', name: 'twin', os_distro: 'debian' },
      { id: '11111111-0000-4000-8000-000000000004', name: 'twin', os_distro: 'debian' },
    ],
    flavors: [
      { id: '1', name: 'small', disk: 10 },
      { id: '2', name: 'diskless', disk: 0 },
    ],
    networks: [{ id: '22222222-0000-4000-8000-000000000001', name: 'public', 'router:external': true }],
    keypairs: ['key'],
    together: 0,
  };
  const clock = { now: new Date('2030-01-01T00:00:00.500Z') };
  const now = (): Date => clock.now;
  const settings = loadConfig(apiOptions, { env }).values;
  const store = await openStore({ url, now, onStatement: (text) => void statements.push(text) });
  const sealer = createSealer(Buffer.alloc(32, 7), 'tokens');
  const sessions = createSessions({
    authUrl: KEYSTONE,
    transport: transportTo(cloud, asked),
    service: {
      type: 'password',
      user: { name: 'magnum' },
      password: 'secret',
      scope: { project: { name: 'service' } },
    },
    trusteeDomain: undefined,
  });
  const certificates = createCertificates({
    store,
    keys: databaseKeyStore(),
    csrPolicy: defaultCsrPolicy,
    rsaKeySize: 2048,
    termOfValidity: 1825,
    now,
  });
  const app = Fastify();
  await app.register(
    createMagnumApi({
      store,
      sessions,
      drivers: createDriverRegistry([swarm]),
      certificates,
      sealer,
      settings,
      wake: { notify: (uuid) => void woken.push(uuid) },
      log: createLogger('test', { level: 'silent' }),
      authUrl: 'http://keystone',
      trusteeDomainId: () => Promise.resolve('trustees'),
      now,
      random: () => 0.5,
    }),
    { prefix: '/container-infra' },
  );
  return {
    app,
    store,
    certificates,
    sealer,
    asked,
    statements,
    woken,
    cloud,
    get now() {
      return clock.now;
    },
    set now(time) {
      clock.now = time;
    },
    async ask(who, method, path, body) {
      const answer = await app.inject({
        method,
        url: `/container-infra${path}`,
        headers: {
          host: 'cloud:9000',
          'openstack-api-version': 'container-infra latest',
          ...(who === undefined ? {} : { 'x-auth-token': who }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      });
      const parsed = answer.body.startsWith('{')
        ? (JSON.parse(answer.body) as { errors?: { detail: string }[] })
        : {};
      return {
        status: answer.statusCode,
        headers: answer.headers,
        body: parsed as never,
        error: parsed.errors?.[0]?.detail,
      };
    },
    async close() {
      await app.close();
      await store.close();
    },
  };
}

const swarm = {
  name: 'swarm',
  provides: [
    { serverType: 'vm', os: 'debian', coe: 'swarm-mode' },
    { serverType: 'vm', os: 'debian', coe: 'swarm' },
  ],
  validateMasterSize: (count: number) =>
    count % 2 === 1
      ? undefined
      : `master nodegroup size of ${count} is invalid, size cannot be an even number.`,
  validateMasterResize: () => 'Resizing a master nodegroup is not supported.',
  validateNodegroup: ({ node_taints }) =>
    node_taints.length > 0 ? 'node_taints: a Swarm has none' : undefined,
  missingFields: (cluster) => (cluster.flavor_id === null ? ['flavor_id'] : []),
  create: unused,
  delete: unused,
  observe: unused,
  pending: unused,
  resize: unused,
  createNodegroup: unused,
  deleteNodegroup: unused,
  rotateCa: unused,
} satisfies Driver;

function unused(): never {
  throw new Error('the API builds nothing itself');
}

/** As `openstack coe cluster template create` sends it. */
export const templateBody = {
  name: 'swarm',
  image_id: 'debian',
  keypair_id: null,
  external_network_id: 'public',
  coe: 'swarm-mode',
  fixed_network: null,
  fixed_subnet: null,
  network_driver: null,
  volume_driver: null,
  dns_nameserver: '8.8.8.8',
  flavor_id: 'small',
  master_flavor_id: 'small',
  docker_volume_size: null,
  docker_storage_driver: 'overlay2',
  http_proxy: null,
  https_proxy: null,
  no_proxy: null,
  labels: { 'a.b/c': 'x', count: 3, on: true },
  tls_disabled: false,
  public: false,
  registry_enabled: false,
  server_type: 'vm',
  master_lb_enabled: false,
};

/** As `openstack coe cluster create` sends it. */
export const clusterBody = {
  cluster_template_id: 'swarm',
  create_timeout: 60,
  discovery_url: null,
  keypair: null,
  master_count: 1,
  name: 'demo',
  node_count: 2,
};

export async function withTemplate(api: ApiInTest, change: object = {}): Promise<void> {
  const answer = await api.ask('member', 'POST', '/v1/clustertemplates', { ...templateBody, ...change });
  if (answer.status !== 201) throw new Error(answer.error);
}

/** @returns its UUID */
export async function withCluster(api: ApiInTest, change: object = {}): Promise<string> {
  const answer = await api.ask('member', 'POST', '/v1/clusters', { ...clusterBody, ...change });
  if (answer.status !== 202) throw new Error(answer.error);
  return (answer.body as { uuid: string }).uuid;
}
