import { parseCidr, parseIp } from '../model/addresses.ts';
import { DEVICE_OWNER, type PortRow, type RouterRow } from '../model/rows.ts';
import type { Tables } from '../model/tables.ts';
import { gatewayLeg, interfaceLeg, routerNamespace, tapName } from './names.ts';

/** One interface of a router: a veth pair whose outer end is plugged in like any port. */
export interface Leg {
  readonly portId: string;
  readonly outside: string;
  readonly inside: string;
  readonly mac: string;
  readonly mtu: number;
  /** `address/length`. */
  readonly addresses: readonly string[];
}

export interface PlannedRoute {
  readonly destination: string;
  readonly gateway: string;
  /** For a gateway outside of the subnet. */
  readonly device: string | undefined;
}

/** What a router's namespace has to look like. */
export interface RouterPlan {
  readonly namespace: string;
  readonly legs: readonly Leg[];
  readonly routes: readonly PlannedRoute[];
  /** The whole nat table as `iptables-restore` reads it. */
  readonly nat: string;
}

/** What `router` needs; undefined if it is switched off, or has neither interfaces nor a gateway. */
export function planRouter(tables: Tables, router: RouterRow): RouterPlan | undefined {
  if (!router.admin_state_up) return undefined;
  const ports = tables.ports.by('device', router.id);
  const gateway = ports.find((port) => port.id === router.gw_port_id);
  const interfaces = ports.filter((port) => port.device_owner === DEVICE_OWNER.routerInterface);
  if (!gateway && interfaces.length === 0) return undefined;
  const floating = gateway
    ? tables.floatingIps
        .by('router', router.id)
        .flatMap((row) =>
          row.fixed_ip_address === null
            ? []
            : [{ outer: row.floating_ip_address, inner: row.fixed_ip_address }],
        )
    : [];
  const legs = interfaces.map((port) => planLeg(tables, port, interfaceLeg(port.id), []));
  const gatewayName = gateway && gatewayLeg(gateway.id);
  if (gateway && gatewayName !== undefined) {
    const hosted = floating.map(({ outer }) => `${outer}/32`);
    legs.push(planLeg(tables, gateway, gatewayName, hosted));
  }
  return {
    namespace: routerNamespace(router.id),
    legs,
    routes: planRoutes(tables, router, gateway, gatewayName),
    nat: planNat(tables, router, interfaces, gateway, floating),
  };
}

function planLeg(tables: Tables, port: PortRow, inside: string, more: readonly string[]): Leg {
  const own = port.fixed_ips.flatMap((ip) => {
    const subnet = tables.subnets.get(ip.subnet_id);
    const length = subnet && parseCidr(subnet.cidr)?.prefixLength;
    return length === undefined ? [] : [`${ip.ip_address}/${length}`];
  });
  return {
    portId: port.id,
    outside: tapName(port.id),
    inside,
    mac: port.mac_address,
    mtu: tables.networks.get(port.network_id)?.mtu ?? 1500,
    addresses: [...own, ...more],
  };
}

function planRoutes(
  tables: Tables,
  router: RouterRow,
  gateway: PortRow | undefined,
  device: string | undefined,
): PlannedRoute[] {
  const defaults = (gateway?.fixed_ips ?? []).flatMap((ip) => {
    const subnet = tables.subnets.get(ip.subnet_id);
    if (!subnet || subnet.gateway_ip === null) return [];
    return [
      { destination: subnet.ip_version === 4 ? '0.0.0.0/0' : '::/0', gateway: subnet.gateway_ip, device },
    ];
  });
  const extra = router.routes.map((route) => ({
    destination: route.destination,
    gateway: route.nexthop,
    device: undefined,
  }));
  return [...defaults, ...extra];
}

/**
 * Address translation of a router, IPv4 only: IPv6 is routed as it is.
 *
 * A floating IP leads in to its port, and its port goes out under it; everything else goes out under the
 * router's own external address. What a server sends to a floating IP on the same router turns round inside:
 * it gets the router's address, so that the answer takes the same way back.
 */
function planNat(
  tables: Tables,
  router: RouterRow,
  interfaces: readonly PortRow[],
  gateway: PortRow | undefined,
  floating: readonly { readonly outer: string; readonly inner: string }[],
): string {
  const rules: string[] = [];
  const own = gateway?.fixed_ips.find((ip) => parseIp(ip.ip_address)?.version === 4)?.ip_address;
  if (gateway && own !== undefined) {
    const out = gatewayLeg(gateway.id);
    for (const { outer, inner } of floating) {
      rules.push(`-A PREROUTING -d ${outer}/32 -j DNAT --to-destination ${inner}`);
    }
    rules.push(`-A POSTROUTING ! -o ${out} -m conntrack ! --ctstate DNAT -j ACCEPT`);
    for (const { outer, inner } of floating) {
      rules.push(`-A POSTROUTING -s ${inner}/32 -j SNAT --to-source ${outer}`);
    }
    if (router.enable_snat) rules.push(`-A POSTROUTING -o ${out} -j SNAT --to-source ${own}`);
    const inner = interfaces.flatMap((port) =>
      port.fixed_ips.flatMap((ip) => tables.subnets.get(ip.subnet_id)?.cidr ?? []),
    );
    for (const cidr of inner.filter((text) => parseCidr(text)?.version === 4)) {
      rules.push(`-A POSTROUTING -s ${cidr} -m conntrack --ctstate DNAT -j SNAT --to-source ${own}`);
    }
  }
  return [
    '*nat',
    ':PREROUTING ACCEPT',
    ':INPUT ACCEPT',
    ':OUTPUT ACCEPT',
    ':POSTROUTING ACCEPT',
    ...rules,
    'COMMIT',
    '',
  ].join('\n');
}
