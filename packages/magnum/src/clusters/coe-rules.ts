import { badRequest } from './errors.ts';

/** What each COE can be combined with. */
interface CoeRules {
  readonly networkDrivers: readonly string[];
  readonly defaultNetworkDriver: string;
  readonly volumeDrivers: readonly string[];
}

export const coeRules: Readonly<Record<string, CoeRules>> = {
  kubernetes: {
    networkDrivers: ['flannel', 'calico', 'cilium'],
    defaultNetworkDriver: 'flannel',
    volumeDrivers: ['cinder'],
  },
  swarm: {
    networkDrivers: ['docker', 'flannel'],
    defaultNetworkDriver: 'docker',
    volumeDrivers: ['rexray'],
  },
  'swarm-mode': { networkDrivers: ['docker'], defaultNetworkDriver: 'docker', volumeDrivers: ['rexray'] },
};

/** What a request may name, in the order in which messages list them: the last two have no driver, and their refusal says so. */
export const coes = [...Object.keys(coeRules), 'mesos', 'dcos'];

/** Smallest Docker volume that devicemapper can work with, GB. */
const DEVICEMAPPER_MINIMUM = 3;

/** Network drivers an operator lets users choose, and the one they get without a choice, by COE. */
export interface NetworkDriverSettings {
  /** `all`, or a list. */
  readonly allowed: readonly string[];
  readonly default: string | undefined;
}

/**
 * The network driver of a template: the given one, or the COE's default.
 *
 * @throws MagnumError 400 if the COE doesn't know it, or the operator doesn't allow it
 */
export function networkDriver(
  coe: string,
  given: string | null | undefined,
  settings: NetworkDriverSettings | undefined,
): string {
  const rules = rulesOf(coe);
  const chosen = given ?? settings?.default ?? rules.defaultNetworkDriver;
  if (!rules.networkDrivers.includes(chosen)) {
    throw badRequest(
      `Network driver type ${chosen} is not supported, expecting a ${rules.networkDrivers.join('/')}/unspecified network driver.`,
    );
  }
  const allowed = settings?.allowed ?? ['all'];
  if (!allowed.includes('all') && !allowed.includes(chosen)) {
    throw badRequest(
      `Network driver type ${chosen} is not allowed, expecting a ${allowed.join('/')}/unspecified network driver.`,
    );
  }
  return chosen;
}

/** @throws MagnumError 400 */
export function checkVolumeDriver(coe: string, given: string | null | undefined): void {
  const { volumeDrivers } = rulesOf(coe);
  if (given === null || given === undefined || volumeDrivers.includes(given)) return;
  throw badRequest(
    `Volume driver type ${given} is not supported, expecting a ${volumeDrivers.join('/')}/unspecified volume driver.`,
  );
}

/** @throws MagnumError 400 */
export function checkServerType(given: string): void {
  if (given === 'vm' || given === 'bm') return;
  throw badRequest(`Server type ${given} is not supported, expecting a vm/bm/unspecified server type.`);
}

/** @param size GB @throws MagnumError 400 */
export function checkDockerVolume(driver: string | null | undefined, size: number | null | undefined): void {
  if (driver !== 'devicemapper') return;
  if (typeof size === 'number' && size >= DEVICEMAPPER_MINIMUM) return;
  throw badRequest(
    `docker volume size ${size ?? 'None'} GB is not valid, expecting minimum value ${DEVICEMAPPER_MINIMUM}GB for devicemapper storage driver.`,
  );
}

function rulesOf(coe: string): CoeRules {
  const rules = Object.hasOwn(coeRules, coe) ? coeRules[coe] : undefined;
  if (!rules) throw badRequest(`Requested COE type ${coe} is not supported.`);
  return rules;
}
