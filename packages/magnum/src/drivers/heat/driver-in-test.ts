import { createSession, type HttpRequest, type HttpResponse } from '@gantry/openstack';
import { exampleCluster, exampleNodeGroup, exampleTemplate } from '../../store/example-rows.ts';
import type { Cluster, ClusterTemplate, NodeGroup } from '../../store/rows.ts';
import type { Driver, DriverContext } from '../driver.ts';
import type { HeatOptions } from './node-settings.ts';

/** What an operator says, in tests of drivers. */
export const heatOptionsInTest: HeatOptions = {
  createTimeoutMinutes: 60,
  region: 'RegionOne',
  keystoneInterface: 'internal',
  magnumInterface: 'internal',
  clusterUserTrust: false,
  verifyCa: true,
  openstackCa: '',
  nodesAffinityPolicy: 'soft-anti-affinity',
  defaultDockerVolumeType: '',
  defaultEtcdVolumeType: '',
  defaultBootVolumeType: '',
  defaultBootVolumeSize: 0,
  simulatedServers: true,
};

const row = { id: 1, created_at: null, updated_at: null };

export interface Given {
  readonly cluster?: Partial<Cluster>;
  readonly template?: Partial<ClusterTemplate>;
  readonly masters?: Partial<NodeGroup>;
  readonly workers?: Partial<NodeGroup>;
  /** Further groups. */
  readonly added?: readonly Partial<NodeGroup>[];
  /** Service types in the catalog, beside those that every cluster needs. */
  readonly services?: readonly string[];
  /** Heat's answers; without: there is nothing, and what is ordered becomes `stack-1`. */
  readonly answer?: (request: HttpRequest) => HttpResponse;
}

/** A cluster as its driver gets it, and what the driver asks Heat. */
export function given(over: Given): { context: DriverContext; sent: HttpRequest[] } {
  const sent: HttpRequest[] = [];
  const endpoints = (['public', 'internal'] as const).flatMap((name) => [
    { interface: name, region: 'Other', url: 'http://elsewhere' },
    { interface: name, region: 'RegionOne', url: `http://${name}` },
  ]);
  const types = ['identity', 'orchestration', 'container-infra', ...(over.services ?? [])];
  const catalog = types.map((type) => ({ type, endpoints }));
  const session = createSession({
    authUrl: 'http://public',
    region: 'RegionOne',
    credentials: { type: 'token', token: 't', scope: { unscoped: true } },
    async transport(request) {
      if (request.url.endsWith('/auth/tokens')) {
        const token = { catalog, expires_at: '2040-01-01T00:00:00Z' };
        return { status: 201, headers: { 'x-subject-token': 't' }, body: { token } };
      }
      sent.push(request);
      if (over.answer) return over.answer(request);
      if (request.method === 'GET') return { status: 404, headers: {}, body: undefined };
      return { status: 201, headers: {}, body: { stack: { id: 'stack-1' } } };
    },
  });
  const secrets = { trustee_user_id: 'u', trustee_password: 'p', trust_id: 'trust' };
  const context: DriverContext = {
    cluster: { ...row, ...exampleCluster({ name: 'My_swarm.1!', ...secrets }), ...over.cluster },
    template: { ...row, ...exampleTemplate({ coe: 'swarm', dns_nameserver: '9.9.9.9' }), ...over.template },
    nodegroups: [
      {
        ...row,
        ...exampleNodeGroup({ name: 'default-master', role: 'master', flavor_id: 'big' }),
        ...over.masters,
      },
      {
        ...row,
        ...exampleNodeGroup({ node_count: 7, flavor_id: 'small', docker_volume_size: 20 }),
        ...over.workers,
      },
      ...(over.added ?? []).map((group) => ({
        ...row,
        ...exampleNodeGroup({ is_default: false }),
        ...group,
      })),
    ],
    session,
    signal: new AbortController().signal,
    credentials: () => Promise.resolve({ ca: 'ca', certificate: 'certificate', key: 'key' }),
  };
  return { context, sent };
}

/** An order as Heat gets it. */
export interface Order {
  readonly stack_name: string;
  readonly timeout_mins: number;
  readonly tags: string;
  readonly template: string;
  readonly files: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Has a driver create a cluster. @returns what it orders */
export async function orderOf(driver: Driver, over: Given): Promise<Order> {
  const { context, sent } = given(over);
  const id = await driver.create(context);
  if (id !== 'stack-1') throw new Error(`the driver says ${id}`);
  return JSON.parse(String(sent.at(-1)?.body)) as Order;
}
