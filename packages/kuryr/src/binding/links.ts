import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { ipBatch, type IpBatch } from './ip-batch.ts';

export interface VethPair {
  /** The end that stays on the host, in a bridge. */
  readonly host: string;
  /** The end that Docker moves into the container. */
  readonly peer: string;
  /** Of the peer. */
  readonly mac: string;
  /** Of both ends, in bytes. */
  readonly mtu: number;
  readonly bridge: string;
  /** Stands on the host end as its alias, so that it is known again as ours. */
  readonly owner: string;
}

/** The network links of this host's own network namespace. Every operation may be repeated. */
export interface Links {
  /** Makes the pair, puts its host end into the bridge, which is made if missing, and sets it up. */
  plug(pair: VethPair): Promise<void>;
  /** Removes a link, and a veth's other end with it; nothing happens if there is none. */
  remove(name: string): Promise<void>;
  /** Removes a bridge, unless something is still plugged into it. */
  removeBridge(name: string): Promise<void>;
  /** Host ends on this host whose other end is here too, instead of in a container. */
  strays(): Promise<Stray[]>;
  /** Host ends that this owner has on this host. */
  owned(owner: string): Promise<string[]>;
}

export interface Stray {
  readonly name: string;
  /** Empty if it says nothing of one. */
  readonly owner: string;
}

const HOST = 'tap';
const PEER = 't_c';

/** How Neutron's linuxbridge agent, and hence everybody, calls these. */
export function hostLink(portId: string): string {
  return HOST + portId.slice(0, 11);
}

export function peerLink(portId: string): string {
  return PEER + portId.slice(0, 11);
}

export function bridgeOf(neutronNetworkId: string): string {
  return `brq${neutronNetworkId.slice(0, 11)}`;
}

/** Links by iproute2. Needs CAP_NET_ADMIN. */
export function hostLinks(): Links {
  const ip = ipBatch();
  // The kernel takes 20 ms over a removal; nobody who plugs in waits for that.
  const removal = ipBatch();
  return {
    async plug(pair) {
      if (exists(pair.host)) {
        // Left by an attempt that was cut short; only a whole pair is of use.
        await ip([`link del ${pair.host}`]).catch(() => undefined);
      }
      const { host, peer, mac, mtu, bridge, owner } = pair;
      const ipv6 = existsSync('/proc/sys/net/ipv6');
      if (!exists(bridge)) await makeBridge(ip, bridge);
      await ip([
        `link add name ${host} mtu ${mtu} master ${bridge} type veth peer name ${peer} mtu ${mtu} address ${mac}`,
        // The host has no business of its own on the container's wire.
        `link set dev ${host} alias ${owner}${ipv6 ? ' addrgenmode none' : ''}`,
        `link set dev ${host} up`,
      ]);
    },
    async remove(name) {
      if (!exists(name)) return;
      try {
        await removal([`link del ${name}`]);
      } catch (error) {
        if (exists(name)) throw error;
      }
    },
    async removeBridge(name) {
      const plugged = await readdir(`/sys/class/net/${name}/brif`).catch(() => undefined);
      if (plugged?.length !== 0) return;
      await removal([`link del ${name} type bridge`]).catch(() => undefined);
    },
    async strays() {
      const names = new Set(await readdir('/sys/class/net'));
      const found: Stray[] = [];
      for (const name of names) {
        if (!name.startsWith(HOST) || !names.has(PEER + name.slice(HOST.length))) continue;
        found.push({ name, owner: await ownerOf(name) });
      }
      return found;
    },
    async owned(owner) {
      const names = (await readdir('/sys/class/net')).filter((name) => name.startsWith(HOST));
      const owners = await Promise.all(names.map(ownerOf));
      return names.filter((_, at) => owners[at] === owner);
    },
  };
}

/** As the original's script makes it; the network agent does the same, so whoever comes second finds it there. */
async function makeBridge(ip: IpBatch, name: string): Promise<void> {
  try {
    await ip([`link add name ${name} type bridge forward_delay 0 stp_state 0`, `link set dev ${name} up`]);
  } catch (error) {
    if (!exists(name)) throw error;
  }
}

async function ownerOf(name: string): Promise<string> {
  return (await readFile(`/sys/class/net/${name}/ifalias`, 'utf8').catch(() => '')).trim();
}

/** The kernel tells without a disk or a process. */
function exists(name: string): boolean {
  return existsSync(`/sys/class/net/${name}`);
}
