/** The cluster service: its API, its conductors and what they stand on. */
export { createMagnumApi, type MagnumApiOptions } from './api/magnum-api.ts';
export { refuseAddress } from './api/wire/exchange.ts';
export { apiOptions, type ApiSettings } from './api/configuration/settings.ts';
export {
  createCertificates,
  type CertificatesOptions,
  type ClusterCertificates,
} from './certificates/cluster-certificates.ts';
export { databaseKeyStore, localKeyStore, type KeyStore } from './certificates/key-store.ts';
export { createSealer, derivedSealingKey, loadSealingKey, type Sealer } from './certificates/sealing.ts';
export { openStore, type StoreOptions } from './store/open-store.ts';
export { DatabaseUrlError, parseDatabaseUrl } from './store/database-url.ts';
export { StoreFault, StoreFileError, StoreUnreachable } from './store/faults.ts';
export type { Store } from './store/store.ts';
export {
  clientGroups,
  cloudAccess,
  conductorOptions,
  enabledDrivers,
  heatOptions,
  trustOptions,
  type ConductorSettings,
} from './operations/conductor-settings.ts';
export { createConductor, type Conductor, type ConductorOptions } from './operations/conductor.ts';
export { createSessions, type CloudAccess, type Sessions } from './operations/sessions.ts';
export { trustCredential, type TrustOptions } from './operations/trust-credential.ts';
export { createWake, type Wake } from './operations/wake.ts';
export type { Driver } from './drivers/driver.ts';
export { createDriverRegistry, type DriverRegistry } from './drivers/registry.ts';
export { magnumOptions, type MagnumSettings } from './api/configuration/magnum-conf.ts';
export { foreignOptions } from './api/configuration/foreign-options.ts';
