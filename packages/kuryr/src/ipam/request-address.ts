import { orUndefined } from '@gantry/openstack';
import type { Driver } from '../driver/context.ts';
import { KuryrError } from '../driver/errors.ts';
import { refreshSubnets } from '../networks/networks.ts';
import { reservePort } from '../ports/reserve-port.ts';
import type { PoolRecord, SubnetRecord } from '../ports/records.ts';
import { contains, firstHost, parseAddress, parseCidr, withPrefix } from './cidr.ts';
import { findPool } from './find-pool.ts';

export interface AddressRequest {
  readonly poolId: string;
  /** Empty: any. */
  readonly address: string;
  readonly gateway: boolean;
  /** Undefined where Docker has no container in mind, or does not say. */
  readonly mac: string | undefined;
}

/** RequestAddress: an address with its prefix length, `10.0.0.3/24`. For a container, that is a Neutron port. */
export async function requestAddress(
  driver: Driver,
  request: AddressRequest,
  signal: AbortSignal,
): Promise<string> {
  const pool = await findPool(driver, request.poolId, signal);
  if (!pool) {
    throw new KuryrError(
      'not-found',
      `Neutron has no subnetpool ${request.poolId} any more: remove the Docker network and create it again`,
    );
  }
  const address = request.address === '' ? undefined : parseAddress(request.address, 'Address');
  const subnet = pool.subnetId === undefined ? undefined : driver.journal.subnets.get(pool.subnetId);
  if (request.gateway) return gatewayAddress(driver, pool, subnet, address, signal);
  const cidr = parseCidr(pool.cidr, 'Pool');
  if (subnet) {
    // Beside the port's creation, so that it costs no time; Join waits for it.
    void refreshSubnets(driver, subnet.neutronId, signal);
    const reserved = await reservePort(driver, { subnet, address, mac: request.mac }, signal);
    return withPrefix(reserved.address, cidr);
  }
  if (address === undefined || request.mac !== undefined) {
    throw new KuryrError(
      'bad-request',
      `range ${pool.cidr} has no Neutron subnet: Kuryr's addresses are for networks of its own driver, ` +
        `so create the network with both --driver kuryr and --ipam-driver kuryr`,
    );
  }
  return auxiliaryAddress(driver, pool, address);
}

/**
 * A gateway is no port here: the address belongs to the subnet, and a router's port gets it when there is one. Before
 * CreateNetwork it isn't known which subnet that will be; what the user asked for is compared then.
 */
async function gatewayAddress(
  driver: Driver,
  pool: PoolRecord,
  subnet: SubnetRecord | undefined,
  address: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const cidr = parseCidr(pool.cidr, 'Pool');
  const known = subnet ?? (await namedSubnet(driver, pool, signal));
  if (known) {
    if (address === undefined && known.gateway === undefined)
      return cidr.version === 4 ? '0.0.0.0/0' : '::/0';
    if (address !== undefined && known.gateway !== undefined && address !== known.gateway) {
      throw new KuryrError(
        'conflict',
        `the gateway of Neutron subnet ${known.id} is ${known.gateway}, not ${address}: give --gateway ${known.gateway}`,
      );
    }
  }
  if (address !== undefined && !contains(cidr, address)) {
    throw new KuryrError(
      'bad-request',
      `gateway ${address} is not within ${pool.cidr}, which becomes the Neutron subnet: choose an --ip-range with the ` +
        `gateway in it, or set ip_range_is = allocation_pool in kuryr.conf`,
    );
  }
  const chosen = address ?? known?.gateway ?? firstHost(cidr);
  if (pool.phase === 'held') {
    const gateway = { address: chosen, asked: address !== undefined };
    driver.journal.pools.put({ ...pool, gateway });
  }
  return withPrefix(chosen, cidr);
}

async function namedSubnet(
  driver: Driver,
  pool: PoolRecord,
  signal: AbortSignal,
): Promise<{ id: string; gateway: string | undefined } | undefined> {
  if (pool.subnetOption === undefined) return undefined;
  const subnet = await orUndefined(driver.neutron.subnets.get(pool.subnetOption, signal));
  return subnet && { id: subnet.id, gateway: subnet.gateway_ip ?? undefined };
}

/** `--aux-address`, before the network is made: CreateNetwork keeps containers off it. */
function auxiliaryAddress(driver: Driver, pool: PoolRecord, address: string): string {
  const cidr = parseCidr(pool.cidr, 'Pool');
  if (!contains(cidr, address)) {
    throw new KuryrError('bad-request', `auxiliary address ${address} is not within ${pool.cidr}`);
  }
  if (pool.gateway?.address === address) {
    throw new KuryrError('conflict', `auxiliary address ${address} is the gateway's: give another --gateway`);
  }
  driver.journal.pools.put({ ...pool, auxiliary: [...pool.auxiliary, address] });
  return withPrefix(address, cidr);
}
