import { OpenStackError, type NewPort, type Port } from '@gantry/openstack';
import type { Driver } from '../driver/context.ts';
import { KuryrError } from '../driver/errors.ts';
import { DEVICE_OWNER } from '../networks/tags.ts';
import { checkBinding } from './check-binding.ts';
import type { PortRecord, SubnetRecord } from './records.ts';

export interface Taken {
  readonly subnet: SubnetRecord;
  readonly address: string | undefined;
  readonly mac: string;
}

/**
 * Takes over the port that has the wanted address or else MAC: a user made it for this container. Undefined if there is
 * none; 'try-again' if it was one of ours on its way out, which is gone now.
 *
 * @throws KuryrError 'conflict' if it serves somebody, with who that is
 */
export async function adoptPort(
  driver: Driver,
  taken: Taken,
  signal: AbortSignal,
): Promise<PortRecord | 'try-again' | undefined> {
  let port = await portOf(driver, taken, signal);
  if (!port) return undefined;
  const owed = driver.journal.chores.all().filter(({ task }) => {
    if (task.kind !== 'delete-port' && task.kind !== 'restore-port') return false;
    return task.portId === port?.id;
  });
  if (owed.length > 0) {
    await driver.chores.attempt(owed, signal);
    port = await portOf(driver, taken, signal);
    if (!port) return 'try-again';
  }
  refuseUsed(driver, port, taken);
  return bindToHost(driver, port, taken, signal);
}

async function portOf(driver: Driver, taken: Taken, signal: AbortSignal): Promise<Port | undefined> {
  const { subnet, address, mac } = taken;
  const network_id = subnet.neutronId;
  if (address !== undefined) {
    const fixed_ips = [`subnet_id=${subnet.id}`, `ip_address=${address}`];
    const found = await driver.neutron.ports.list({ network_id, fixed_ips }, signal);
    // The filter means any of the subnets and any of the addresses.
    const exact = found.find((port) =>
      port.fixed_ips.some((ip) => ip.subnet_id === subnet.id && ip.ip_address === address),
    );
    if (exact) return exact;
  }
  const found = await driver.neutron.ports.list({ network_id, mac_address: mac }, signal);
  const exact = found.find((port) => port.fixed_ips.some((ip) => ip.subnet_id === subnet.id));
  if (exact && address !== undefined) {
    const has = exact.fixed_ips.map((ip) => ip.ip_address).join(', ');
    throw new KuryrError(
      'conflict',
      `MAC ${mac} belongs to Neutron port ${exact.id}, which has ${has}, not ${address}`,
    );
  }
  return exact;
}

function refuseUsed(driver: Driver, port: Port, { address, mac }: Taken): void {
  const what = address === undefined ? `MAC ${mac}` : `address ${address}`;
  const refuse = (by: string): never => {
    throw new KuryrError('conflict', `${what} is in use by ${by} (Neutron port ${port.id}); choose another`);
  };
  const host = port['binding:host_id'] ?? '';
  if (driver.journal.ports.get(port.id)) refuse('a container on this host');
  if (port.device_owner !== '' && port.device_owner !== DEVICE_OWNER)
    refuse(`a device of kind ${port.device_owner}`);
  if (host !== '' && host !== driver.hostName) refuse(`something on host ${host}`);
}

async function bindToHost(
  driver: Driver,
  port: Port,
  taken: Taken,
  signal: AbortSignal,
): Promise<PortRecord> {
  const { journal, chores, hostName } = driver;
  const host = port['binding:host_id'] ?? '';
  const before = {
    // The original leaves the id of a dead endpoint behind: 64 hexadecimal digits, and no owner.
    deviceId: port.device_owner === '' && /^[0-9a-f]{64}$/.test(port.device_id) ? '' : port.device_id,
    deviceOwner: port.device_owner,
    hostId: host,
    mac: port.mac_address,
  };
  const record: PortRecord = {
    id: port.id,
    neutronId: port.network_id,
    mac: taken.mac,
    addresses: port.fixed_ips.map((ip) => ({
      subnetId: ip.subnet_id,
      address: ip.ip_address,
      claimed: ip.subnet_id === taken.subnet.id && (taken.address ?? ip.ip_address) === ip.ip_address,
    })),
    before,
    phase: 'reserved',
    status: port.status,
    securityGroups: port.security_groups,
    since: driver.now(),
  };
  // A router with distributed gateways needs host and owner in one update. Source: Launchpad 1802163.
  const change: NewPort = {
    ...(host === hostName ? {} : { 'binding:host_id': hostName, device_owner: DEVICE_OWNER }),
    ...(port.mac_address === taken.mac ? {} : { mac_address: taken.mac }),
    ...(port.admin_state_up ? {} : { admin_state_up: true }),
  };
  journal.ports.put(record);
  try {
    const changed =
      Object.keys(change).length === 0
        ? port
        : await driver.neutron.ports.update(port.id, change, { signal, ifRevision: port.revision_number });
    await checkBinding(driver, changed, signal);
    return record;
  } catch (error) {
    journal.together(() => {
      journal.ports.remove(port.id);
      chores.add({ kind: 'restore-port', portId: port.id, before });
    });
    chores.hasten();
    throw refusalToAdopt(error, port, taken);
  }
}

function refusalToAdopt(error: unknown, port: Port, taken: Taken): unknown {
  if (!(error instanceof OpenStackError)) return error;
  if (error.status === 412) {
    const text = `Neutron port ${port.id} was changed by somebody else at the same moment; try again`;
    return new KuryrError('conflict', text, { cause: error });
  }
  if (error.status === 409 && port.mac_address !== taken.mac) {
    const text = `Neutron port ${port.id} is bound already, so its MAC can't be changed: add --mac-address ${port.mac_address}`;
    return new KuryrError('conflict', text, { cause: error });
  }
  return error;
}
