import { hostname } from 'node:os';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Caller, Cloud, CloudService, ServiceFactory } from '../cloud/service.ts';
import { answerWithFaults } from '../http/fault.ts';
import { negotiateMicroversions } from '../http/microversions.ts';
import { serviceCaller } from '../identity/caller-for.ts';
import { COMPUTE_VERSIONS, type ComputeContext } from './context.ts';
import { flavorRoutes } from './flavors.ts';
import { hostRoutes } from './host-routes.ts';
import type { Hypervisor } from './hypervisor.ts';
import { keypairRoutes } from './keypairs.ts';
import { quotaRoutes } from './quota-routes.ts';
import type { QuotaName } from './quota.ts';
import { serverActionRoutes } from './server-actions.ts';
import { instanceActionRoutes } from './server-actions-log.ts';
import { serverGroupRoutes } from './server-groups.ts';
import { serverInterfaceRoutes } from './server-interfaces.ts';
import { serverRoutes } from './server-routes.ts';
import { serverVolumeRoutes } from './server-volume-routes.ts';
import { serverWork } from './server-work.ts';
import { computeTables, type ComputeTables } from './tables.ts';

export interface FlavorSeed {
  readonly id: string;
  readonly name: string;
  readonly vcpus: number;
  /** MiB */
  readonly ram: number;
  /** GiB */
  readonly disk: number;
}

/** DevStack's, with its ids. */
export const DEFAULT_FLAVORS: readonly FlavorSeed[] = [
  { id: '1', name: 'm1.tiny', vcpus: 1, ram: 512, disk: 1 },
  { id: '2', name: 'm1.small', vcpus: 1, ram: 2048, disk: 20 },
  { id: '3', name: 'm1.medium', vcpus: 2, ram: 4096, disk: 40 },
  { id: '4', name: 'm1.large', vcpus: 4, ram: 8192, disk: 80 },
  { id: 'd1', name: 'ds512M', vcpus: 1, ram: 512, disk: 5 },
  { id: 'd2', name: 'ds1G', vcpus: 1, ram: 1024, disk: 10 },
  { id: 'd3', name: 'ds2G', vcpus: 2, ram: 2048, disk: 10 },
];

export interface ComputeOptions {
  readonly hypervisor: Hypervisor;
  /** The compute host's name, this machine's by default. Neutron gets it as `binding:host_id`. */
  readonly host?: string;
  /** The first is the default. */
  readonly zones?: readonly string[];
  /** Made when the service has no flavors yet; {@link DEFAULT_FLAVORS} unless given. */
  readonly flavors?: readonly FlavorSeed[];
  /** Limits of projects that have none of their own, where they differ from Nova's. -1: none. */
  readonly quota?: Partial<Record<QuotaName, number>>;
  /** Nova's own user; the identity service's service user `nova` unless given. */
  readonly caller?: (cloud: Cloud) => Caller;
}

/** The compute service: Nova's API, on one host. */
export function compute(options: ComputeOptions): ServiceFactory {
  return (cloud): CloudService => {
    const tables = computeTables(cloud.store);
    const caller = options.caller ?? ((): Caller => serviceCaller(cloud, 'nova'));
    const work = serverWork(() => context);
    const context: ComputeContext = {
      cloud,
      tables,
      hypervisor: options.hypervisor,
      work,
      host: options.host ?? hostname(),
      zones: options.zones ?? ['nova'],
      defaultQuota: options.quota ?? {},
      novaCaller: (projectId) => {
        const nova = caller(cloud);
        return projectId === undefined ? nova : { ...nova, projectId, isAdmin: true };
      },
    };
    seedFlavors(tables, options.flavors ?? DEFAULT_FLAVORS);
    return {
      type: 'compute',
      name: 'nova',
      path: '/compute',
      endpoint: '/v2.1',
      routes: (app) => routes(app, context),
      async start(signal) {
        signal.addEventListener('abort', () => void work.stop(), { once: true });
        await work.start();
      },
      stop: () => work.stop(),
    };
  };
}

function seedFlavors(tables: ComputeTables, flavors: readonly FlavorSeed[]): void {
  if (tables.flavors.size > 0) return;
  for (const flavor of flavors) {
    tables.flavors.put({
      ...flavor,
      description: null,
      ephemeral: 0,
      swap: 0,
      rxtxFactor: 1,
      isPublic: true,
      disabled: false,
      extraSpecs: {},
      projects: [],
    });
  }
}

function routes(app: FastifyInstance, context: ComputeContext): void {
  answerWithFaults(app, {
    authUrl: `${context.cloud.publicUrl}/identity`,
    isPublic: (request) => /^\/compute(\/v2(\.1)?)?\/?(\?|$)/.test(request.url),
  });
  negotiateMicroversions(app, COMPUTE_VERSIONS);

  app.get('/', async (request) => ({ versions: [versionView(request)] }));
  for (const path of ['/v2.1', '/v2.1/']) {
    app.get(path, async (request) => ({
      version: {
        ...versionView(request),
        'media-types': [
          { base: 'application/json', type: 'application/vnd.openstack.compute+json;version=2.1' },
        ],
      },
    }));
  }
  // The project in the address is from Nova's early days; whatever stands there, the token decides.
  for (const prefix of ['/v2.1', '/v2.1/:project_id(^[0-9a-f]{32}$)']) {
    app.register(
      (scope, _options, done) => {
        flavorRoutes(scope, context);
        keypairRoutes(scope, context);
        serverGroupRoutes(scope, context);
        serverRoutes(scope, context);
        serverActionRoutes(scope, context);
        serverInterfaceRoutes(scope, context);
        serverVolumeRoutes(scope, context);
        instanceActionRoutes(scope, context);
        quotaRoutes(scope, context);
        hostRoutes(scope, context);
        done();
      },
      { prefix },
    );
  }
}

function versionView(request: FastifyRequest): object {
  const { major, min, max } = COMPUTE_VERSIONS;
  return {
    id: 'v2.1',
    status: 'CURRENT',
    version: `${major}.${max}`,
    min_version: `${major}.${min}`,
    updated: '2013-07-23T11:33:21Z',
    links: [{ rel: 'self', href: `${request.protocol}://${request.host}/compute/v2.1/` }],
  };
}
