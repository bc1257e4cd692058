import type { FastifyInstance } from 'fastify';
import { agentNotFound } from '../errors.ts';
import type { Context } from '../model/context.ts';
import type { View } from '../model/views.ts';
import { readOnly } from './attributes.ts';
import { pick, select } from './query.ts';
import { callerOf, queryOf } from './requests.ts';

const AGENT_ATTRIBUTES = Object.fromEntries(
  [
    'id',
    'agent_type',
    'binary',
    'topic',
    'host',
    'admin_state_up',
    'alive',
    'description',
    'availability_zone',
    'created_at',
    'started_at',
    'heartbeat_timestamp',
  ].map((name) => [name, readOnly()]),
);

/** One agent a host: it plugs interfaces and, on the first host, runs the routers too. */
export function agentRoutes(app: FastifyInstance, context: Context, baseUrl: string): void {
  const { cloud, settings } = context;
  const started = spaced(cloud.now());
  const ids = cloud.store.table<{ readonly id: string; readonly host: string }>('network/agents');

  function agents(): View[] {
    return settings.hosts.map((host) => {
      const known = ids.all().find((row) => row.host === host) ?? ids.put({ id: cloud.uuid(), host });
      return {
        id: known.id,
        agent_type: 'Linux bridge agent',
        binary: 'neutron-linuxbridge-agent',
        topic: 'N/A',
        host,
        admin_state_up: true,
        alive: true,
        description: null,
        availability_zone: null,
        created_at: started,
        started_at: started,
        heartbeat_timestamp: spaced(cloud.now()),
        resources_synced: null,
        configurations: {
          bridge_mappings: {},
          data_plane: settings.dataPlane,
          devices: context.tables.ports.all().filter((port) => port.status === 'ACTIVE').length,
        },
      };
    });
  }

  app.get('/v2.0/agents', (request) => {
    const query = queryOf(request);
    const seen = callerOf(request).isAdmin ? agents() : [];
    const page = select(seen, query, AGENT_ATTRIBUTES, `${baseUrl}/v2.0/agents`);
    return { agents: page.views.map((view) => pick(view, query.getAll('fields'))) };
  });
  app.get<{ Params: { id: string } }>('/v2.0/agents/:id', (request) => {
    const found = callerOf(request).isAdmin && agents().find((agent) => agent.id === request.params.id);
    if (!found) throw agentNotFound(request.params.id);
    return { agent: pick(found, queryOf(request).getAll('fields')) };
  });
  app.get('/v2.0/availability_zones', () => ({
    availability_zones: ['network', 'router'].map((resource) => ({
      name: settings.availabilityZone,
      resource,
      state: 'available',
    })),
  }));
}

function spaced(time: Date): string {
  return time.toISOString().slice(0, 19).replace('T', ' ');
}
