import { dirname } from 'node:path';
import type { FastifyInstance } from 'fastify';
import {
  cloudAccess,
  createCertificates,
  createConductor,
  createMagnumApi,
  createSealer,
  createSessions,
  createWake,
  databaseKeyStore,
  enabledDrivers,
  localKeyStore,
  magnumOptions,
  openStore,
  StoreFileError,
  trustCredential,
  trustOptions,
  type MagnumSettings,
} from '@gantry/magnum';
import { identityClient, type Session } from '@gantry/openstack';
import { loadConfig, type Logger } from '@gantry/oslo';
import { UserError } from '../cli/exit.ts';
import { writePrivate, type DataFolder } from './data-folder.ts';
import { magnumConf } from './magnum-conf.ts';
import type { Secrets } from './secrets.ts';

export interface MagnumParts {
  readonly folder: DataFolder;
  readonly secrets: Secrets;
  readonly publicUrl: string;
  readonly internalUrl: string;
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
  const { folder, secrets } = parts;
  const log = parts.log.child({ service: 'magnum' });
  writePrivate(folder.magnumConf, magnumConf(parts.publicUrl, secrets));
  const settings: MagnumSettings = loadConfig(magnumOptions, { files: [folder.magnumConf] }).values;
  const store = await openStore({ url: `sqlite:///${folder.magnum}` }).catch((error: unknown) => {
    if (error instanceof StoreFileError) throw new UserError(error.message, { cause: error });
    throw error;
  });
  const sessions = createSessions(cloudAccess(settings));
  const drivers = enabledDrivers(settings);
  const certificates = createCertificates({
    store,
    keys:
      settings.certificates.cert_manager_type === 'local'
        ? localKeyStore(settings.certificates.storage_path)
        : databaseKeyStore(),
    csrPolicy: {
      allowedExtensions: settings.x509.allowed_extensions,
      allowedKeyUsage: settings.x509.allowed_key_usage,
      allowCa: settings.x509.allow_ca,
    },
    rsaKeySize: settings.x509.rsa_key_size,
    termOfValidity: settings.x509.term_of_validity,
    now: () => new Date(),
  });
  const sealer = createSealer(Buffer.from(secrets.sealingKey, 'base64'), 'caller');
  const wake = createWake();
  const shared = { store, sessions, drivers, certificates, sealer, wake, log };
  const conductor = createConductor({
    ...shared,
    credentials: trustCredential(trustOptions(settings)),
    host: settings.DEFAULT.host ?? 'devcloud',
    // The data folder belongs to one process at a time.
    alone: true,
    createTimeoutMinutes: settings.cluster_heat.create_timeout,
  });
  const api = createMagnumApi({
    ...shared,
    settings,
    configFolders: [dirname(folder.magnumConf)],
    authUrl: settings.keystone_authtoken.www_authenticate_uri ?? `${parts.publicUrl}/identity`,
    trusteeDomainId: async () => (await sessions.ofTrusteeDomain()?.token())?.body.domain?.id,
  });
  await app.register(api, { prefix: MAGNUM_PATH });

  return {
    async start(admin) {
      await register(admin, parts);
      conductor.start();
    },
    async stop() {
      await conductor.stop();
      await store.close();
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
