import type { Driver } from '../driver/context.ts';
import { KuryrError } from '../driver/errors.ts';
import { parseAddress } from '../ipam/cidr.ts';
import { needNetwork } from '../networks/networks.ts';
import type { NetworkRecord, PortRecord } from '../ports/records.ts';
import { holderOf, reservePort } from '../ports/reserve-port.ts';
import { pairOf } from './endpoints.ts';
import { recoverPort } from './recover-port.ts';

export interface EndpointRequest {
  readonly networkId: string;
  readonly endpointId: string;
  /** With prefix lengths. IPv4, IPv6, or both. */
  readonly addresses: readonly string[];
  /** Undefined where Docker leaves it to us. */
  readonly mac: string | undefined;
}

/**
 * CreateEndpoint: gives the endpoint the port that its address has, and begins to connect it; Join waits for that, as
 * Docker lets no other endpoint of the network in before this is answered. Neutron isn't asked: it made the port for
 * this host already, and hears in the background which endpoint that serves.
 *
 * @returns the MAC address, if Docker left it to us
 */
export async function createEndpoint(
  driver: Driver,
  request: EndpointRequest,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { journal, chores, wiring } = driver;
  const { networkId, endpointId } = request;
  const network = await needNetwork(driver, networkId, signal);
  if (request.addresses.length === 0) {
    throw new KuryrError(
      'bad-request',
      "the endpoint has no address: a Neutron port needs one of the network's subnet",
    );
  }
  const port = await portFor(driver, network, request, signal);
  const attached: PortRecord = { ...port, phase: 'attached', endpointId };
  if (port.phase === 'attached' && port.endpointId !== endpointId) {
    throw new KuryrError(
      'conflict',
      `Neutron port ${port.id} serves endpoint ${port.endpointId ?? ''} already`,
    );
  }
  journal.together(() => {
    journal.ports.put(attached);
    chores.add({ kind: 'mark-port', portId: port.id }, driver.now() + MARK_AFTER_MS);
  });
  wiring.begin(pairOf(driver, network, attached));
  chores.hasten();
  return request.mac === undefined ? port.mac : undefined;
}

/** So that Neutron is not busy with it while Docker waits for something else. */
const MARK_AFTER_MS = 20;

async function portFor(
  driver: Driver,
  network: NetworkRecord,
  request: EndpointRequest,
  signal: AbortSignal,
): Promise<PortRecord> {
  const { journal } = driver;
  const again = journal.ports.find((port) => port.endpointId === request.endpointId);
  if (again) return again;
  const [first = ''] = request.addresses;
  const address = parseAddress(first, 'Interface.Address');
  for (const subnetId of network.subnetIds) {
    const port = holderOf(driver, subnetId, address);
    if (!port) continue;
    if (request.mac !== undefined && request.mac !== port.mac) {
      throw new KuryrError(
        'conflict',
        `address ${address} was reserved for MAC ${port.mac}, not ${request.mac}`,
      );
    }
    return port;
  }
  const recovered = await recoverPort(driver, network, address, request.mac, signal);
  if (recovered) return recovered;
  // Another IPAM driver gave the address, Docker's own for instance.
  let port: PortRecord | undefined;
  for (const text of request.addresses)
    port = (await reserveHere(driver, network, request, text, signal)).port;
  if (!port) throw new KuryrError('bad-request', 'the endpoint has no address');
  const marked: PortRecord = { ...port, foreignIpam: true };
  journal.ports.put(marked);
  return marked;
}

async function reserveHere(
  driver: Driver,
  network: NetworkRecord,
  request: EndpointRequest,
  text: string,
  signal: AbortSignal,
): ReturnType<typeof reservePort> {
  const address = parseAddress(text, 'Interface.Address');
  const six = address.includes(':');
  const subnet = network.subnetIds
    .map((id) => driver.journal.subnets.get(id))
    .find((each) => each !== undefined && each.cidr.includes(':') === six);
  if (!subnet)
    throw new KuryrError('bad-request', `the network has no Neutron subnet for address ${address}`);
  return reservePort(driver, { subnet, address, mac: request.mac }, signal);
}
