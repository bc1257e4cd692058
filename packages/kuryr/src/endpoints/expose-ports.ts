import { isNotFound, type Port } from '@gantry/openstack';
import type { Driver } from '../driver/context.ts';
import { gone } from '../ports/port-duties.ts';
import type { ExposedPort, Task } from '../ports/records.ts';

/**
 * ProgramExternalConnectivity: lets others reach the ports that an endpoint exposes, by a security group of its Neutron
 * port. Docker holds up the container's start until this is answered, so Neutron is told in the background.
 */
export function exposePorts(
  driver: Driver,
  endpointId: string,
  options: Readonly<Record<string, unknown>>,
): void {
  if (!driver.config.exposedPorts) return;
  const { journal, chores } = driver;
  const port = journal.ports.find((each) => each.endpointId === endpointId);
  const exposed = exposedIn(options);
  if (!port || exposed.length === 0) return;
  journal.together(() => {
    journal.ports.put({ ...port, exposed: true });
    chores.add({ kind: 'expose-ports', portId: port.id, exposed });
  });
  chores.hasten();
}

/** RevokeExternalConnectivity: the endpoint is its container's way out no longer, or about to go. */
export function hidePorts(driver: Driver, endpointId: string): void {
  const { journal, chores } = driver;
  const port = journal.ports.find((each) => each.endpointId === endpointId);
  if (port?.exposed !== true) return;
  journal.together(() => {
    journal.ports.put({ ...port, exposed: false });
    // Most often the container is stopping, and the port gone before this is due.
    chores.add({ kind: 'remove-group', portId: port.id }, driver.now() + 500);
  });
  chores.hasten();
}

const PROTOCOLS: Readonly<Record<number, ExposedPort['protocol']>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  132: 'sctp',
};

function exposedIn(options: Readonly<Record<string, unknown>>): ExposedPort[] {
  const found = new Map<string, ExposedPort>();
  for (const key of ['com.docker.network.endpoint.exposedports', 'com.docker.network.portmap']) {
    const list = options[key];
    for (const item of Array.isArray(list) ? list : []) {
      const { Proto, Port } = item as { Proto?: unknown; Port?: unknown };
      const protocol = typeof Proto === 'number' ? PROTOCOLS[Proto] : undefined;
      if (protocol === undefined || typeof Port !== 'number') continue;
      found.set(`${protocol} ${Port}`, { protocol, port: Port });
    }
  }
  return [...found.values()];
}

type PortTask<K extends Task['kind']> = Extract<Task, { kind: K }>;

/** As the original names it. */
function groupName(portId: string): string {
  return `${portId}-exposed_ports`;
}

/** Makes the group with one rule for each run of ports, and adds it to the port's. */
export async function openPorts(
  driver: Driver,
  task: PortTask<'expose-ports'>,
  signal: AbortSignal,
): Promise<void> {
  const { neutron, journal } = driver;
  const { portId, exposed } = task;
  const record = journal.ports.get(portId);
  if (record?.exposed !== true) return;
  const name = groupName(portId);
  const [old] = await neutron.securityGroups.list({ name }, signal);
  const group =
    old ??
    (await neutron.securityGroups.create({ name, description: 'Ports exposed by a container' }, signal));
  const versions = new Set(record.addresses.map(({ address }) => (address.includes(':') ? 'IPv6' : 'IPv4')));
  const rules = await neutron.securityGroupRules.list(
    { security_group_id: group.id, direction: 'ingress' },
    signal,
  );
  for (const ethertype of versions) {
    for (const { protocol, first, last } of runs(exposed)) {
      const there = rules.some(
        (rule) => rule.ethertype === ethertype && rule.protocol === protocol && rule.port_range_min === first,
      );
      if (there) continue;
      const range = protocol === 'icmp' ? {} : { port_range_min: first, port_range_max: last };
      await neutron.securityGroupRules.create(
        { security_group_id: group.id, direction: 'ingress', ethertype, protocol, ...range },
        signal,
      );
    }
  }
  await changeGroups(
    driver,
    portId,
    (groups) => [group.id, ...groups.filter((id) => id !== group.id)],
    signal,
  );
}

/** Takes the group off the port, if that is still there, and deletes it. */
export async function removeGroup(
  driver: Driver,
  task: PortTask<'remove-group'>,
  signal: AbortSignal,
): Promise<void> {
  const { neutron, journal } = driver;
  if (journal.ports.get(task.portId)?.exposed === true) return;
  for (const group of await neutron.securityGroups.list({ name: groupName(task.portId) }, signal)) {
    await changeGroups(driver, task.portId, (groups) => groups.filter((id) => id !== group.id), signal);
    await gone(neutron.securityGroups.delete(group.id, signal));
  }
}

async function changeGroups(
  driver: Driver,
  portId: string,
  change: (groups: readonly string[]) => string[],
  signal: AbortSignal,
): Promise<void> {
  let port: Port;
  try {
    port = await driver.neutron.ports.get(portId, signal);
  } catch (error) {
    if (isNotFound(error)) return;
    throw error;
  }
  const security_groups = change(port.security_groups);
  if (security_groups.join() === port.security_groups.join()) return;
  await gone(
    driver.neutron.ports.update(portId, { security_groups }, { signal, ifRevision: port.revision_number }),
  );
}

interface Run {
  readonly protocol: ExposedPort['protocol'];
  readonly first: number;
  readonly last: number;
}

function runs(exposed: readonly ExposedPort[]): Run[] {
  const found: Run[] = [];
  const sorted = [...exposed].sort(
    (one, other) => one.protocol.localeCompare(other.protocol) || one.port - other.port,
  );
  for (const { protocol, port } of sorted) {
    const last = found.at(-1);
    if (last?.protocol === protocol && (protocol === 'icmp' || last.last + 1 === port)) {
      found[found.length - 1] = { ...last, last: port };
    } else found.push({ protocol, first: port, last: port });
  }
  return found;
}
