import { badRequest, conflict, forbidden, type ProjectCaller } from '../http/fault.ts';
import type { ComputeContext } from './context.ts';
import { ask, askFor, NeighbourError } from './neighbour.ts';
import type { CreateServerBody } from './server-body.ts';
import type { Port } from './server-ports.ts';
import type { ServerNic } from './tables.ts';

interface Network {
  readonly id: string;
  readonly subnets: readonly string[];
  readonly project_id: string;
  readonly shared: boolean;
  readonly 'router:external'?: boolean;
  readonly port_security_enabled?: boolean;
}

interface NetworkList {
  readonly networks: Network[];
}

/**
 * Which NICs a new server shall have, looked up in the name of whoever asks: a server gets no port of a
 * network that its owner can't see.
 *
 * @param count of servers; a port or a fixed address is good for one only
 * @throws Fault 400, 403 or 409 in Nova's words
 */
export async function askedNics(
  context: ComputeContext,
  caller: ProjectCaller,
  asked: CreateServerBody['server']['networks'],
  count: number,
): Promise<ServerNic[]> {
  if (asked === 'none') return [];
  if (asked === 'auto') return automatic(context, caller);
  if (asked === undefined || asked.length === 0) return allThereIs(context, caller);
  const nics: ServerNic[] = [];
  for (const { uuid, port, fixed_ip: fixedIp, tag } of asked) {
    if (typeof port === 'string') {
      if (fixedIp !== undefined) {
        throw badRequest(
          `Specified fixed IP cannot be used with port ${port}: the two together are not supported.`,
        );
      }
      if (count > 1) {
        throw badRequest(
          'Unable to launch multiple instances with a single configured port ID. Please launch your instance one by one with different ports.',
        );
      }
      const found = await freePort(context, caller, port);
      if (nics.some((nic) => nic.portId === found.id)) throw conflict(`Port ${port} is still in use.`);
      nics.push({ networkId: found.network_id, fixedIp: undefined, tag, portId: found.id, preserve: true });
    } else if (typeof uuid === 'string') {
      if (count > 1 && fixedIp !== undefined) {
        throw badRequest('max_count cannot be greater than 1 if an fixed_ip is specified.');
      }
      const network = await usableNetwork(context, caller, uuid);
      nics.push({ networkId: network.id, fixedIp, tag, portId: undefined, preserve: false });
    } else {
      throw badRequest('Bad networks format: network uuid is not in proper format (None)');
    }
  }
  return nics;
}

async function freePort(context: ComputeContext, caller: ProjectCaller, id: string): Promise<Port> {
  const found = await askFor<{ port: Port }>(context.cloud, caller, {
    service: 'network',
    method: 'GET',
    path: `/v2.0/ports/${id}`,
  });
  if (!found) throw badRequest(`Port id ${id} could not be found.`);
  if (found.port.device_id !== '') throw conflict(`Port ${id} is still in use.`);
  if (found.port.fixed_ips.length === 0) {
    throw badRequest(`Port ${id} requires a FixedIP in order to be used.`);
  }
  return found.port;
}

async function usableNetwork(context: ComputeContext, caller: ProjectCaller, id: string): Promise<Network> {
  const found = await askFor<{ network: Network }>(context.cloud, caller, {
    service: 'network',
    method: 'GET',
    path: `/v2.0/networks/${id}`,
  });
  if (!found) throw badRequest(`Network ${id} could not be found.`);
  const { network } = found;
  if (network['router:external'] === true && !network.shared && !caller.isAdmin) {
    throw forbidden(`It is not allowed to create an interface on external network ${id}`);
  }
  if (network.subnets.length === 0) {
    throw badRequest(`Network ${id} requires a subnet in order to boot instances on.`);
  }
  return network;
}

/** Networks of the project, and if it has none, shared ones. External ones only where the project may use them. */
async function available(context: ComputeContext, caller: ProjectCaller): Promise<Network[]> {
  const list = async (query: string): Promise<Network[]> => {
    try {
      const path = `/v2.0/networks?${query}`;
      return (await ask<NetworkList>(context.cloud, caller, { service: 'network', method: 'GET', path }))
        .networks;
    } catch (error) {
      if (error instanceof NeighbourError && error.status === 503) return [];
      throw error;
    }
  };
  const [own, shared] = await Promise.all([list(`tenant_id=${caller.projectId}`), list('shared=true')]);
  const all = new Map([...own, ...shared].map((network) => [network.id, network]));
  return [...all.values()].filter(
    (network) => network['router:external'] !== true && network.subnets.length > 0,
  );
}

async function allThereIs(context: ComputeContext, caller: ProjectCaller): Promise<ServerNic[]> {
  const networks = await available(context, caller);
  if (networks.length > 1) {
    throw conflict('Multiple possible networks found, use a Network ID to be more specific.');
  }
  return networks.map((network) => nicOn(network.id));
}

async function automatic(context: ComputeContext, caller: ProjectCaller): Promise<ServerNic[]> {
  const networks = await available(context, caller);
  if (networks.length > 1) {
    throw conflict('Multiple possible networks found, use a Network ID to be more specific.');
  }
  const [only] = networks;
  if (only) return [nicOn(only.id)];
  try {
    const { auto_allocated_topology: topology } = await ask<{ auto_allocated_topology: { id: string } }>(
      context.cloud,
      caller,
      { service: 'network', method: 'GET', path: `/v2.0/auto-allocated-topology/${caller.projectId}` },
    );
    return [nicOn(topology.id)];
  } catch (error) {
    if (!(error instanceof NeighbourError)) throw error;
    throw badRequest(`Unable to automatically allocate a network for project ${caller.projectId}`);
  }
}

function nicOn(networkId: string): ServerNic {
  return { networkId, fixedIp: undefined, tag: undefined, portId: undefined, preserve: false };
}

/**
 * Security groups by name or id.
 *
 * @throws Fault 400 for an unknown one, 409 for a name that several have
 */
export async function askedSecurityGroups(
  context: ComputeContext,
  caller: ProjectCaller,
  asked: readonly { readonly name: string }[],
): Promise<string[]> {
  // Neutron gives a port its project's default group by itself.
  const wanted = [...new Set(asked.map(({ name }) => name))];
  if (wanted.length === 0 || (wanted.length === 1 && wanted[0] === 'default')) return [];
  const find = await securityGroupFinder(context, caller);
  return wanted.map((name) => {
    const id = find(name);
    if (id === undefined) throw badRequest(noSecurityGroup(name, caller));
    return id;
  });
}

/**
 * Reads the project's security groups once, and finds their ids by name or id.
 *
 * @throws Fault 409, when asked for a name that several have
 */
export async function securityGroupFinder(
  context: ComputeContext,
  caller: ProjectCaller,
): Promise<(name: string) => string | undefined> {
  const { security_groups: groups } = await ask<{ security_groups: { id: string; name: string }[] }>(
    context.cloud,
    caller,
    {
      service: 'network',
      method: 'GET',
      path: `/v2.0/security-groups?fields=id&fields=name&tenant_id=${caller.projectId}`,
    },
  );
  return (name) => {
    if (groups.some(({ id }) => id === name)) return name;
    const matching = groups.filter((group) => group.name === name);
    if (matching.length > 1) {
      throw conflict(`Multiple security groups found matching '${name}'. Use an ID to be more specific.`);
    }
    return matching[0]?.id;
  };
}

export function noSecurityGroup(name: string, caller: ProjectCaller): string {
  return `Security group ${name} not found for project ${caller.projectId}.`;
}
