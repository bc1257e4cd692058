import type { Caller } from '../cloud/service.ts';
import type { ComputeContext } from './context.ts';
import { ask } from './neighbour.ts';
import type { Port } from './server-ports.ts';
import type { ServerRow } from './tables.ts';

export interface Address {
  readonly addr: string;
  readonly version: 4 | 6;
  readonly 'OS-EXT-IPS:type': 'fixed' | 'floating';
  readonly 'OS-EXT-IPS-MAC:mac_addr': string;
}

/** What Neutron says of a server, as of now. */
export interface NetworkView {
  /** By the network's name, in the order of the server's NICs. */
  readonly addresses: Readonly<Record<string, readonly Address[]>>;
  readonly securityGroups: readonly string[];
  readonly ports: readonly Port[];
}

export const NO_NETWORK: NetworkView = { addresses: {}, securityGroups: [], ports: [] };

interface FloatingIp {
  readonly port_id: string | null;
  readonly fixed_ip_address: string | null;
  readonly floating_ip_address: string;
}

/**
 * Addresses and security groups of servers, read from Neutron with four requests for all of them. Nova keeps
 * a copy that lags behind; asked in process, the truth costs no more.
 */
export async function networkViews(
  context: ComputeContext,
  servers: readonly ServerRow[],
): Promise<Map<string, NetworkView>> {
  const views = new Map<string, NetworkView>();
  const plugged = servers.filter(({ nics }) => nics.length > 0);
  if (plugged.length === 0) return views;
  try {
    const caller = context.novaCaller();
    const ports = await rows<Port>(
      context,
      caller,
      'ports',
      'device_id',
      plugged.map(({ id }) => id),
    );
    const [networks, groups, floating] = await Promise.all([
      rows<{ id: string; name: string }>(
        context,
        caller,
        'networks',
        'id',
        ports.map((port) => port.network_id),
      ),
      rows<{ id: string; name: string }>(
        context,
        caller,
        'security-groups',
        'id',
        ports.flatMap((port) => port.security_groups),
      ),
      rows<FloatingIp>(
        context,
        caller,
        'floatingips',
        'port_id',
        ports.map(({ id }) => id),
      ),
    ]);
    const networkNames = new Map(networks.map(({ id, name }) => [id, name]));
    const groupNames = new Map(groups.map(({ id, name }) => [id, name]));
    const byServer = Map.groupBy(ports, (port) => port.device_id);
    for (const server of plugged) {
      const order = server.nics.map(({ portId }) => portId);
      const own = (byServer.get(server.id) ?? []).toSorted(
        (a, b) => order.indexOf(a.id) - order.indexOf(b.id),
      );
      views.set(server.id, {
        addresses: addressesOf(own, floating, networkNames),
        securityGroups: [
          ...new Set(own.flatMap((port) => port.security_groups.map((id) => groupNames.get(id) ?? id))),
        ],
        ports: own,
      });
    }
  } catch (error) {
    context.cloud.log.warn({ err: error }, 'Neutron does not say which addresses servers have');
  }
  return views;
}

async function rows<T>(
  context: ComputeContext,
  caller: Caller,
  collection: string,
  filter: string,
  values: readonly string[],
): Promise<T[]> {
  const unique = [...new Set(values)];
  if (unique.length === 0) return [];
  const query = unique.map((value) => `${filter}=${encodeURIComponent(value)}`).join('&');
  const body = await ask<Record<string, T[]>>(context.cloud, caller, {
    service: 'network',
    method: 'GET',
    path: `/v2.0/${collection}?${query}`,
  });
  return body[collection.replaceAll('-', '_')] ?? [];
}

function addressesOf(
  ports: readonly Port[],
  floating: readonly FloatingIp[],
  names: ReadonlyMap<string, string>,
): Record<string, Address[]> {
  const addresses: Record<string, Address[]> = {};
  for (const port of ports) {
    const list = (addresses[names.get(port.network_id) ?? port.network_id] ??= []);
    for (const { ip_address: ip } of port.fixed_ips) {
      list.push(address(port, ip, 'fixed'));
      for (const above of floating) {
        if (above.port_id === port.id && above.fixed_ip_address === ip) {
          list.push(address(port, above.floating_ip_address, 'floating'));
        }
      }
    }
  }
  return addresses;
}

function address(port: Port, addr: string, type: 'fixed' | 'floating'): Address {
  return {
    addr,
    version: addr.includes(':') ? 6 : 4,
    'OS-EXT-IPS:type': type,
    'OS-EXT-IPS-MAC:mac_addr': port.mac_address,
  };
}
