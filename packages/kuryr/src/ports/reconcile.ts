import { orUndefined, type Port } from '@gantry/openstack';
import { hostLink } from '../binding/links.ts';
import type { Driver } from '../driver/context.ts';
import { portRecord } from '../endpoints/recover-port.ts';
import { DEVICE_OWNER, hasIdTag } from '../networks/tags.ts';
import { releasePort } from './release-port.ts';
import { isUnusedAndOurs } from './reserve-port.ts';

/** A reserved address that no endpoint took, and one that an endpoint left, are Docker's to give back; this long. */
const UNCLAIMED_MS = 120_000;
const UNUSED_POOL_MS = 600_000;

/**
 * Compares the journal with Neutron and this host, and brings them together: ports of the original's containers are
 * taken over, what Docker forgot is given back, links of dead endpoints are removed. Only what is surely ours is
 * touched. Takes nothing and can be run at any time.
 *
 * @param suspects ids of ports that looked dead the last time; a port has to, twice, before anything is done about it
 * @returns those of this time
 */
export async function reconcile(
  driver: Driver,
  suspects: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Set<string>> {
  const { neutron, hostName } = driver;
  const listed = await neutron.ports.list(
    { device_owner: DEVICE_OWNER, 'binding:host_id': hostName },
    signal,
  );
  const ports = listed.filter((port) => port['binding:host_id'] === hostName);
  const again = new Set<string>();
  for (const port of ports) if (strange(driver, port, suspects)) again.add(port.id);
  await forgetVanished(driver, new Set(ports.map((port) => port.id)), signal);
  for (const id of await settleStrays(driver, suspects)) again.add(id);
  giveBack(driver);
  driver.chores.hasten();
  return again;
}

/** Sees to a port that the journal doesn't know. True if it looks like an orphan of ours for the first time. */
function strange(driver: Driver, port: Port, suspects: ReadonlySet<string>): boolean {
  const { journal, chores, log } = driver;
  if (journal.ports.get(port.id)) return false;
  if (chores.owes((task) => 'portId' in task && task.portId === port.id)) return false;
  if (hasIdTag(port.tags)) {
    const record = portRecord(driver, port, 'attached');
    if (record.endpointId === undefined) return false;
    journal.ports.put(record);
    log.info({ portId: port.id, endpointId: record.endpointId }, "another Kuryr's endpoint is taken over");
    return false;
  }
  if (!isUnusedAndOurs(port, driver.hostName) || !port.tags.includes(DEVICE_OWNER)) return false;
  if (!suspects.has(port.id)) return true;
  log.warn({ portId: port.id }, 'a port that no container has is deleted');
  chores.add({ kind: 'delete-port', portId: port.id });
  return false;
}

/** A running container's port that somebody deleted stays in the journal, so that its link is removed in the end. */
async function forgetVanished(
  driver: Driver,
  present: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const { journal, neutron, log } = driver;
  for (const record of journal.ports.all()) {
    if (present.has(record.id) || record.status === 'GONE') continue;
    if (await orUndefined(neutron.ports.get(record.id, signal))) continue;
    const current = journal.ports.get(record.id);
    if (!current) continue;
    log.warn({ portId: record.id, endpointId: record.endpointId }, 'somebody deleted this port in Neutron');
    if (current.phase === 'reserved') journal.ports.remove(record.id);
    else journal.ports.put({ ...current, status: 'GONE' });
  }
}

function giveBack(driver: Driver): void {
  const { journal, chores, log, now } = driver;
  for (const port of journal.ports.all()) {
    if (port.phase === 'attached' || port.auxiliary === true || port.since > now() - UNCLAIMED_MS) continue;
    log.info({ portId: port.id, phase: port.phase }, 'Docker never gave this address back');
    journal.together(() => void releasePort(driver, port));
  }
  for (const pool of journal.pools.all()) {
    if (pool.phase !== 'held' || pool.since > now() - UNUSED_POOL_MS) continue;
    log.info({ poolId: pool.id, cidr: pool.cidr }, 'Docker never made a network of this range');
    journal.together(() => {
      journal.pools.remove(pool.id);
      chores.add({ kind: 'retire-pool', poolId: pool.id, made: pool.made });
    });
  }
}

/**
 * Looks at links whose container's end is back on the host. Docker moves it there when a container stops, and then says
 * so; if it could not, because nobody listened, the endpoint is as dead.
 *
 * @returns ports that look dead for the first time: Docker may be about to say so
 */
async function settleStrays(driver: Driver, suspects: ReadonlySet<string>): Promise<string[]> {
  const { journal, links, log, linkOwner } = driver;
  const strays = new Map((await links.strays()).map((stray) => [stray.name, stray.owner]));
  const found: string[] = [];
  for (const port of journal.ports.all()) {
    const name = hostLink(port.id);
    if (!strays.delete(name) || port.phase !== 'attached') continue;
    if (!suspects.has(port.id)) {
      found.push(port.id);
      continue;
    }
    log.info(
      { portId: port.id, endpointId: port.endpointId },
      'its container is gone, and Docker never said so',
    );
    journal.together(() => void releasePort(driver, port));
  }
  // A link of another owner is some other driver's, or an older one of the original's: not ours to judge.
  for (const [name, owner] of strays) {
    if (owner !== linkOwner) continue;
    log.info({ link: name }, 'a link that no endpoint has is removed');
    await links.remove(name).catch((error: unknown) => log.warn({ err: error, link: name }, 'it stays'));
  }
  return found;
}
