import { isNotFound, orUndefined, type NewPort } from '@gantry/openstack';
import { hostLink } from '../binding/links.ts';
import type { Driver } from '../driver/context.ts';
import { DEVICE_OWNER, EXISTING_PORT, idTags } from '../networks/tags.ts';
import type { Task } from './records.ts';
import { isUnusedAndOurs } from './reserve-port.ts';

type PortTask<K extends Task['kind']> = Extract<Task, { kind: K }>;

/** Deletes what a POST made whose answer never came. */
export async function forgetPort(
  driver: Driver,
  task: PortTask<'forget-port'>,
  signal: AbortSignal,
): Promise<void> {
  const query = { network_id: task.neutronId, mac_address: task.mac };
  for (const port of await driver.neutron.ports.list(query, signal)) {
    if (driver.journal.ports.get(port.id) || !isUnusedAndOurs(port, driver.hostName)) continue;
    await gone(driver.neutron.ports.delete(port.id, signal));
    driver.log.info({ portId: port.id }, 'a port of an unfinished request is deleted');
  }
}

/** Tells Neutron which endpoint a port serves, in two calls. The container runs already. */
export async function markPort(
  driver: Driver,
  { portId }: PortTask<'mark-port'>,
  signal: AbortSignal,
): Promise<void> {
  const { neutron, journal } = driver;
  const record = journal.ports.get(portId);
  if (record?.phase !== 'attached' || record.endpointId === undefined) return;
  const ids = idTags(record.endpointId);
  const change: NewPort =
    record.before && record.before.deviceId !== '' ? {} : { device_id: record.endpointId };
  const tagging = record.before
    ? Promise.all([EXISTING_PORT, ...ids].map((tag) => neutron.addTag('ports', portId, tag, signal)))
    : neutron.setTags('ports', portId, [DEVICE_OWNER, ...ids], signal);
  try {
    const [port] = await Promise.all([neutron.ports.update(portId, change, { signal }), tagging]);
    const current = journal.ports.get(portId);
    if (current) journal.ports.put({ ...current, status: port.status });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    driver.log.warn(
      { portId, endpointId: record.endpointId },
      'somebody deleted the port of a running container',
    );
  }
}

export async function deletePort(
  driver: Driver,
  { portId }: PortTask<'delete-port'>,
  signal: AbortSignal,
): Promise<void> {
  await gone(driver.neutron.ports.delete(portId, signal));
}

/** Gives an adopted port back as it was found, unless it serves somebody else by now. */
export async function restorePort(
  driver: Driver,
  task: PortTask<'restore-port'>,
  signal: AbortSignal,
): Promise<void> {
  const { neutron } = driver;
  const { portId, before } = task;
  const port = await orUndefined(neutron.ports.get(portId, signal));
  if (!port) return;
  const ours = task.endpointId === undefined ? [] : idTags(task.endpointId);
  const mine = [EXISTING_PORT, ...ours].filter((tag) => port.tags.includes(tag));
  await gone(Promise.all(mine.map((tag) => neutron.removeTag('ports', portId, tag, signal))));
  if (port['binding:host_id'] !== driver.hostName) return;
  await gone(
    neutron.ports.update(
      portId,
      { device_owner: before.deviceOwner, device_id: before.deviceId, 'binding:host_id': before.hostId },
      { signal },
    ),
  );
  // Only an unbound port's MAC can change, so not in the same update.
  if (port.mac_address !== before.mac) {
    await gone(neutron.ports.update(portId, { mac_address: before.mac }, { signal }));
  }
}

export async function unplug(driver: Driver, { portId }: PortTask<'unplug'>): Promise<void> {
  await driver.wiring.remove(hostLink(portId));
}

/** What is gone needs not be removed. */
export async function gone(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
