import { hostname } from 'node:os';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Cloud, CloudService, ServiceFactory } from '../cloud/service.ts';
import { answerWithFaults, Fault, requireAdmin } from '../http/fault.ts';
import { negotiateMicroversions } from '../http/microversions.ts';
import { attachmentRoutes } from './attachments.ts';
import { fileBacking, simulatedBacking } from './backing.ts';
import { queryOf, shownTime, VOLUME_VERSIONS, volumeCaller, type VolumeContext } from './context.ts';
import { quotaRoutes, type VolumeQuotaName } from './quota.ts';
import { snapshotRoutes } from './snapshots.ts';
import { volumeTables } from './tables.ts';
import { volumeActionRoutes } from './volume-actions.ts';
import { volumeRoutes } from './volume-routes.ts';
import { volumeTypeRoutes } from './volume-types.ts';
import { volumeWork } from './volume-work.ts';

export interface VolumeOptions {
  /** A folder for the data of volumes, as sparse files; without it volumes are rows only. */
  readonly dataDir?: string;
  /** This machine's name by default. */
  readonly host?: string;
  /** The first is the default. */
  readonly zones?: readonly string[];
  /** The name of the type of volumes that ask for none; made if it is not there. */
  readonly defaultType?: string;
  /** Limits of projects that have none of their own, where they differ from Cinder's. -1: none. */
  readonly quota?: Partial<Record<VolumeQuotaName, number>>;
}

/** The volume service: Cinder's API, version 3. */
export function volume(options: VolumeOptions = {}): ServiceFactory {
  return (cloud: Cloud): CloudService => {
    const tables = volumeTables(cloud.store);
    const backing = options.dataDir === undefined ? simulatedBacking : fileBacking(options.dataDir);
    const work = volumeWork(cloud, tables, backing);
    const defaultType = options.defaultType ?? '__DEFAULT__';
    if (tables.types.by('name', defaultType).length === 0) {
      tables.types.put({
        id: cloud.uuid(),
        name: defaultType,
        description: 'Default Volume Type',
        isPublic: true,
        extraSpecs: {},
        projects: [],
      });
    }
    const context: VolumeContext = {
      cloud,
      tables,
      backing,
      work,
      host: options.host ?? hostname(),
      zones: options.zones ?? ['nova'],
      defaultType,
      defaultQuota: options.quota ?? {},
    };
    return {
      type: 'volumev3',
      name: 'cinderv3',
      path: '/volume',
      endpoint: '/v3/%(project_id)s',
      routes: (app) => routes(app, context),
      async start() {
        work.start();
      },
      stop: () => work.stop(),
    };
  };
}

function routes(app: FastifyInstance, context: VolumeContext): void {
  answerWithFaults(app, {
    authUrl: `${context.cloud.publicUrl}/identity`,
    isPublic: (request) => /^\/volume(\/v3)?\/?(\?|$)/.test(request.url),
  });
  negotiateMicroversions(app, VOLUME_VERSIONS);

  app.get('/', async (request, reply) => reply.code(300).send({ versions: [versionView(request)] }));
  for (const path of ['/v3', '/v3/']) {
    app.get(path, async (request) => ({ versions: [versionView(request)] }));
  }
  for (const prefix of ['/v3', '/v3/:project_id(^[0-9a-f]{32}$|^[0-9a-f]{8}-[0-9a-f-]{27}$)']) {
    app.register(
      (scope, _options, done) => {
        volumeRoutes(scope, context);
        volumeActionRoutes(scope, context);
        attachmentRoutes(scope, context);
        snapshotRoutes(scope, context);
        volumeTypeRoutes(scope, context);
        quotaRoutes(scope, context);
        serviceRoutes(scope, context);
        done();
      },
      { prefix },
    );
  }
}

function serviceRoutes(app: FastifyInstance, context: VolumeContext): void {
  app.get('/os-availability-zone', async (request) => {
    volumeCaller(request);
    return {
      availabilityZoneInfo: context.zones.map((zoneName) => ({ zoneName, zoneState: { available: true } })),
    };
  });

  app.get('/os-services', async (request) => {
    requireAdmin(request, 'volume_extension:services:index');
    const query = queryOf(request);
    const services = ['cinder-scheduler', 'cinder-volume'].map((binary) => ({
      binary,
      host: binary === 'cinder-volume' ? `${context.host}@gantry` : context.host,
      zone: context.zones[0] ?? 'nova',
      status: 'enabled',
      state: 'up',
      updated_at: shownTime(context.cloud.now().toISOString()),
      disabled_reason: null,
    }));
    return {
      services: services.filter(
        ({ binary, host }) => (query['binary'] ?? binary) === binary && (query['host'] ?? host) === host,
      ),
    };
  });

  // Without a backup service Cinder still lists what there is of backups, and has nowhere to put a new one.
  for (const path of ['/backups', '/backups/detail']) {
    app.get(path, async (request) => {
      volumeCaller(request);
      return { backups: [] };
    });
  }
  app.post('/backups', async (request) => {
    volumeCaller(request);
    throw new Fault(503, 'Service cinder-backup could not be found.');
  });

  app.get('/extensions', async () => ({ extensions: [] }));
}

function versionView(request: FastifyRequest): object {
  const { major, min, max } = VOLUME_VERSIONS;
  return {
    id: 'v3.0',
    status: 'CURRENT',
    version: `${major}.${max}`,
    min_version: `${major}.${min}`,
    updated: '2022-03-30T00:00:00Z',
    links: [
      { rel: 'describedby', type: 'text/html', href: 'https://docs.openstack.org/' },
      { rel: 'self', href: `${request.protocol}://${request.host}/volume/v3/` },
    ],
    'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.volume+json;version=3' }],
  };
}
