import type { Driver } from '../driver/context.ts';
import { DEVICE_OWNER, EXISTING_PORT, idInTags } from '../networks/tags.ts';
import type { NetworkRecord, PortRecord } from '../ports/records.ts';
import type { Port } from '@gantry/openstack';

/** The port of an address that is in no journal: reserved by the original, or before the journal was lost. */
export async function recoverPort(
  driver: Driver,
  network: NetworkRecord,
  address: string,
  mac: string | undefined,
  signal: AbortSignal,
): Promise<PortRecord | undefined> {
  const query = { network_id: network.neutronId, fixed_ips: [`ip_address=${address}`] };
  const found = await driver.neutron.ports.list(query, signal);
  const port = found.find((each) => each.fixed_ips.some((ip) => ip.ip_address === address));
  const usable =
    port !== undefined &&
    port.device_owner === DEVICE_OWNER &&
    port['binding:host_id'] === driver.hostName &&
    port.device_id === '' &&
    (mac === undefined || port.mac_address === mac);
  if (!usable) return undefined;
  const record = portRecord(driver, port, 'reserved');
  driver.journal.ports.put(record);
  return record;
}

/** A port on this host as Neutron alone tells of it. */
export function portRecord(driver: Driver, port: Port, phase: PortRecord['phase']): PortRecord {
  const adopted = port.tags.includes(EXISTING_PORT);
  return {
    id: port.id,
    neutronId: port.network_id,
    mac: port.mac_address,
    addresses: port.fixed_ips.map((ip) => ({
      subnetId: ip.subnet_id,
      address: ip.ip_address,
      claimed: true,
    })),
    before: adopted ? { deviceId: '', deviceOwner: '', hostId: '', mac: port.mac_address } : undefined,
    phase,
    endpointId: idInTags(port.tags),
    status: port.status,
    securityGroups: port.security_groups,
    since: driver.now(),
  };
}
