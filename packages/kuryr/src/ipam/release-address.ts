import type { Port } from '@gantry/openstack';
import type { Driver } from '../driver/context.ts';
import { DEVICE_OWNER, EXISTING_PORT } from '../networks/tags.ts';
import { releasePort } from '../ports/release-port.ts';
import { holderOf } from '../ports/reserve-port.ts';
import type { Chore } from '../ports/records.ts';
import { parseAddress } from './cidr.ts';
import { findPool } from './find-pool.ts';

/** How long Docker is kept waiting for a deletion; after that it is done without it. */
const WAIT_MS = 8_000;

/**
 * ReleaseAddress: deletes the port, or gives an adopted one back, and everything of it on this host. Docker takes no
 * notice of failures and never comes back, so what Neutron doesn't do now is written down and done later.
 */
export async function releaseAddress(
  driver: Driver,
  poolId: string,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  const { journal, chores } = driver;
  const address = parseAddress(text, 'Address');
  const pool = driver.journal.pools.get(poolId) ?? (await findPool(driver, poolId, signal));
  if (!pool || pool.subnetId === undefined) return;
  const port = holderOf(driver, pool.subnetId, address);
  let owed: Chore[] = [];
  if (port) {
    journal.together(() => {
      owed = releasePort(driver, port);
    });
  } else if (driver.reconciled() || pool.gateway?.address === address) {
    // The gateway, an auxiliary address, or the second address of a port that is gone.
    return;
  } else {
    owed = await releaseUnknown(driver, pool.subnetId, address, signal);
  }
  await chores.attempt(owed, AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)]));
  chores.hasten();
}

/** A port that is in no journal: one of the original's, or of a journal that was lost. */
async function releaseUnknown(
  driver: Driver,
  subnetId: string,
  address: string,
  signal: AbortSignal,
): Promise<Chore[]> {
  const fixed_ips = [`subnet_id=${subnetId}`, `ip_address=${address}`];
  const found = await driver.neutron.ports.list({ fixed_ips }, signal);
  const port = found.find((each) =>
    each.fixed_ips.some((ip) => ip.subnet_id === subnetId && ip.ip_address === address),
  );
  if (!port || port['binding:host_id'] !== driver.hostName) return [];
  if (port.tags.includes(EXISTING_PORT)) {
    const before = { deviceId: '', deviceOwner: '', hostId: '', mac: port.mac_address };
    const endpointId = port.device_id;
    return [
      driver.chores.add({ kind: 'unplug', portId: port.id }),
      driver.chores.add({ kind: 'restore-port', portId: port.id, before, endpointId }),
    ];
  }
  if (!isOfKuryr(port)) return [];
  return [
    driver.chores.add({ kind: 'unplug', portId: port.id }),
    driver.chores.add({ kind: 'delete-port', portId: port.id }),
  ];
}

/** Made by this driver or the original: tagged so, or named after the endpoint, as without tags. */
function isOfKuryr(port: Port): boolean {
  if (port.device_owner !== DEVICE_OWNER && port.device_owner !== '') return false;
  return (
    port.tags.includes(DEVICE_OWNER) || (port.device_id !== '' && port.name === `${port.device_id}-port`)
  );
}
