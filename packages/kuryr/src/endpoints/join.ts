import { peerLink } from '../binding/links.ts';
import type { Driver } from '../driver/context.ts';
import { KuryrError } from '../driver/errors.ts';
import { contains, parseCidr } from '../ipam/cidr.ts';
import { needNetwork, refreshSubnets } from '../networks/networks.ts';
import type { SubnetRecord } from '../ports/records.ts';
import { findEndpoint, pairOf } from './endpoints.ts';
import { waitUntilActive } from './wait-until-active.ts';

export interface StaticRoute {
  readonly destination: string;
  readonly nextHop: string;
}

/** What Docker does to the container's side. */
export interface Joined {
  /** On the host; Docker moves and renames it. */
  readonly source: string;
  readonly gateway: string;
  readonly gatewayV6: string;
  readonly routes: readonly StaticRoute[];
}

/** Join: names the link for the container, which is plugged in by then, and the ways out that its subnets have. */
export async function join(
  driver: Driver,
  networkId: string,
  endpointId: string,
  signal: AbortSignal,
): Promise<Joined> {
  const [network, port] = [
    await needNetwork(driver, networkId, signal),
    await findEndpoint(driver, endpointId, signal),
  ];
  if (!port) {
    throw new KuryrError(
      'not-found',
      `no Neutron port serves endpoint ${endpointId.slice(0, 12)}; start the container again`,
    );
  }
  const plugged = driver.wiring.complete(pairOf(driver, network, port));
  await Promise.all([plugged, refreshSubnets(driver, network.neutronId, signal)]);
  if (driver.config.pluggingIsFatal) await waitUntilActive(driver, port.id, signal);
  const subnets = port.addresses
    .filter((address) => address.claimed)
    .map((address) => driver.journal.subnets.get(address.subnetId))
    .filter((subnet) => subnet !== undefined);
  const routes = network.internal ? [] : subnets.flatMap((subnet) => usableRoutes(driver, subnet, subnets));
  return {
    source: peerLink(port.id),
    gateway: network.internal ? '' : gatewayOf(subnets, routes, 4),
    gatewayV6: network.internal ? '' : gatewayOf(subnets, routes, 6),
    routes: routes.filter((route) => !isDefault(route)),
  };
}

/** A host route of the whole Internet wins over the subnet's gateway, as it does with DHCP. */
function gatewayOf(subnets: readonly SubnetRecord[], routes: readonly StaticRoute[], version: 4 | 6): string {
  const fits = (address: string): boolean => address.includes(':') === (version === 6);
  const route = routes.find((each) => isDefault(each) && fits(each.nextHop));
  return (
    route?.nextHop ??
    subnets.map((subnet) => subnet.gateway ?? '').find((each) => each !== '' && fits(each)) ??
    ''
  );
}

/** Docker fails the whole start over a route whose next hop it can't reach. */
function usableRoutes(driver: Driver, subnet: SubnetRecord, subnets: readonly SubnetRecord[]): StaticRoute[] {
  const ranges = subnets.map((each) => parseCidr(each.cidr, 'Subnet'));
  return subnet.routes.flatMap(({ destination, nexthop }) => {
    if (ranges.some((range) => contains(range, nexthop))) return [{ destination, nextHop: nexthop }];
    driver.log.warn(
      { subnetId: subnet.id, destination, nexthop },
      'host route left out: its next hop is on no subnet here',
    );
    return [];
  });
}

function isDefault(route: StaticRoute): boolean {
  return route.destination.endsWith('/0');
}
