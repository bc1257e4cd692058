import type { NetworkRow, PortRow } from '../model/rows.ts';
import type { Link, Links } from './links.ts';
import { bridgeMac, bridgeName, tapName } from './names.ts';

/** How this cloud marks what it makes. */
export interface Mark {
  readonly alias: string;
  readonly group: number;
}

/** The line that makes a network's bridge: no spanning tree and no forward delay, so that a port works at once. */
export function newBridgeLine(network: NetworkRow): string {
  return `link add name ${bridgeName(network.id)} ${bridgeTraits(network)}`;
}

/** The line that makes a bridge that somebody else has made such a one. */
export function foundBridgeLine(network: NetworkRow): string {
  return `link set dev ${bridgeName(network.id)} ${bridgeTraits(network)}`;
}

function bridgeTraits(network: NetworkRow): string {
  return `address ${bridgeMac(network.id)} mtu ${network.mtu} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`;
}

/**
 * Kernel parameters of a new bridge, set before it is up. Without them the host would be on every network:
 * it answers ARP for any address of its own, on whichever interface it is asked, and has IPv6 link-local
 * addresses. On an external network it is the gateway, and answers for just that.
 */
export function bridgeSettings(network: NetworkRow): string[] {
  const name = bridgeName(network.id);
  return network['router:external']
    ? [`net/ipv4/conf/${name}/arp_ignore=1`]
    : [`net/ipv4/conf/${name}/arp_ignore=8`, `net/ipv6/conf/${name}/disable_ipv6=1`];
}

/** Lines that bring a bridge to what it should be. */
export function bridgeLines(network: NetworkRow, bridge: Link, mark: Mark): string[] {
  if (bridge.up && bridge.mtu === network.mtu && bridge.alias === mark.alias) return [];
  return [
    `link set dev ${bridge.name} mtu ${network.mtu} alias ${mark.alias} group ${mark.group} addrgenmode none up`,
  ];
}

/** Lines that plug a port's interface into its network's bridge, or unplug it while either is switched off. */
export function plugLines(port: PortRow, network: NetworkRow, tap: Link): string[] {
  const bridge = bridgeName(network.id);
  if (!isSwitchedOn(port, network)) {
    return tap.master === undefined && !tap.up ? [] : [`link set dev ${tap.name} nomaster down`];
  }
  if (isPlugged(port, network, tap)) return [];
  const mtu = tap.mtu === network.mtu ? '' : ` mtu ${network.mtu}`;
  // The host must not speak on it, so no link-local address; it goes first, since `up` would make one.
  return [`link set dev ${tap.name} addrgenmode none`, `link set dev ${tap.name} master ${bridge}${mtu} up`];
}

export function isSwitchedOn(port: PortRow, network: NetworkRow): boolean {
  return port.admin_state_up && network.admin_state_up;
}

export function isPlugged(port: PortRow, network: NetworkRow, tap: Link | undefined): boolean {
  return (
    tap !== undefined &&
    isSwitchedOn(port, network) &&
    tap.master === bridgeName(network.id) &&
    tap.up &&
    tap.mtu === network.mtu
  );
}

/** The interface of a port, if it is on this machine. */
export function tapOf(links: Links, port: PortRow): Link | undefined {
  return links.find(tapName(port.id));
}
