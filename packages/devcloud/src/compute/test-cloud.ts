import fastify, { type FastifyInstance } from 'fastify';
import { createLogger } from '@gantry/oslo';
import { mountCloud, type RunningCloud } from '../cloud/cloud.ts';
import type { Caller, Cloud, InnerReply, InnerRequest } from '../cloud/service.ts';
import { openStore, type Store } from '../cloud/store.ts';
import { image } from '../image/image.ts';
import { network } from '../network/network.ts';
import { volume } from '../volume/volume.ts';
import { compute, type ComputeOptions } from './compute.ts';
import type { Hypervisor } from './hypervisor.ts';

/** What the tests of the compute service have of a cloud. */
export interface TestCloud {
  readonly app: FastifyInstance;
  readonly running: RunningCloud;
  /** A request of a member of project `demo`, or of an administrator with `as: 'admin'`. */
  ask(
    method: InnerRequest['method'],
    url: string,
    body?: object,
    options?: { readonly as?: string; readonly version?: string },
  ): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  // The shape is what the tests are about.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
  readonly headers: Readonly<Record<string, unknown>>;
}

export const PROJECT = 'd'.repeat(32);

export function callerNamed(name: string, roles: readonly string[], projectId: string): Caller {
  return {
    userId: name.padEnd(32, '0'),
    userName: name,
    userDomainId: 'default',
    projectId,
    projectName: name,
    domainId: undefined,
    systemScope: false,
    roles,
    isAdmin: roles.includes('admin'),
  };
}

const CALLERS: Readonly<Record<string, Caller>> = {
  demo: callerNamed('demo', ['member', 'reader'], PROJECT),
  other: callerNamed('other', ['member', 'reader'], 'e'.repeat(32)),
  admin: callerNamed('admin', ['admin', 'member', 'reader'], 'a'.repeat(32)),
};

export interface TestCloudOptions {
  readonly hypervisor: Hypervisor;
  /** To go on where another cloud stopped. */
  readonly store?: Store;
  readonly compute?: Partial<ComputeOptions>;
  /** Stands between the compute service and the others. */
  readonly between?: (call: Cloud['call']) => (caller: Caller, request: InnerRequest) => Promise<InnerReply>;
}

/** A cloud in this process, with image, network and volume services, and tokens that are names. */
export async function testCloud(options: TestCloudOptions): Promise<TestCloud> {
  const app = fastify();
  const nova = compute({
    hypervisor: options.hypervisor,
    host: 'host1',
    caller: () => callerNamed('nova', ['admin', 'service', 'member', 'reader'], 'f'.repeat(32)),
    ...options.compute,
  });
  const running = mountCloud(app, {
    store: options.store ?? openStore(),
    log: createLogger('test', { level: 'silent' }),
    publicUrl: 'http://127.0.0.1:9000',
    services: [
      image(),
      network({ dataPlane: 'simulated', hosts: ['host1'] }),
      volume(),
      (cloud) => {
        const call: Cloud['call'] = (caller, request) => cloud.call(caller, request);
        return nova({ ...cloud, call: options.between?.(call) ?? call });
      },
    ],
  });
  running.cloud.authenticate = (token): Caller | undefined => CALLERS[token];
  await app.ready();
  await running.start();
  return {
    app,
    running,
    async ask(method, url, body, { as = 'demo', version = '2.1' } = {}) {
      const reply = await app.inject({
        method,
        url,
        headers: {
          'x-auth-token': as,
          'openstack-api-version': `compute ${version}, volume 3.50`,
        },
        ...(body === undefined ? {} : { payload: body }),
      });
      return {
        status: reply.statusCode,
        body: reply.body === '' ? undefined : reply.json(),
        headers: reply.headers,
      };
    },
  };
}

/** An image and a network with a subnet, as a user makes them. */
export async function withImageAndNetwork(cloud: TestCloud): Promise<{ imageId: string; networkId: string }> {
  const { body: image } = await cloud.ask('POST', '/image/v2/images', {
    name: 'debian',
    disk_format: 'raw',
    container_format: 'bare',
    os_distro: 'debian',
  });
  await cloud.app.inject({
    method: 'PUT',
    url: `/image/v2/images/${image.id}/file`,
    headers: { 'x-auth-token': 'demo', 'content-type': 'application/octet-stream' },
    payload: 'bytes',
  });
  const { body } = await cloud.ask('POST', '/network/v2.0/networks', { network: { name: 'net1' } });
  await cloud.ask('POST', '/network/v2.0/subnets', {
    subnet: { network_id: body.network.id, cidr: '10.1.0.0/24', ip_version: 4 },
  });
  return { imageId: image.id, networkId: body.network.id };
}
