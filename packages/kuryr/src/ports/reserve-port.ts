import { randomBytes } from 'node:crypto';
import { isConflict, isNotFound, type Port } from '@gantry/openstack';
import type { Driver } from '../driver/context.ts';
import { KuryrError } from '../driver/errors.ts';
import { contains, parseCidr } from '../ipam/cidr.ts';
import { DEVICE_OWNER, UNBOUND_PORT } from '../networks/tags.ts';
import { adoptPort } from './adopt-port.ts';
import { checkBinding } from './check-binding.ts';
import { createOnce } from './create-once.ts';
import type { PortRecord, SubnetRecord } from './records.ts';

export interface WantedPort {
  readonly subnet: SubnetRecord;
  /** Undefined: Neutron chooses. */
  readonly address: string | undefined;
  /** Undefined: we choose. */
  readonly mac: string | undefined;
}

export interface Reserved {
  readonly port: PortRecord;
  readonly address: string;
}

/**
 * Gets a port for a container that is about to start: one POST with everything in it. Only if Neutron says that the
 * address or the MAC is taken, the port that has it is looked at, and adopted if nobody uses it.
 *
 * @throws KuryrError 'conflict' if somebody does; nothing is left behind then, and nothing of theirs is touched
 */
export async function reservePort(
  driver: Driver,
  wanted: WantedPort,
  signal: AbortSignal,
): Promise<Reserved> {
  const { subnet, address } = wanted;
  const mac = wanted.mac ?? randomMac();
  if (address !== undefined) refuseImpossible(subnet, address);
  const other = anotherFamilyOf(driver, wanted);
  if (other) return widenPort(driver, other, wanted, signal);
  return driver.inTurn(`mac ${subnet.neutronId} ${mac}`, async () => {
    const holder = address === undefined ? undefined : holderOf(driver, subnet.id, address);
    if (holder) throw inUse(address ?? '');
    const port = await createPort(driver, subnet, address, mac, signal).catch(async (error: unknown) => {
      if (!isConflict(error)) throw error;
      const adopted = await adoptPort(driver, { subnet, address, mac }, signal);
      if (adopted === undefined) throw error;
      return adopted === 'try-again' ? createPort(driver, subnet, address, mac, signal) : adopted;
    });
    const record = 'phase' in port ? port : await keepPort(driver, port, subnet.id, mac, signal);
    const found = record.addresses.find((each) => each.subnetId === subnet.id);
    if (!found)
      throw new KuryrError('unavailable', `Neutron gave port ${record.id} no address of ${subnet.cidr}`);
    return { port: record, address: address ?? found.address };
  });
}

/** The port of ours that has an address. */
export function holderOf(driver: Driver, subnetId: string, address: string): PortRecord | undefined {
  return driver.journal.ports.find((port) =>
    port.addresses.some((each) => each.subnetId === subnetId && each.address === address && each.claimed),
  );
}

async function createPort(
  driver: Driver,
  subnet: SubnetRecord,
  address: string | undefined,
  mac: string,
  signal: AbortSignal,
): Promise<Port> {
  const { chores, neutron, hostName } = driver;
  const lost = { kind: 'forget-port', neutronId: subnet.neutronId, mac } as const;
  const safety = chores.add(lost, driver.now() + 60_000);
  try {
    const made = await createOnce({
      signal,
      create: () =>
        neutron.ports.create(
          {
            name: UNBOUND_PORT,
            network_id: subnet.neutronId,
            fixed_ips: [{ subnet_id: subnet.id, ...(address === undefined ? {} : { ip_address: address }) }],
            mac_address: mac,
            admin_state_up: true,
            device_owner: DEVICE_OWNER,
            'binding:host_id': hostName,
            ...(driver.tagsWithPorts() ? { tags: [DEVICE_OWNER] } : {}),
          },
          signal,
        ),
      async find() {
        const found = await neutron.ports.list({ network_id: subnet.neutronId, mac_address: mac }, signal);
        return found.find((port) => isUnusedAndOurs(port, hostName));
      },
    });
    return made;
  } catch (error) {
    // A clear refusal made nothing; after anything else the chore looks.
    if (isConflict(error) || isNotFound(error)) chores.drop(safety);
    else chores.hasten(safety);
    throw error;
  }
}

/** A port that RequestAddress made on this host and no endpoint got. */
export function isUnusedAndOurs(port: Port, hostName: string): boolean {
  return (
    port.name === UNBOUND_PORT &&
    port.device_owner === DEVICE_OWNER &&
    port.device_id === '' &&
    port['binding:host_id'] === hostName
  );
}

async function keepPort(
  driver: Driver,
  port: Port,
  subnetId: string,
  mac: string,
  signal: AbortSignal,
): Promise<PortRecord> {
  const { journal, chores } = driver;
  const record: PortRecord = {
    id: port.id,
    neutronId: port.network_id,
    mac: port.mac_address,
    addresses: port.fixed_ips.map((ip) => ({
      subnetId: ip.subnet_id,
      address: ip.ip_address,
      claimed: ip.subnet_id === subnetId,
    })),
    phase: 'reserved',
    status: port.status,
    securityGroups: port.security_groups,
    since: driver.now(),
  };
  const safety = journal.chores.find(
    ({ task }) => task.kind === 'forget-port' && task.mac === mac && task.neutronId === port.network_id,
  );
  try {
    await checkBinding(driver, port, signal);
    journal.together(() => {
      // Neutron gives an address once: whatever else is down for it here is gone.
      for (const { address } of record.addresses) {
        const stale = holderOf(driver, subnetId, address);
        if (stale) journal.ports.remove(stale.id);
      }
      journal.ports.put(record);
      if (safety) chores.drop(safety);
    });
  } catch (error) {
    if (safety) chores.hasten(safety);
    throw error;
  }
  return record;
}

function refuseImpossible(subnet: SubnetRecord, address: string): void {
  if (!contains(parseCidr(subnet.cidr, 'Subnet'), address)) {
    throw new KuryrError('bad-request', `address ${address} is not in ${subnet.cidr}; choose one that is`);
  }
  if (address === subnet.gateway) {
    throw new KuryrError('conflict', `address ${address} is the gateway of ${subnet.cidr}; choose another`);
  }
}

/** A port just reserved for the same container (it has the same MAC) on another subnet of the network. */
function anotherFamilyOf(driver: Driver, wanted: WantedPort): PortRecord | undefined {
  const { subnet, mac } = wanted;
  if (mac === undefined) return undefined;
  return driver.journal.ports.find(
    (port) =>
      port.phase === 'reserved' &&
      port.neutronId === subnet.neutronId &&
      port.mac === mac &&
      !port.addresses.some((each) => each.subnetId === subnet.id && each.claimed),
  );
}

/** A dual-stack container gets one port: the second address joins the first. */
async function widenPort(
  driver: Driver,
  port: PortRecord,
  { subnet, address }: WantedPort,
  signal: AbortSignal,
): Promise<Reserved> {
  const has = port.addresses.find(
    (each) => each.subnetId === subnet.id && (address === undefined || each.address === address),
  );
  let addresses = port.addresses;
  let given = has?.address;
  if (given === undefined) {
    const changed = await driver.neutron.ports.update(
      port.id,
      {
        fixed_ips: [
          ...addresses.map((each) => ({ subnet_id: each.subnetId, ip_address: each.address })),
          { subnet_id: subnet.id, ...(address === undefined ? {} : { ip_address: address }) },
        ],
      },
      { signal },
    );
    given = changed.fixed_ips.find((ip) => ip.subnet_id === subnet.id)?.ip_address;
    if (given === undefined) throw new KuryrError('unavailable', `Neutron gave no address of ${subnet.cidr}`);
    addresses = [...addresses, { subnetId: subnet.id, address: given, claimed: false }];
  }
  const claimed = given;
  const widened: PortRecord = {
    ...port,
    addresses: addresses.map((each) => (each.address === claimed ? { ...each, claimed: true } : each)),
  };
  driver.journal.ports.put(widened);
  return { port: widened, address: claimed };
}

export function inUse(address: string): KuryrError {
  return new KuryrError(
    'conflict',
    `address ${address} is in use by a container on this host; choose another`,
  );
}

/** In Neutron's own range (its option base_mac), so that it can't meet Docker's. */
function randomMac(): string {
  return ['fa', '16', '3e', ...[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, '0'))].join(
    ':',
  );
}
