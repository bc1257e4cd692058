import { dirname } from 'node:path';
import { StoreFault } from '@gantry/magnum';
import type { FastifyInstance } from 'fastify';
import { identityClient, type Session } from '@gantry/openstack';
import type { Logger } from '@gantry/oslo';
import { UserError } from '../cli/exit.ts';
import { apiOf } from '../magnum/api-of.ts';
import { assembleMagnum } from '../magnum/assemble.ts';
import { conductorOf } from '../magnum/conductor-of.ts';
import { loadMagnumConf } from '../magnum/conf.ts';
import { writePrivate, type DataFolder } from './data-folder.ts';
import { magnumConf } from './magnum-conf.ts';
import type { Secrets } from './secrets.ts';

export interface MagnumParts {
  readonly folder: DataFolder;
  readonly secrets: Secrets;
  readonly publicUrl: string;
  readonly internalUrl: string;
  readonly simulatedServers: boolean;
  readonly log: Logger;
}

export interface RunningMagnum {
  /** Makes it known in the catalog, and takes up what conductors have to do. Once Keystone answers. */
  start(admin: Session): Promise<void>;
  stop(): Promise<void>;
}

/** Where Magnum is mounted. */
export const MAGNUM_PATH = '/container-infra';

/** Magnum's API and a conductor in this process, on a database of their own. */
export async function mountMagnum(app: FastifyInstance, parts: MagnumParts): Promise<RunningMagnum> {
  const { folder, secrets, publicUrl, simulatedServers } = parts;
  const conf = magnumConf({ publicUrl, database: folder.magnum, secrets, simulatedServers });
  writePrivate(folder.magnumConf, conf);
  const { values } = loadMagnumConf({ files: [folder.magnumConf], dirs: [], env: process.env });
  const log = parts.log.child({ service: 'magnum' });
  const magnum = await assembleMagnum(values, log).catch((error: unknown) => {
    if (error instanceof StoreFault) throw new UserError(error.message, { cause: error });
    throw error;
  });
  // The data folder belongs to one process at a time.
  const conductor = conductorOf(magnum, true);
  await app.register(apiOf(magnum, [dirname(folder.magnumConf)]), { prefix: MAGNUM_PATH });

  return {
    async start(admin) {
      await register(admin, parts);
      conductor.start();
    },
    async stop() {
      await conductor.stop();
      await magnum.store.close();
    },
  };
}

/** Puts Magnum into the catalog, or its new addresses if `--listen` has changed. */
async function register(admin: Session, parts: MagnumParts): Promise<void> {
  const { services, endpoints } = identityClient(admin);
  const [found] = await services.list({ type: 'container-infra' });
  const service = found ?? (await services.create({ name: 'magnum', type: 'container-infra' }));
  const known = await endpoints.list({ service_id: service.id });
  const wanted = { public: parts.publicUrl, internal: parts.internalUrl, admin: parts.internalUrl };
  for (const [face, base] of Object.entries(wanted)) {
    const url = `${base}${MAGNUM_PATH}/v1`;
    const there = known.find((endpoint) => endpoint.interface === face);
    if (!there) {
      await endpoints.create({ service_id: service.id, interface: face, region_id: 'RegionOne', url });
    } else if (there.url !== url) {
      await endpoints.update(there.id, { url });
    }
  }
}
