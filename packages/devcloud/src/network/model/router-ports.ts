import { badRequest } from '../errors.ts';
import { overlap } from './addresses.ts';
import type { Context } from './context.ts';
import { cidrOf } from './ipam.ts';
import { DEVICE_OWNER, type PortRow, type RouterRow, type SubnetRow } from './rows.ts';

export function interfacesOf({ tables }: Context, router: RouterRow): PortRow[] {
  return tables.ports
    .by('device', router.id)
    .filter((port) => port.device_owner === DEVICE_OWNER.routerInterface);
}

/** A router can't tell apart two subnets of the same addresses. */
export function checkOverlap(context: Context, router: RouterRow, subnets: readonly SubnetRow[]): void {
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
