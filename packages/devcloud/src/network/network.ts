import { hostname } from 'node:os';
import type { FastifyInstance } from 'fastify';
import type { CloudService, ServiceFactory } from '../cloud/service.ts';
import { turnAwayStrangers } from '../http/strangers.ts';
import { simulatedDataPlane } from './agent/simulated-data-plane.ts';
import type { DataPlane } from './agent/data-plane.ts';
import { linuxDataPlane } from './agent/linux-data-plane.ts';
import { coreRoutes, versionRoutes } from './api/discovery.ts';
import { agentRoutes } from './api/agent-routes.ts';
import { otherRoutes } from './api/other-routes.ts';
import { quotaRoutes } from './api/quota-routes.ts';
import { speakNeutron } from './api/requests.ts';
import { resourceHandlers } from './api/resource-handlers.ts';
import { resourceRoutes } from './api/resource-routes.ts';
import type { Change, Context } from './model/context.ts';
import { DEFAULT_QUOTAS } from './model/quotas.ts';
import type { QuotaResource } from './model/rows.ts';
import { openTables } from './model/tables.ts';

export interface NetworkOptions {
  /**
   * `linux`: bridges, routers and NAT on this machine, which needs root. `simulated`: nothing is touched, and
   * ports are up as soon as they are bound. Or one of your own.
   */
  readonly dataPlane: 'linux' | 'simulated' | ((context: Context) => DataPlane);
  /** Marks what the cloud makes on this machine, so that it is found even if the state is lost; at random by default. */
  readonly cloudId?: string;
  /** Hosts with an agent; this machine's name by default. Ports bound elsewhere fail to bind. */
  readonly hosts?: readonly string[];
  /** Largest MTU of a network; 1500 by default. */
  readonly mtu?: number;
  /** Limits of projects that have none of their own, over Neutron's defaults. */
  readonly quotas?: Partial<Record<QuotaResource, number>>;
}

/** Neutron, API v2.0, with its data plane. */
export function network(options: NetworkOptions): ServiceFactory {
  return (cloud): CloudService => {
    const tables = openTables(cloud.store);
    const pending: Change[] = [];
    const context: Context = {
      cloud,
      tables,
      settings: {
        hosts: options.hosts ?? [hostname()],
        mtu: options.mtu ?? 1500,
        quotas: { ...DEFAULT_QUOTAS, ...options.quotas },
        dataPlane: options.dataPlane === 'simulated' ? 'simulated' : 'linux',
        availabilityZone: 'nova',
        filters: false,
      },
      changed: (change) => void pending.push(change),
    };
    const dataPlane = makeDataPlane(options, context);

    /** Tells others only what has reached the store. */
    function run<R>(work: () => R): R {
      try {
        const result = cloud.store.transaction(work);
        const changes = pending.splice(0);
        dataPlane.changed(changes);
        for (const change of changes) {
          if (change.kind !== 'network') cloud.signals.emit(change.kind, change.id);
        }
        return result;
      } catch (error) {
        pending.length = 0;
        throw error;
      }
    }

    return {
      type: 'network',
      name: 'neutron',
      path: '/network',
      endpoint: '',
      routes(app: FastifyInstance) {
        const baseUrl = `${cloud.publicUrl}/network`;
        speakNeutron(app, context);
        versionRoutes(app, baseUrl);
        void app.register((scope, _options, done) => {
          turnAwayStrangers(scope, { authUrl: `${cloud.publicUrl}/identity`, isPublic: () => false });
          coreRoutes(scope, baseUrl);
          for (const handler of resourceHandlers(context)) resourceRoutes(scope, handler, run, baseUrl);
          otherRoutes(scope, context, run, baseUrl);
          quotaRoutes(scope, context, run);
          agentRoutes(scope, context, baseUrl);
          done();
        });
      },
      start: (signal) => dataPlane.start(signal),
      stop: () => dataPlane.stop(),
    };
  };
}

function makeDataPlane({ dataPlane, cloudId }: NetworkOptions, context: Context): DataPlane {
  if (typeof dataPlane === 'function') return dataPlane(context);
  return dataPlane === 'linux' ? linuxDataPlane(context, undefined, cloudId) : simulatedDataPlane();
}
