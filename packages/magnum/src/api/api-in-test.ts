import { createLogger, loadConfig } from '@gantry/oslo';
import type { HttpResponse, TokenBody, Transport } from '@gantry/openstack';
import Fastify, { type FastifyInstance } from 'fastify';
import { createCertificates, type ClusterCertificates } from '../certificates/cluster-certificates.ts';
import { defaultCsrPolicy } from '../certificates/csr-policy.ts';
import { databaseKeyStore } from '../certificates/key-store.ts';
import { createSealer, type Sealer } from '../certificates/sealing.ts';
import type { Driver } from '../drivers/driver.ts';
import { createDriverRegistry } from '../drivers/registry.ts';
import { createSessions } from '../operations/sessions.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { createMagnumApi } from './magnum-api.ts';
import { apiOptions } from './settings.ts';

/** A cloud that knows a few things, a Magnum in front of it, and who asks. */
export interface ApiInTest {
  readonly app: FastifyInstance;
  readonly store: Store;
  readonly certificates: ClusterCertificates;
  readonly sealer: Sealer;
  /** `METHOD url` of every request that reached the cloud. */
  readonly asked: string[];
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

export interface TestCloud {
  images: Record<string, unknown>[];
  flavors: { id: string; name: string; disk: number }[];
  networks: { id: string; name: string; 'router:external': boolean }[];
  keypairs: string[];
  /** Answers instead of everything else. */
  broken?: { readonly match: RegExp; readonly status: number };
}

const KEYSTONE = 'http://keystone/v3';

/** Who holds which token. `admin`, `member`, `reader` are of project p1, `colleague` as well, `stranger` of p2. */
const people: Readonly<
  Record<string, { user: string; project?: string; roles: string[]; domain?: string; system?: boolean }>
> = {
  admin: { user: 'root', project: 'p-admin', roles: ['admin', 'member', 'reader'] },
  member: { user: 'u1', project: 'p1', roles: ['member', 'reader'] },
  colleague: { user: 'u2', project: 'p1', roles: ['member', 'reader'] },
  reader: { user: 'u3', project: 'p1', roles: ['reader'] },
  stranger: { user: 'u9', project: 'p2', roles: ['member', 'reader'] },
  nothing: { user: 'u8', project: 'p1', roles: [] },
  system: { user: 'root', roles: ['admin', 'member', 'reader'], system: true },
  trustee: { user: 'trustee-1', roles: [], domain: 'trustees' },
  'other-trustee': { user: 'trustee-2', roles: [], domain: 'trustees' },
};

const catalog = ['image', 'compute', 'network'].map((type) => ({
  type,
  endpoints: [{ interface: 'public' as const, url: `http://${type}` }],
}));

export async function apiInTest(env: Record<string, string> = {}): Promise<ApiInTest> {
  const asked: string[] = [];
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
  };
  const clock = { now: new Date('2030-01-01T00:00:00.500Z') };
  const now = (): Date => clock.now;
  const settings = loadConfig(apiOptions, { env }).values;
  const store = await openStore({ file: ':memory:', now });
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
  create: unused,
  delete: unused,
  observe: unused,
  pending: unused,
} satisfies Driver;

function unused(): never {
  throw new Error('the API builds nothing itself');
}

function transportTo(cloud: TestCloud, asked: string[]): Transport {
  return async (request): Promise<HttpResponse> => {
    await Promise.resolve();
    const url = new URL(request.url);
    asked.push(`${request.method} ${url.host}${url.pathname}${url.search}`);
    if (cloud.broken?.match.test(request.url))
      return reply(cloud.broken.status, { error: { message: 'broken' } });
    if (url.host === 'keystone') return keystone(request.method, request.headers['x-subject-token']);
    if (url.host === 'image') return images(cloud, url);
    if (url.host === 'compute') return compute(cloud, url);
    const { networks } = cloud;
    const found = networks.filter((network) =>
      [...url.searchParams].every(
        ([key, value]) => network[key as 'name'] === value || key === 'router:external',
      ),
    );
    return reply(200, { networks: found, subnets: [] });
  };
}

function keystone(method: string, subject: string | undefined): HttpResponse {
  if (method === 'POST')
    return reply(201, { token: tokenOf('admin') }, { 'x-subject-token': 'service-token' });
  if (subject === undefined || !people[subject]) return reply(404, { error: { message: 'no such token' } });
  return reply(200, { token: tokenOf(subject) });
}

function tokenOf(who: string): TokenBody {
  const person = people[who];
  if (!person) throw new Error(`nobody is called ${who}`);
  const project = person.project && {
    project: { id: person.project, name: person.project, domain: { id: 'default', name: 'Default' } },
  };
  return {
    user: { id: person.user, name: who, domain: { id: person.domain ?? 'default', name: 'x' } },
    ...project,
    ...(person.system === true ? { system: { all: true } } : {}),
    roles: person.roles.map((name) => ({ id: name, name })),
    catalog,
    expires_at: '2030-01-01T01:00:00.000000Z',
    issued_at: '2030-01-01T00:00:00.000000Z',
    methods: ['password'],
  };
}

function images(cloud: TestCloud, url: URL): HttpResponse {
  const id = /\/images\/(.+)$/.exec(url.pathname)?.[1];
  if (id === undefined) {
    return reply(200, {
      images: cloud.images.filter((image) => image['name'] === url.searchParams.get('name')),
    });
  }
  const image = cloud.images.find((candidate) => candidate['id'] === id);
  return image ? reply(200, image) : reply(404, {});
}

function compute(cloud: TestCloud, url: URL): HttpResponse {
  const [, kind, id = ''] = /^\/([\w-]+)\/?(.*)$/.exec(url.pathname) ?? [];
  if (kind === 'os-keypairs') {
    return cloud.keypairs.includes(id) ? reply(200, { keypair: { name: id } }) : reply(404, {});
  }
  if (id === 'detail') return reply(200, { flavors: cloud.flavors });
  const flavor = cloud.flavors.find((candidate) => candidate.id === id);
  return flavor ? reply(200, { flavor }) : reply(404, {});
}

function reply(status: number, body: unknown, headers: Record<string, string> = {}): HttpResponse {
  return { status, headers, body };
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
