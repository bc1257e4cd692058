import type { Caller } from '../../cloud/service.ts';
import { privileged } from '../api/attributes.ts';
import type { GatewayInfo } from '../api/parse.ts';
import type { RouterGiven } from '../api/resources.ts';
import { badRequest, conflict, forbidden, invalid, NeutronError, routerNotFound } from '../errors.ts';
import { contains, overlap, parseCidr, parseIp } from './addresses.ts';
import { defined, newRow, revise, type Context } from './context.ts';
import { cidrOf, reassignAddresses } from './ipam.ts';
import { networkFor } from './network-access.ts';
import { checkZoneHints } from './networks.ts';
import { addPort, portFor, removePort } from './ports.ts';
import { checkQuota } from './quotas.ts';
import { DEVICE_OWNER, type PortRow, type Route, type RouterRow, type SubnetRow } from './rows.ts';
import { subnetFor } from './subnets.ts';

const MOST_ROUTES = 30;

export function routerFor(context: Context, caller: Caller, id: string): RouterRow {
  const router = context.tables.routers.get(id);
  const visible = router && (privileged(caller) || router.project_id === caller.projectId);
  if (!visible) throw routerNotFound(id);
  return router;
}

export function createRouter(
  context: Context,
  caller: Caller,
  projectId: string,
  given: RouterGiven,
): RouterRow {
  checkQuota(context, projectId, 'router');
  checkZoneHints(context, given.availability_zone_hints);
  checkGatewayPolicy(caller, 'create_router', given.external_gateway_info);
  const router = context.tables.routers.put({
    ...newRow(context, projectId, given),
    name: given.name ?? '',
    admin_state_up: given.admin_state_up ?? true,
    routes: [],
    availability_zone_hints: given.availability_zone_hints ?? [],
    gw_port_id: null,
    enable_snat: given.external_gateway_info?.enable_snat ?? true,
    revision_number: 1,
  });
  context.changed({ kind: 'router', id: router.id });
  if (!given.external_gateway_info?.network_id) return router;
  return setGateway(context, caller, router, given.external_gateway_info);
}

export function updateRouter(
  context: Context,
  caller: Caller,
  router: RouterRow,
  given: RouterGiven,
): RouterRow {
  checkGatewayPolicy(caller, 'update_router', given.external_gateway_info);
  if (given.routes) checkRoutes(context, router, given.routes);
  const { external_gateway_info: gateway, ...rest } = given;
  let next = context.tables.routers.put(revise<RouterRow>(context, router, defined(rest)));
  if (gateway !== undefined) next = setGateway(context, caller, next, gateway);
  context.changed({ kind: 'router', id: router.id });
  return next;
}

export function deleteRouter(context: Context, router: RouterRow): void {
  const { tables } = context;
  if (interfacesOf(context, router).length > 0) {
    throw conflict('RouterInUse', `Router ${router.id} still has ports`);
  }
  const gateway = router.gw_port_id === null ? undefined : tables.ports.get(router.gw_port_id);
  tables.routers.delete(router.id);
  if (gateway) removePort(context, gateway);
  context.changed({ kind: 'router', id: router.id });
}

export function interfacesOf({ tables }: Context, router: RouterRow): PortRow[] {
  return tables.ports
    .by('device', router.id)
    .filter((port) => port.device_owner === DEVICE_OWNER.routerInterface);
}

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

function checkOverlap(context: Context, router: RouterRow, subnets: readonly SubnetRow[]): void {
  const present = context.tables.ports
    .by('device', router.id)
    .flatMap((port) =>
      port.device_owner === DEVICE_OWNER.routerGateway
        ? context.tables.subnets.by('network', port.network_id)
        : port.fixed_ips.flatMap((ip) => context.tables.subnets.get(ip.subnet_id) ?? []),
    );
  for (const subnet of subnets) {
    if (present.some((other) => other.id === subnet.id)) {
      throw badRequest('router', `Router already has a port on subnet ${subnet.id}`);
    }
    const other = present.find(
      (one) => one.ip_version === subnet.ip_version && overlap(cidrOf(one), cidrOf(subnet)),
    );
    if (!other) continue;
    throw badRequest(
      'router',
      `Cidr ${subnet.cidr} of subnet ${subnet.id} overlaps with cidr ${other.cidr} of subnet ${other.id}`,
    );
  }
}

/** Sets, changes or takes away the gateway; its port is nobody's, as in Neutron. */
function setGateway(
  context: Context,
  caller: Caller,
  router: RouterRow,
  info: GatewayInfo | null,
): RouterRow {
  const { tables } = context;
  const current = router.gw_port_id === null ? undefined : tables.ports.get(router.gw_port_id);
  const networkId = info?.network_id ?? null;
  const enable_snat = info?.enable_snat ?? (networkId === null ? true : router.enable_snat);
  context.changed({ kind: 'router', id: router.id });
  if (current && current.network_id === networkId) {
    moveGateway(context, current, info);
    return tables.routers.put(revise<RouterRow>(context, router, { enable_snat }));
  }
  if (current && tables.floatingIps.by('router', router.id).length > 0) {
    throw conflict(
      'RouterExternalGatewayInUseByFloatingIp',
      `Gateway cannot be updated for router ${router.id}, since a gateway to external network ${current.network_id} is required by one or more floating IPs.`,
    );
  }
  if (networkId === null) {
    if (current) removePort(context, current);
    return tables.routers.put(revise<RouterRow>(context, router, { gw_port_id: null, enable_snat: true }));
  }
  const network = networkFor(context, caller, networkId);
  if (!network['router:external']) {
    throw badRequest('router', `Network ${networkId} is not an external network`);
  }
  const subnets = tables.subnets.by('network', networkId);
  const isGateway = info?.external_fixed_ips?.find((ip) =>
    subnets.some((subnet) => subnet.gateway_ip !== null && subnet.gateway_ip === ip.ip_address),
  );
  if (isGateway) {
    throw badRequest('router', `External IP ${isGateway.ip_address} is the same as the gateway IP`);
  }
  if (current) removePort(context, current);
  checkOverlap(context, { ...router, gw_port_id: null }, subnets);
  const wanted = info?.external_fixed_ips;
  const port = addPort(context, caller, network, '', {
    device_id: router.id,
    device_owner: DEVICE_OWNER.routerGateway,
    'binding:host_id': context.settings.hosts[0] ?? '',
    ...(wanted && wanted.length > 0 ? { fixed_ips: [...wanted] } : {}),
  });
  if (port.fixed_ips.length === 0) {
    throw badRequest('router', `No IPs available for external network ${networkId}`);
  }
  return tables.routers.put(revise<RouterRow>(context, router, { gw_port_id: port.id, enable_snat }));
}

function moveGateway(context: Context, current: PortRow, info: GatewayInfo | null): void {
  const wanted = info?.external_fixed_ips;
  if (!wanted || wanted.length === 0) return;
  const has = wanted.every((ip) =>
    current.fixed_ips.some(
      (own) =>
        (ip.ip_address === undefined || ip.ip_address === own.ip_address) &&
        (ip.subnet_id === undefined || ip.subnet_id === own.subnet_id),
    ),
  );
  if (has) return;
  const network = context.tables.networks.get(current.network_id);
  if (!network) return;
  const claimant = { mac: current.mac_address, deviceOwner: current.device_owner };
  const fixed_ips = reassignAddresses(context, network, claimant, current.fixed_ips, wanted);
  context.tables.ports.put(revise<PortRow>(context, current, { fixed_ips }));
  context.changed({ kind: 'port', id: current.id });
}

function checkGatewayPolicy(caller: Caller, action: string, info: GatewayInfo | null | undefined): void {
  if (!info || privileged(caller)) return;
  const kept = [
    info.enable_snat === undefined ? undefined : 'enable_snat',
    info.external_fixed_ips === undefined ? undefined : 'external_fixed_ips',
  ].filter((name) => name !== undefined);
  if (kept.length === 0) return;
  const rules = ['network_id', ...kept].map((name) => `rule:${action}:external_gateway_info:${name}`);
  throw forbidden(`(rule:${action} and (rule:${action}:external_gateway_info and (${rules.join(' and ')})))`);
}

/** A route's next hop is on a subnet the router has a leg in, and is not the router itself. */
function checkRoutes(context: Context, router: RouterRow, routes: readonly Route[]): void {
  if (routes.length > MOST_ROUTES) {
    throw invalid(
      'RoutesExhausted',
      `Unable to complete operation for ${router.id}. The number of routes exceeds the maximum ${MOST_ROUTES}.`,
    );
  }
  const legs = context.tables.ports.by('device', router.id).flatMap((port) => port.fixed_ips);
  for (const route of routes) {
    const ip = parseIp(route.nexthop);
    const reach = legs.some((leg) => {
      const subnet = context.tables.subnets.get(leg.subnet_id);
      const cidr = subnet && parseCidr(subnet.cidr);
      return ip && cidr && cidr.version === ip.version && contains(cidr, ip.value);
    });
    if (!reach) throw invalidNexthop(route, 'the nexthop is not connected with router');
    if (legs.some((leg) => leg.ip_address === route.nexthop)) {
      throw invalidNexthop(route, 'the nexthop is used by router');
    }
  }
}

function invalidNexthop(route: Route, reason: string): NeutronError {
  const shown = `[{'destination': '${route.destination}', 'nexthop': '${route.nexthop}'}]`;
  return invalid('InvalidRoutes', `Invalid format for routes: ${shown}, ${reason}`);
}

function isIpv6(port: PortRow): boolean {
  return port.fixed_ips.some((ip) => parseIp(ip.ip_address)?.version === 6);
}

function touch(context: Context, router: RouterRow): void {
  const now = context.tables.routers.get(router.id) ?? router;
  context.tables.routers.put({ ...now, revision_number: now.revision_number + 1 });
  context.changed({ kind: 'router', id: router.id });
}
