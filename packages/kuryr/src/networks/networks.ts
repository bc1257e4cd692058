import type { Network, Subnet } from '@gantry/openstack';
import type { Driver } from '../driver/context.ts';
import { KuryrError } from '../driver/errors.ts';
import type { NetworkRecord, SubnetRecord } from '../ports/records.ts';
import { existingNetworkTag, idTags } from './tags.ts';

/** What Neutron says of a subnet, as far as containers need it. */
export function subnetRecord(driver: Driver, subnet: Subnet): SubnetRecord {
  return {
    id: subnet.id,
    neutronId: subnet.network_id,
    cidr: subnet.cidr,
    gateway: subnet.gateway_ip ?? undefined,
    routes: subnet.host_routes,
    seen: driver.now(),
  };
}

/**
 * A Docker network: from the journal, or, for one that the original made or whose journal was lost, by the tags.
 * Undefined if Neutron knows no such network.
 */
export async function findNetwork(
  driver: Driver,
  networkId: string,
  signal: AbortSignal,
): Promise<NetworkRecord | undefined> {
  const known = driver.journal.networks.get(networkId);
  if (known) return known;
  const [network] = await driver.neutron.networks.list({ tags: idTags(networkId).join(',') }, signal);
  if (!network) return undefined;
  const subnets = await driver.neutron.subnets.list({ network_id: network.id }, signal);
  const record = networkRecord(driver, networkId, network, subnets, {
    adopted: network.tags.includes(existingNetworkTag(networkId)),
    internal: false,
  });
  driver.journal.together(() => {
    driver.journal.networks.put(record);
    for (const subnet of subnets) driver.journal.subnets.put(subnetRecord(driver, subnet));
  });
  return record;
}

/** @throws KuryrError 'not-found' */
export async function needNetwork(
  driver: Driver,
  networkId: string,
  signal: AbortSignal,
): Promise<NetworkRecord> {
  const found = await findNetwork(driver, networkId, signal);
  if (found) return found;
  const tags = idTags(networkId).join(',');
  throw new KuryrError(
    'not-found',
    `no Neutron network belongs to Docker network ${networkId.slice(0, 12)} (tags ${tags}); remove it with 'docker network rm' and create it again`,
  );
}

export function networkRecord(
  driver: Driver,
  networkId: string,
  network: Network,
  subnets: readonly Subnet[],
  traits: { readonly adopted: boolean; readonly internal: boolean },
): NetworkRecord {
  return {
    id: networkId,
    neutronId: network.id,
    mtu: network.mtu > 0 ? network.mtu : 1500,
    subnetIds: subnets.map((subnet) => subnet.id),
    since: driver.now(),
    ...traits,
  };
}

/** How old what is known of a network may be before Neutron is asked again, beside other work. */
const FRESH_MS = 30_000;

/** Asks Neutron again for gateways and routes if what is known is old. Keeps the old if Neutron doesn't answer. */
export async function refreshSubnets(driver: Driver, neutronId: string, signal: AbortSignal): Promise<void> {
  const { journal, neutron, log, now } = driver;
  const old = (): boolean =>
    journal.subnets.all().some((known) => known.neutronId === neutronId && known.seen <= now() - FRESH_MS);
  if (!old()) return;
  await driver.inTurn(`subnets ${neutronId}`, async () => {
    if (!old()) return;
    try {
      const subnets = await neutron.subnets.list({ network_id: neutronId }, signal);
      journal.together(() => {
        for (const subnet of subnets) {
          if (journal.subnets.get(subnet.id)) journal.subnets.put(subnetRecord(driver, subnet));
        }
      });
    } catch (error) {
      log.warn({ err: error, neutronId }, 'gateways and routes may be old');
    }
  });
}
