import { OpenStackError, type Network, type Subnet } from '@gantry/openstack';
import type { Driver } from '../driver/context.ts';
import { allocationPools, parseAddress, parseCidr } from '../ipam/cidr.ts';
import { createOnce } from '../ports/create-once.ts';
import { findNamed } from './find-named.ts';
import type { NetworkRequest, Range } from './network-request.ts';
import type { NeutronOptions } from './options.ts';
import { descriptionFor, subnetName } from './tags.ts';

/**
 * The Neutron subnet of one range: the one that the network has already, or a new one. Either is tagged with the id of
 * the pool that Docker holds, which is how it is found if the journal is lost.
 */
export async function makeSubnet(
  driver: Driver,
  request: NetworkRequest,
  options: NeutronOptions,
  network: Network,
  range: Range,
  existing: readonly Subnet[],
  signal: AbortSignal,
): Promise<Subnet> {
  const { neutron } = driver;
  const found = existing.find((each) => each.cidr === range.data.pool);
  const subnet = found ?? (await newSubnet(driver, request, options, network, range, existing, signal));
  if (range.pool) await neutron.addTag('subnets', subnet.id, range.pool.id, signal);
  return subnet;
}

async function newSubnet(
  driver: Driver,
  request: NetworkRequest,
  options: NeutronOptions,
  network: Network,
  range: Range,
  existing: readonly Subnet[],
  signal: AbortSignal,
): Promise<Subnet> {
  const { neutron, config } = driver;
  const { data, pool } = range;
  const cidr = parseCidr(data.pool, 'Pool');
  const gateway = gatewayFor(request, range);
  const taken = [
    ...data.auxiliary.map((text) => parseAddress(text, 'Auxiliary address')),
    ...(gateway === null ? [] : [gateway]),
  ];
  const limited = data.auxiliary.length > 0 || pool?.range !== undefined;
  const within = pool?.range === undefined ? cidr : parseCidr(pool.range, 'IP range');
  const body = {
    name: subnetName(cidr.text),
    description: descriptionFor(request.networkId),
    network_id: network.id,
    ip_version: cidr.version,
    cidr: cidr.text,
    enable_dhcp: config.enableDhcp,
    gateway_ip: gateway,
    ...(limited ? { allocation_pools: allocationPools(cidr, within, taken) } : {}),
  };
  // Neutron wants all subnets of a network from one subnetpool, or all from none.
  const sibling = existing.find((each) => each.ip_version === cidr.version);
  const source = sibling ? sibling.subnetpool_id : await sourceOf(driver, options, range, signal);
  const create = (from: string | null): Promise<Subnet> =>
    createOnce({
      signal,
      create: () =>
        neutron.subnets.create({ ...body, ...(from === null ? {} : { subnetpool_id: from }) }, signal),
      find: async () =>
        (await neutron.subnets.list({ network_id: network.id }, signal)).find(
          (each) => each.cidr === cidr.text,
        ),
    });
  if (source === null) return create(null);
  try {
    return await create(source);
  } catch (error) {
    // Somebody else's subnet has the range within the pool. Networks are worlds of their own, so it can be had twice.
    // Neutron says so with 500, and in words alone (SubnetAllocationError).
    const had = error instanceof OpenStackError && /Cannot allocate requested subnet/.test(error.reason);
    if (!had || sibling || pool?.source !== pool?.id) throw error;
    return create(null);
  }
}

async function sourceOf(
  driver: Driver,
  options: NeutronOptions,
  { data, pool }: Range,
  signal: AbortSignal,
): Promise<string | null> {
  const v4 = !data.pool.includes(':');
  const named = v4 ? options.poolV4 : options.poolV6;
  if (!named) return pool?.source ?? null;
  const option = v4 ? 'neutron.pool' : 'neutron.pool.v6';
  return (await findNamed(driver.neutron.subnetPools, named, option, signal)).id;
}

/** `--internal` without `--gateway` means no way out, and thus no gateway. */
function gatewayFor({ internal }: NetworkRequest, { data, pool }: Range): string | null {
  if (data.gateway === '') return null;
  const address = parseAddress(data.gateway, 'Gateway');
  if (address === '0.0.0.0' || address === '::') return null;
  return internal && pool?.gateway?.asked !== true ? null : address;
}
