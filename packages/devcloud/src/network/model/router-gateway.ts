import type { Caller } from '../../cloud/service.ts';
import { privileged } from '../api/attributes.ts';
import type { GatewayInfo } from '../api/parse.ts';
import { badRequest, conflict, forbidden } from '../errors.ts';
import { revise, type Context } from './context.ts';
import { reassignAddresses } from './ipam.ts';
import { networkFor } from './network-access.ts';
import { addPort, removePort } from './ports.ts';
import { checkOverlap } from './router-ports.ts';
import { DEVICE_OWNER, type PortRow, type RouterRow } from './rows.ts';

/** Sets, changes or takes away the gateway; its port is nobody's, as in Neutron. */
export function setGateway(
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

/** Whether to translate, and the external address, are for admins to choose. */
export function checkGatewayPolicy(
  caller: Caller,
  action: string,
  info: GatewayInfo | null | undefined,
): void {
  if (!info || privileged(caller)) return;
  const kept = [
    info.enable_snat === undefined ? undefined : 'enable_snat',
    info.external_fixed_ips === undefined ? undefined : 'external_fixed_ips',
  ].filter((name) => name !== undefined);
  if (kept.length === 0) return;
  const rules = ['network_id', ...kept].map((name) => `rule:${action}:external_gateway_info:${name}`);
  throw forbidden(`(rule:${action} and (rule:${action}:external_gateway_info and (${rules.join(' and ')})))`);
}
