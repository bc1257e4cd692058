import type { NicAddress } from '../hypervisor.ts';
import { hostProgram } from './host-program.ts';

/** A NIC of a container: a veth pair, one end inside, the other on the host where Neutron's agent plugs it in. */
export interface NicLink {
  readonly tapName: string;
  /** Inside: `eth0`. */
  readonly name: string;
  readonly mac: string;
  readonly mtu: number;
}

/**
 * Gives the container whose first process is `pid` its NICs, those that it has already being left alone, and
 * then tells its entry command that all are there.
 */
export async function plugLinks(pid: number, links: readonly NicLink[]): Promise<void> {
  const inside = await linksInside(pid);
  const outside = new Set((await listLinks([])).map((link) => link.ifname));
  const batch: string[] = [];
  for (const link of links) {
    const there = inside.some((each) => each.ifname === link.name && each.address === link.mac.toLowerCase());
    if (there && outside.has(link.tapName)) continue;
    // The host's end of a container that is gone, or one of another's making.
    if (outside.has(link.tapName)) batch.push(`link delete ${link.tapName}`);
    batch.push(
      `link add ${link.tapName} mtu ${link.mtu} type veth ` +
        `peer name ${link.name} address ${link.mac} mtu ${link.mtu} netns ${pid}`,
      // The host has no business on a server's network.
      `link set ${link.tapName} addrgenmode none`,
      `link set ${link.tapName} up`,
    );
  }
  if (batch.length > 0) await hostProgram('ip', ['-batch', '-'], `${batch.join('\n')}\n`);
  await hostProgram('nsenter', [...networkOf(pid), 'ip', 'link', 'set', 'lo', 'alias', 'nics-are-there']);
}

/** Sets addresses on a NIC that came to a server after its boot, when cloud-init no longer looks. */
export async function addressLink(
  pid: number,
  name: string,
  addresses: readonly NicAddress[],
): Promise<void> {
  const batch = [
    `link set ${name} up`,
    ...addresses.map((each) => `address replace ${each.address}/${each.prefixLength} dev ${name}`),
  ];
  await hostProgram('nsenter', [...networkOf(pid), 'ip', '-batch', '-'], `${batch.join('\n')}\n`);
}

/** Both ends go. The unknown is success. */
export async function unplugLink(tapName: string): Promise<void> {
  try {
    await hostProgram('ip', ['link', 'delete', tapName]);
  } catch (error) {
    if ((await listLinks([])).some((link) => link.ifname === tapName)) throw error;
  }
}

interface Link {
  readonly ifname: string;
  readonly address?: string;
}

async function linksInside(pid: number): Promise<Link[]> {
  return await listLinks(networkOf(pid));
}

/** `enter`: arguments of nsenter; empty for the host itself. */
async function listLinks(enter: readonly string[]): Promise<Link[]> {
  const command = ['ip', '-json', 'link', 'show'];
  const [program = '', ...args] = enter.length > 0 ? ['nsenter', ...enter, ...command] : command;
  return JSON.parse(await hostProgram(program, args)) as Link[];
}

function networkOf(pid: number): string[] {
  return [`--net=/proc/${pid}/ns/net`];
}
