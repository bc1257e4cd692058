import type { Caller } from '../../cloud/service.ts';
import { privileged } from '../api/attributes.ts';
import type { FloatingIpGiven } from '../api/resources.ts';
import { NeutronError, badRequest, conflict, floatingIpNotFound } from '../errors.ts';
import { parseIp } from './addresses.ts';
import { newRow, revise, type Context } from './context.ts';
import { networkFor } from './network-access.ts';
import { addPort, portFor, release, removePort } from './ports.ts';
import { checkQuota } from './quotas.ts';
import { DEVICE_OWNER, type FloatingIpRow, type PortRow } from './rows.ts';

export function floatingIpFor(context: Context, caller: Caller, id: string): FloatingIpRow {
  const floating = context.tables.floatingIps.get(id);
  const visible = floating && (privileged(caller) || floating.project_id === caller.projectId);
  if (!visible) throw floatingIpNotFound(id);
  return floating;
}

export function createFloatingIp(
  context: Context,
  caller: Caller,
  projectId: string,
  given: FloatingIpGiven,
): FloatingIpRow {
  const { tables } = context;
  const network = networkFor(context, caller, given.floating_network_id ?? '');
  if (!network['router:external']) {
    throw badRequest('floatingip', `Network ${network.id} is not a valid external network`);
  }
  const subnets = tables.subnets.by('network', network.id).filter((subnet) => subnet.ip_version === 4);
  if (subnets.length === 0) {
    throw badRequest('floatingip', `Network ${network.id} does not contain any IPv4 subnet`);
  }
  checkQuota(context, projectId, 'floatingip');
  const row = newRow(context, projectId, given);
  const wanted = {
    ...(given.subnet_id ? { subnet_id: given.subnet_id } : {}),
    ...(given.floating_ip_address ? { ip_address: given.floating_ip_address } : {}),
  };
  const port = addPort(context, caller, network, '', {
    device_id: row.id,
    device_owner: DEVICE_OWNER.floatingIp,
    ...(Object.keys(wanted).length > 0 ? { fixed_ips: [wanted] } : {}),
  });
  const address = port.fixed_ips.find((ip) => parseIp(ip.ip_address)?.version === 4)?.ip_address;
  if (address === undefined) {
    throw new NeutronError(
      400,
      'ExternalIpAddressExhausted',
      `Unable to find any IP address on external network ${network.id}.`,
    );
  }
  const floating = tables.floatingIps.put({
    ...row,
    floating_network_id: network.id,
    floating_ip_address: address,
    floating_port_id: port.id,
    router_id: null,
    port_id: null,
    fixed_ip_address: null,
    status: 'DOWN',
  });
  return associate(context, caller, floating, given);
}

export function updateFloatingIp(
  context: Context,
  caller: Caller,
  floating: FloatingIpRow,
  given: FloatingIpGiven,
): FloatingIpRow {
  const described =
    given.description === undefined
      ? floating
      : context.tables.floatingIps.put(
          revise<FloatingIpRow>(context, floating, { description: given.description }),
        );
  if (given.port_id === undefined && given.fixed_ip_address === undefined) {
    // An empty update takes the floating IP from its port; one of the description alone leaves it there.
    return given.description === undefined && floating.port_id !== null
      ? release(context, described)
      : described;
  }
  return associate(context, caller, described, given);
}

export function deleteFloatingIp(context: Context, floating: FloatingIpRow): void {
  const { tables } = context;
  if (floating.router_id !== null) context.changed({ kind: 'router', id: floating.router_id });
  tables.floatingIps.delete(floating.id);
  const port = tables.ports.get(floating.floating_port_id);
  if (port) removePort(context, port);
}

function associate(
  context: Context,
  caller: Caller,
  floating: FloatingIpRow,
  given: FloatingIpGiven,
): FloatingIpRow {
  if (given.fixed_ip_address && !given.port_id) {
    throw badRequest('floatingip', 'fixed_ip_address cannot be specified without a port_id');
  }
  if (!given.port_id) return floating.port_id === null ? floating : release(context, floating);
  const port = internalPort(context, caller, floating, given.port_id);
  const fixed = internalAddress(port, given.fixed_ip_address ?? undefined);
  const taken = context.tables.floatingIps
    .by('port', port.id)
    .some((other) => other.id !== floating.id && other.fixed_ip_address === fixed.ip_address);
  if (taken) {
    throw conflict(
      'FloatingIPPortAlreadyAssociated',
      `Cannot associate floating IP ${floating.floating_ip_address} (${floating.id}) with port ${port.id} using fixed IP ${fixed.ip_address}, as that fixed IP already has a floating IP on external network ${floating.floating_network_id}.`,
    );
  }
  const routerId = routerTo(context, port, fixed.subnet_id, floating);
  if (floating.router_id !== null) context.changed({ kind: 'router', id: floating.router_id });
  context.changed({ kind: 'router', id: routerId });
  return context.tables.floatingIps.put(
    revise<FloatingIpRow>(context, floating, {
      port_id: port.id,
      fixed_ip_address: fixed.ip_address,
      router_id: routerId,
      status: 'ACTIVE',
    }),
  );
}

function internalPort(context: Context, caller: Caller, floating: FloatingIpRow, portId: string): PortRow {
  const port = portFor(context, caller, portId);
  if (port.project_id !== floating.project_id && !privileged(caller)) {
    throw badRequest(
      'floatingip',
      `Cannot process floating IP association with Port ${portId}, since that port is owned by a different project`,
    );
  }
  if (port.device_owner.startsWith('network:')) {
    throw badRequest('floatingip', `Port ${portId} is unable to be assigned a floating IP`);
  }
  return port;
}

function internalAddress(
  port: PortRow,
  wanted: string | undefined,
): { ip_address: string; subnet_id: string } {
  const ipv4 = port.fixed_ips.filter((ip) => parseIp(ip.ip_address)?.version === 4);
  if (wanted !== undefined) {
    if (parseIp(wanted)?.version !== 4) {
      throw badRequest(
        'floatingip',
        `Cannot process floating IP association with ${wanted}, since that is not an IPv4 address`,
      );
    }
    const found = ipv4.find((ip) => ip.ip_address === wanted);
    if (found) return found;
    throw badRequest('floatingip', `Port ${port.id} does not have fixed ip ${wanted}`);
  }
  const [first] = ipv4;
  if (!first) {
    throw badRequest(
      'floatingip',
      `Cannot add floating IP to port ${port.id} that has no fixed IPv4 addresses`,
    );
  }
  if (ipv4.length > 1) {
    throw badRequest(
      'floatingip',
      `Port ${port.id} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when assigning a floating IP`,
    );
  }
  return first;
}

/** The router that joins the port's subnet to the external network; the subnet's own gateway before others. */
function routerTo({ tables }: Context, port: PortRow, subnetId: string, floating: FloatingIpRow): string {
  const subnet = tables.subnets.get(subnetId);
  const legs = tables.ports
    .by('subnet', subnetId)
    .filter((leg) => leg.device_owner === DEVICE_OWNER.routerInterface)
    .filter((leg) => {
      const gateway = tables.routers.get(leg.device_id)?.gw_port_id;
      return gateway && tables.ports.get(gateway)?.network_id === floating.floating_network_id;
    });
  const isGateway = (leg: PortRow): boolean =>
    leg.fixed_ips.some((ip) => ip.ip_address === subnet?.gateway_ip);
  const leg = legs.find(isGateway) ?? legs[0];
  if (leg) return leg.device_id;
  throw new NeutronError(
    404,
    'ExternalGatewayForFloatingIPNotFound',
    `External network ${floating.floating_network_id} is not reachable from subnet ${subnetId}.  Therefore, cannot associate Port ${port.id} with a Floating IP.`,
  );
}
