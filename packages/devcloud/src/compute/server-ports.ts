import type { Caller } from '../cloud/service.ts';
import type { ComputeContext } from './context.ts';
import { HypervisorError, type Nic } from './hypervisor.ts';
import { ask, askFor, NeighbourError } from './neighbour.ts';
import { changeServer } from './server-row.ts';
import type { ServerNic, ServerRow } from './tables.ts';

/** What we read of Neutron's ports. */
export interface Port {
  readonly id: string;
  readonly network_id: string;
  readonly project_id: string;
  readonly mac_address: string;
  readonly status: string;
  readonly device_id: string;
  readonly device_owner: string;
  readonly fixed_ips: readonly { readonly subnet_id: string; readonly ip_address: string }[];
  readonly security_groups: readonly string[];
  readonly 'binding:vif_type'?: string;
}

interface Subnet {
  readonly id: string;
  readonly cidr: string;
  readonly ip_version: 4 | 6;
  readonly gateway_ip: string | null;
  readonly dns_nameservers: readonly string[];
  readonly host_routes: readonly { readonly destination: string; readonly nexthop: string }[];
}

interface Network {
  readonly id: string;
  readonly name: string;
  readonly mtu?: number;
}

/**
 * Sees to it that each NIC of a server has its port, bound to this host. A port is noted in the row as
 * soon as it is there; one that was made just before a crash is found again by its device.
 */
export async function plugPorts(context: ComputeContext, server: ServerRow): Promise<Nic[]> {
  const caller = context.novaCaller(server.projectId);
  const orphans = (await portsOf(context, caller, server.id)).filter(
    ({ id }) => !server.nics.some(({ portId }) => portId === id),
  );
  const nics: Nic[] = [];
  for (const [at, nic] of server.nics.entries()) {
    const orphan = orphans.findIndex((port) => nic.portId === undefined && isFor(port, nic));
    const found = orphan < 0 ? undefined : orphans.splice(orphan, 1)[0];
    const port =
      nic.portId === undefined ? (found ?? (await makePort(context, caller, server, nic))) : undefined;
    const portId = nic.portId ?? port?.id ?? '';
    if (port) {
      changeServer(context, server.id, (row) => ({
        nics: row.nics.with(at, { ...nic, portId, networkId: port.network_id }),
      }));
    }
    nics.push(await bindPort(context, caller, server, portId));
  }
  return nics;
}

function isFor(port: Port, nic: ServerNic): boolean {
  if (port.network_id !== nic.networkId) return false;
  return nic.fixedIp === undefined || port.fixed_ips.some(({ ip_address }) => ip_address === nic.fixedIp);
}

/** Makes a port for a server, with the server's security groups, and bound to this host. */
export async function makePort(
  context: ComputeContext,
  caller: Caller,
  server: ServerRow,
  nic: Pick<ServerNic, 'networkId' | 'fixedIp'>,
): Promise<Port> {
  const { port } = await ask<{ port: Port }>(context.cloud, caller, {
    service: 'network',
    method: 'POST',
    path: '/v2.0/ports',
    body: {
      port: {
        network_id: nic.networkId,
        project_id: server.projectId,
        tenant_id: server.projectId,
        admin_state_up: true,
        device_id: server.id,
        device_owner: `compute:${server.zone}`,
        'binding:host_id': context.host,
        ...(nic.fixedIp === undefined ? {} : { fixed_ips: [{ ip_address: nic.fixedIp }] }),
        ...(server.securityGroupIds.length === 0 ? {} : { security_groups: server.securityGroupIds }),
      },
    },
  });
  return port;
}

/** Binds a port to a server on this host, and gathers what the server has to know of it. */
export async function bindPort(
  context: ComputeContext,
  caller: Caller,
  server: Pick<ServerRow, 'id' | 'zone'>,
  portId: string,
): Promise<Nic> {
  const { cloud } = context;
  const { port } = await ask<{ port: Port }>(cloud, caller, {
    service: 'network',
    method: 'PUT',
    path: `/v2.0/ports/${portId}`,
    body: {
      port: {
        device_id: server.id,
        device_owner: `compute:${server.zone}`,
        'binding:host_id': context.host,
      },
    },
  });
  if (port['binding:vif_type'] === 'binding_failed') {
    throw new HypervisorError(
      `Binding failed for port ${portId}, please check neutron logs for more information.`,
    );
  }
  const { network } = await ask<{ network: Network }>(cloud, caller, {
    service: 'network',
    method: 'GET',
    path: `/v2.0/networks/${port.network_id}`,
  });
  const wanted = [...new Set(port.fixed_ips.map(({ subnet_id }) => `id=${subnet_id}`))];
  const { subnets } =
    wanted.length === 0
      ? { subnets: [] }
      : await ask<{ subnets: Subnet[] }>(cloud, caller, {
          service: 'network',
          method: 'GET',
          path: `/v2.0/subnets?${wanted.join('&')}`,
        });
  return {
    portId: port.id,
    networkId: port.network_id,
    mac: port.mac_address,
    mtu: network.mtu ?? 1500,
    tapName: `tap${port.id.slice(0, 11)}`,
    addresses: port.fixed_ips.map(({ subnet_id, ip_address }) => {
      const subnet = subnets.find(({ id }) => id === subnet_id);
      return {
        address: ip_address,
        version: ip_address.includes(':') ? 6 : 4,
        prefixLength: Number(subnet?.cidr.split('/')[1] ?? (ip_address.includes(':') ? 64 : 32)),
        gateway: subnet?.gateway_ip ?? undefined,
        dnsNameservers: subnet?.dns_nameservers ?? [],
        hostRoutes: subnet?.host_routes ?? [],
      };
    }),
  };
}

/**
 * Gives the ports of a server back: those made for it are deleted, those of its owner are let go. Ports
 * that a crash left unnoted are found by their device.
 */
export async function unplugPorts(context: ComputeContext, server: ServerRow): Promise<void> {
  const caller = context.novaCaller(server.projectId);
  for (const nic of server.nics) {
    if (nic.portId !== undefined) await releasePort(context, caller, nic.portId, nic.preserve);
  }
  const known = new Set(server.nics.map(({ portId }) => portId));
  for (const port of await portsOf(context, caller, server.id)) {
    if (known.has(port.id)) continue;
    const ours = server.nics.some((nic) => nic.portId === undefined && isFor(port, nic));
    await releasePort(context, caller, port.id, !ours);
  }
}

/** Deletes a port, or unbinds one that is its owner's. What is gone already is no fault. */
export async function releasePort(
  context: ComputeContext,
  caller: Caller,
  portId: string,
  preserve: boolean,
): Promise<void> {
  const path = `/v2.0/ports/${portId}`;
  await askFor(
    context.cloud,
    caller,
    preserve
      ? {
          service: 'network',
          method: 'PUT',
          path,
          body: { port: { device_id: '', device_owner: '', 'binding:host_id': '' } },
        }
      : { service: 'network', method: 'DELETE', path },
  );
}

export async function portsOf(context: ComputeContext, caller: Caller, serverId: string): Promise<Port[]> {
  try {
    const { ports } = await ask<{ ports: Port[] }>(context.cloud, caller, {
      service: 'network',
      method: 'GET',
      path: `/v2.0/ports?device_id=${serverId}`,
    });
    return ports;
  } catch (error) {
    // A cloud without a network service can still have servers without NICs.
    if (error instanceof NeighbourError && error.status === 503) return [];
    throw error;
  }
}
