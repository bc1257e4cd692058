import type { Caller } from '../../cloud/service.ts';
import { privileged } from '../api/attributes.ts';
import type { RouterGiven } from '../api/resources.ts';
import { conflict, invalid, routerNotFound, type NeutronError } from '../errors.ts';
import { contains, parseCidr, parseIp } from './addresses.ts';
import { defined, newRow, revise, type Context } from './context.ts';
import { checkZoneHints } from './networks.ts';
import { removePort } from './ports.ts';
import { checkQuota } from './quotas.ts';
import { checkGatewayPolicy, setGateway } from './router-gateway.ts';
import { interfacesOf } from './router-ports.ts';
import type { Route, RouterRow } from './rows.ts';

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
