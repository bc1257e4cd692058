import type { Caller } from '../../cloud/service.ts';
import { badRequest, conflict, invalid, NeutronError } from '../errors.ts';
import { contains, parseIp } from './addresses.ts';
import { revise, type Context } from './context.ts';
import { cidrOf } from './ipam.ts';
import { networkFor } from './network-access.ts';
import { addPort, portFor, removePort } from './ports.ts';
import { checkQuota } from './quotas.ts';
import { checkOverlap, interfacesOf } from './router-ports.ts';
import { DEVICE_OWNER, type PortRow, type RouterRow } from './rows.ts';
import { subnetFor } from './subnets.ts';

/** What adding and taking away of interfaces answers with. */
export interface InterfaceInfo {
  readonly id: string;
  readonly tenant_id: string;
  readonly project_id: string;
  readonly port_id: string;
  readonly network_id: string;
  readonly subnet_id: string;
  readonly subnet_ids: readonly string[];
}

/** A subnet or a port, as a request to add or take away an interface names it. */
export interface InterfaceGiven {
  readonly subnet_id?: string;
  readonly port_id?: string;
}

export function addInterface(
  context: Context,
  caller: Caller,
  router: RouterRow,
  given: InterfaceGiven,
): InterfaceInfo {
  if (given.subnet_id !== undefined && given.port_id !== undefined) {
    throw badRequest('router', 'Cannot specify both subnet-id and port-id');
  }
  const port =
    given.port_id === undefined
      ? addBySubnet(context, caller, router, given.subnet_id ?? '')
      : addByPort(context, caller, router, given.port_id);
  touch(context, router);
  context.changed({ kind: 'port', id: port.id });
  return infoOf(router, port);
}

function addBySubnet(context: Context, caller: Caller, router: RouterRow, subnetId: string): PortRow {
  const subnet = subnetFor(context, caller, subnetId);
  if (subnet.gateway_ip === null) {
    throw badRequest('router', 'Subnet for router interface must have a gateway IP');
  }
  checkOverlap(context, router, [subnet]);
  const network = networkFor(context, caller, subnet.network_id);
  const fixed = { subnet_id: subnet.id, ip_address: subnet.gateway_ip };
  const shared = interfacesOf(context, router).find(
    (port) => subnet.ip_version === 6 && port.network_id === network.id && isIpv6(port),
  );
  if (shared) {
    const fixed_ips = [...shared.fixed_ips, fixed];
    return context.tables.ports.put(revise<PortRow>(context, shared, { fixed_ips }));
  }
  checkQuota(context, router.project_id, 'port');
  return addPort(context, caller, network, router.project_id, {
    device_id: router.id,
    device_owner: DEVICE_OWNER.routerInterface,
    fixed_ips: [fixed],
    'binding:host_id': context.settings.hosts[0] ?? '',
  });
}

function addByPort(context: Context, caller: Caller, router: RouterRow, portId: string): PortRow {
  const port = portFor(context, caller, portId);
  if (port.device_id !== '') {
    throw conflict(
      'PortInUse',
      `Unable to complete operation on port ${port.id} for network ${port.network_id}. Port already has an attached device ${port.device_id}.`,
    );
  }
  if (port.fixed_ips.length === 0) throw badRequest('router', 'Router port must have at least one fixed IP');
  const subnets = port.fixed_ips.flatMap((ip) => context.tables.subnets.get(ip.subnet_id) ?? []);
  if (subnets.filter((subnet) => subnet.ip_version === 4).length > 1) {
    throw badRequest('router', 'Cannot have multiple IPv4 subnets on router port');
  }
  checkOverlap(context, router, subnets);
  return context.tables.ports.put(
    revise<PortRow>(context, port, {
      device_id: router.id,
      device_owner: DEVICE_OWNER.routerInterface,
      // Traffic through a router does not carry the addresses of its port, so that a filter would stop it.
      security_groups: [],
      allowed_address_pairs: [],
      port_security_enabled: false,
      'binding:host_id': context.settings.hosts[0] ?? '',
      'binding:vif_type': 'bridge',
      'binding:vif_details': { connectivity: 'l2', port_filter: context.settings.filters },
      status: context.settings.dataPlane === 'simulated' ? 'ACTIVE' : port.status,
    }),
  );
}

export function removeInterface(
  context: Context,
  caller: Caller,
  router: RouterRow,
  given: InterfaceGiven,
): InterfaceInfo {
  const { tables } = context;
  const interfaces = interfacesOf(context, router);
  const port =
    given.port_id === undefined
      ? interfaces.find((one) => one.fixed_ips.some((ip) => ip.subnet_id === given.subnet_id))
      : interfaces.find((one) => one.id === given.port_id);
  if (!port) {
    if (given.port_id !== undefined) {
      throw new NeutronError(
        404,
        'RouterInterfaceNotFound',
        `Router ${router.id} does not have an interface with id ${given.port_id}`,
      );
    }
    subnetFor(context, caller, given.subnet_id ?? '');
    throw new NeutronError(
      404,
      'RouterInterfaceNotFoundForSubnet',
      `Router ${router.id} has no interface on subnet ${given.subnet_id}`,
    );
  }
  const subnetIds = port.fixed_ips.map((ip) => ip.subnet_id);
  if (given.port_id !== undefined && given.subnet_id !== undefined && !subnetIds.includes(given.subnet_id)) {
    throw invalid(
      'SubnetMismatchForPort',
      `Subnet on port ${port.id} does not match the requested subnet ${given.subnet_id}.`,
    );
  }
  const leaving =
    given.port_id === undefined && given.subnet_id !== undefined ? [given.subnet_id] : subnetIds;
  for (const id of leaving) checkSubnetLeaves(context, router, id);
  const rest = port.fixed_ips.filter((ip) => !leaving.includes(ip.subnet_id));
  if (rest.length > 0) {
    tables.ports.put(revise<PortRow>(context, port, { fixed_ips: rest }));
    context.changed({ kind: 'port', id: port.id });
  } else {
    removePort(context, port);
  }
  touch(context, router);
  const [first = ''] = leaving;
  return { ...infoOf(router, port), subnet_id: first, subnet_ids: leaving };
}

function infoOf(router: RouterRow, port: PortRow): InterfaceInfo {
  const last = port.fixed_ips.at(-1)?.subnet_id ?? '';
  return {
    id: router.id,
    tenant_id: router.project_id,
    project_id: router.project_id,
    port_id: port.id,
    network_id: port.network_id,
    subnet_id: last,
    subnet_ids: [last],
  };
}

/** A subnet stays while floating IPs lead into it through this router, or routes lead through it. */
function checkSubnetLeaves(context: Context, router: RouterRow, subnetId: string): void {
  const subnet = context.tables.subnets.get(subnetId);
  if (!subnet) return;
  const cidr = cidrOf(subnet);
  const inside = (address: string): boolean => {
    const ip = parseIp(address);
    return ip !== undefined && ip.version === cidr.version && contains(cidr, ip.value);
  };
  const leads = context.tables.floatingIps.by('router', router.id).some((floating) => {
    const port = floating.port_id === null ? undefined : context.tables.ports.get(floating.port_id);
    return port?.fixed_ips.some(
      (ip) => ip.subnet_id === subnetId && ip.ip_address === floating.fixed_ip_address,
    );
  });
  if (leads) {
    throw conflict(
      'RouterInterfaceInUseByFloatingIP',
      `Router interface for subnet ${subnetId} on router ${router.id} cannot be deleted, as it is required by one or more floating IPs.`,
    );
  }
  if (router.routes.some((route) => inside(route.nexthop))) {
    throw conflict(
      'RouterInterfaceInUseByRoute',
      `Router interface for subnet ${subnetId} on router ${router.id} cannot be deleted, as it is required by one or more routes.`,
    );
  }
}

function isIpv6(port: PortRow): boolean {
  return port.fixed_ips.some((ip) => parseIp(ip.ip_address)?.version === 6);
}

function touch(context: Context, router: RouterRow): void {
  const now = context.tables.routers.get(router.id) ?? router;
  context.tables.routers.put({ ...now, revision_number: now.revision_number + 1 });
  context.changed({ kind: 'router', id: router.id });
}
