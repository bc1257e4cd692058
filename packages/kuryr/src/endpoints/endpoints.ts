import type { Driver } from '../driver/context.ts';
import { bridgeOf, hostLink, peerLink, type VethPair } from '../binding/links.ts';
import { portRecord } from './recover-port.ts';
import { idTags } from '../networks/tags.ts';
import type { NetworkRecord, PortRecord } from '../ports/records.ts';

/** The port of an endpoint: from the journal or, for one of the original's, by its tags. */
export async function findEndpoint(
  driver: Driver,
  endpointId: string,
  signal: AbortSignal,
): Promise<PortRecord | undefined> {
  const known = driver.journal.ports.find((port) => port.endpointId === endpointId);
  if (known || driver.reconciled()) return known;
  const [port] = await driver.neutron.ports.list({ tags: idTags(endpointId).join(',') }, signal);
  if (!port) return undefined;
  const record = portRecord(driver, port, 'attached');
  driver.journal.ports.put(record);
  return record;
}

/** The links of a port on this host. */
export function pairOf(driver: Driver, network: NetworkRecord, port: PortRecord): VethPair {
  return {
    host: hostLink(port.id),
    peer: peerLink(port.id),
    mac: port.mac,
    mtu: network.mtu,
    bridge: bridgeOf(network.neutronId),
    owner: driver.linkOwner,
  };
}
