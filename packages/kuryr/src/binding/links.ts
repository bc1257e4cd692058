import { spawn } from 'node:child_process';
import { access, readdir, readFile } from 'node:fs/promises';
import { KuryrError } from '../driver/errors.ts';

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

/** Links by iproute2: one `ip -batch` for each operation, about 3 ms. Needs CAP_NET_ADMIN. */
export function hostLinks(): Links {
  return {
    async plug(pair) {
      if (await exists(pair.host)) {
        // Left by an attempt that was cut short; only a whole pair is of use.
        await ip([`link del ${pair.host}`]).catch(() => undefined);
      }
      const { host, peer, mac, mtu, bridge, owner } = pair;
      const ipv6 = await access('/proc/sys/net/ipv6').then(
        () => true,
        () => false,
      );
      if (!(await exists(bridge))) await makeBridge(bridge);
      await ip([
        `link add name ${host} mtu ${mtu} type veth peer name ${peer} mtu ${mtu} address ${mac}`,
        `link set dev ${host} alias ${owner}`,
        // The host has no business of its own on the container's wire.
        ...(ipv6 ? [`link set dev ${host} addrgenmode none`] : []),
        `link set dev ${host} master ${bridge}`,
        `link set dev ${host} up`,
      ]);
    },
    async remove(name) {
      if (!(await exists(name))) return;
      try {
        await ip([`link del ${name}`]);
      } catch (error) {
        if (await exists(name)) throw error;
      }
    },
    async removeBridge(name) {
      const plugged = await readdir(`/sys/class/net/${name}/brif`).catch(() => undefined);
      if (plugged?.length !== 0) return;
      await ip([`link del ${name} type bridge`]).catch(() => undefined);
    },
    async strays() {
      const names = new Set(await readdir('/sys/class/net'));
      const found: Stray[] = [];
      for (const name of names) {
        if (!name.startsWith(HOST) || !names.has(PEER + name.slice(HOST.length))) continue;
        const alias = await readFile(`/sys/class/net/${name}/ifalias`, 'utf8').catch(() => '');
        found.push({ name, owner: alias.trim() });
      }
      return found;
    },
  };
}

/** As the original's script makes it; the network agent does the same, so whoever comes second finds it there. */
async function makeBridge(name: string): Promise<void> {
  try {
    await ip([`link add name ${name} type bridge forward_delay 0 stp_state 0`, `link set dev ${name} up`]);
  } catch (error) {
    if (!(await exists(name))) throw error;
  }
}

async function exists(name: string): Promise<boolean> {
  return access(`/sys/class/net/${name}`).then(
    () => true,
    () => false,
  );
}

async function ip(lines: readonly string[]): Promise<void> {
  const { code, text } = await new Promise<{ code: number; text: string }>((resolve) => {
    const child = spawn('ip', ['-batch', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.on('data', (chunk) => (text += String(chunk)));
    child.on('error', (error) => resolve({ code: -1, text: error.message }));
    child.on('close', (code) => resolve({ code: code ?? -1, text }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(`${lines.join('\n')}\n`);
  });
  if (code === 0) return;
  const said = text.trim().split('\n').slice(0, 2).join('; ');
  const hint = /not permitted/.test(said) ? ': Kuryr needs CAP_NET_ADMIN' : '';
  throw new KuryrError('host', `'ip ${lines.join('; ')}' failed: ${said}${hint}`);
}
