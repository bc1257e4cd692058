import { setTimeout as delay } from 'node:timers/promises';
import {
  cloudAccess,
  createCertificates,
  createSealer,
  createSessions,
  createWake,
  databaseKeyStore,
  derivedSealingKey,
  enabledDrivers,
  loadSealingKey,
  localKeyStore,
  openStore,
  StoreUnreachable,
  type ClusterCertificates,
  type DriverRegistry,
  type Sealer,
  type Sessions,
  type Store,
  type Wake,
} from '@gantry/magnum';
import type { Credentials } from '@gantry/openstack';
import { ConfigError, type Logger } from '@gantry/oslo';
import type { ProcessSettings } from './conf.ts';

/**
 * What API and conductors stand on, as the configuration says; nothing runs yet. They themselves are in files of their
 * own, so that a process of the one doesn't load the other.
 */
export interface MagnumParts {
  readonly settings: ProcessSettings;
  /** As Magnum itself reaches it. */
  readonly keystoneUrl: string;
  readonly store: Store;
  readonly sessions: Sessions;
  readonly drivers: DriverRegistry;
  readonly certificates: ClusterCertificates;
  readonly sealer: Sealer;
  readonly wake: Wake;
  readonly log: Logger;
}

/**
 * The one way from settings to parts: for the embedded cloud, which has all in one process, and for the processes of
 * production.
 *
 * @throws ConfigError if something is missing that only matters once it is needed
 * @throws StoreFault if the database can't be used
 */
export async function assembleMagnum(settings: ProcessSettings, log: Logger): Promise<MagnumParts> {
  const access = cloudAccess(settings);
  const sessions = createSessions(access);
  const drivers = enabledDrivers(settings);
  const sealer = createSealer(sealingKey(settings.gantry.sealing_key_file, access.service), 'caller');
  const store = await reachStore(settings, log);
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
  const keystoneUrl = access.authUrl;
  return { settings, keystoneUrl, store, sessions, drivers, certificates, sealer, wake: createWake(), log };
}

/** Opens the database, and waits for one that isn't up yet as long as oslo.db would. */
export async function reachStore({ database }: ProcessSettings, log: Logger): Promise<Store> {
  const { connection, max_pool_size: kept, max_overflow: more, max_retries, retry_interval } = database;
  if (connection === undefined) {
    const message =
      'is needed: mysql+pymysql://USER:PASSWORD@HOST/DATABASE, postgresql://… or sqlite:///PATH';
    throw new ConfigError([{ group: 'database', option: 'connection', message }]);
  }
  // Both have a value that means "as many as you like".
  const most = kept === 0 || more === -1 ? 1000 : kept + more;
  for (let tries = 1; ; tries += 1) {
    try {
      return await openStore({
        url: connection,
        pool: { kept, most },
        onAdded: (what) => log.info(`added to the database: ${what}`),
      });
    } catch (error) {
      const goesOn = max_retries === -1 || tries < max_retries;
      if (!(error instanceof StoreUnreachable) || !goesOn) throw error;
      log.warn({ err: error }, `${error.message}; trying again in ${retry_interval} s`);
      await delay(retry_interval * 1000);
    }
  }
}

function sealingKey(file: string | undefined, own: Credentials): Uint8Array {
  if (file === undefined) return derivedSealingKey(secretOf(own));
  try {
    return loadSealingKey(file);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigError([{ group: 'gantry', option: 'sealing_key_file', message }]);
  }
}

function secretOf(own: Credentials): string {
  switch (own.type) {
    case 'password':
      return own.password;
    case 'token':
      return own.token;
    case 'application_credential':
      return own.secret;
  }
}
