import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';

/** A network interface as the kernel has it. */
export interface Link {
  readonly name: string;
  readonly mtu: number;
  readonly up: boolean;
  /** The bridge it is plugged into. */
  readonly master: string | undefined;
  readonly alias: string | undefined;
}

/** An interface with its addresses, inside a namespace. */
export interface AddressedLink extends Link {
  readonly mac: string;
  /** `address/length`, link-local ones left out. */
  readonly addresses: readonly string[];
}

export interface RouteEntry {
  readonly destination: string;
  readonly gateway: string | undefined;
}

/**
 * Everything the agent does to the machine's interfaces, addresses and packet filters. Behind it are
 * iproute2 and iptables; a set of changes is one process.
 */
export interface Links {
  /** @throws LinkError if this process may not change interfaces, or a tool is missing; says what to do */
  check(): Promise<void>;
  /** The interface of that name right now, read from sysfs without a process. */
  find(name: string): Link | undefined;
  /** Names of all interfaces of the host. */
  names(): string[];
  isBridge(name: string): boolean;
  /** Names of the namespaces that `ip netns` knows. */
  namespaces(): string[];
  /**
   * Runs the lines as one `ip -batch`, in `namespace` or on the host.
   *
   * @throws LinkError with the first line that failed; the lines before it are done, those after it are not
   */
  batch(lines: readonly string[], namespace?: string): Promise<void>;
  /** The same, but goes on after a failing line; returns the failures. */
  attempt(lines: readonly string[]): Promise<LinkError[]>;
  addressed(namespace: string): Promise<AddressedLink[]>;
  /** Static routes and the default one, of both families; on the host without a namespace. */
  routes(namespace?: string): Promise<RouteEntry[]>;
  /** Addresses of the host with the interface that has them. */
  hostAddresses(): Promise<{ readonly name: string; readonly cidr: string }[]>;
  /** Whether the host forwards IPv4. */
  forwards(): boolean;
  /** Sets kernel parameters, `net/ipv4/ip_forward=1`. */
  sysctl(settings: readonly string[], namespace?: string): Promise<void>;
  /** Replaces whole tables of a namespace by an `iptables-restore` text, each in one go. */
  restoreTables(text: string, namespace: string): Promise<void>;
  /** Adds to and takes from the host's tables in one go. */
  changeTables(text: string): Promise<void>;
  /** The host's rules of one table, as `iptables -S` says them. */
  rules(table: string): Promise<string[]>;
  /** Calls back with the name of each interface of the host that came, changed or went, until aborted. */
  watch(changed: (name: string) => void, ended: (error: Error) => void, signal: AbortSignal): void;
}

export class LinkError extends Error {
  override readonly name = 'LinkError';
}

export function linuxLinks(): Links {
  return {
    async check() {
      if (process.getuid?.() !== 0) {
        throw new LinkError(
          'bridges and routers need root: start as root, or with a simulated data plane (--servers=simulated)',
        );
      }
      await Promise.all([succeed('ip', ['-V']), succeed('iptables', ['-V'])]);
    },
    find: readLink,
    names: () => readdirSync('/sys/class/net'),
    isBridge: (name) => existsSync(`/sys/class/net/${name}/bridge`),
    namespaces: () => (existsSync('/run/netns') ? readdirSync('/run/netns') : []),
    async batch(lines, namespace) {
      if (lines.length === 0) return;
      const args = [...inside(namespace), '-batch', '-'];
      const done = await run('ip', args, `${lines.join('\n')}\n`);
      if (done.code !== 0) throw failures(lines, done)[0] ?? new LinkError(done.stderr.trim());
    },
    async attempt(lines) {
      if (lines.length === 0) return [];
      const done = await run('ip', ['-force', '-batch', '-'], `${lines.join('\n')}\n`);
      return failures(lines, done);
    },
    async addressed(namespace) {
      const links = await json(['-n', namespace, '-d', '-j', 'addr', 'show']);
      return links.map(parseAddressed);
    },
    async routes(namespace) {
      const both = await Promise.all([
        json([...inside(namespace), '-4', '-j', 'route', 'show']),
        json([...inside(namespace), '-6', '-j', 'route', 'show']),
      ]);
      return both
        .flat()
        .filter((route) => route['protocol'] === 'static' || route['dst'] === 'default')
        .map((route) => ({ destination: String(route['dst']), gateway: textOf(route['gateway']) }));
    },
    async hostAddresses() {
      const links = await json(['-j', 'addr', 'show']);
      return links.flatMap((link) =>
        listOf(link['addr_info']).map((info) => ({
          name: String(link['ifname']),
          cidr: `${String(info['local'])}/${String(info['prefixlen'])}`,
        })),
      );
    },
    forwards: () => readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim() === '1',
    async sysctl(settings, namespace) {
      if (namespace !== undefined) {
        await succeed('ip', ['netns', 'exec', namespace, 'sysctl', '-q', '-w', ...settings]);
        return;
      }
      for (const setting of settings) {
        const [name = '', value = ''] = setting.split('=');
        // A kernel without IPv6 has none of its parameters, and needs none.
        if (existsSync(`/proc/sys/${name}`)) await writeFile(`/proc/sys/${name}`, value);
      }
    },
    async restoreTables(text, namespace) {
      await succeed('ip', ['netns', 'exec', namespace, 'iptables-restore', '-w'], text);
    },
    async changeTables(text) {
      await succeed('iptables-restore', ['-w', '--noflush'], text);
    },
    async rules(table) {
      const { stdout } = await succeed('iptables', ['-w', '-t', table, '-S']);
      return stdout.split('\n').filter((line) => line.startsWith('-A '));
    },
    watch,
  };
}

function inside(namespace: string | undefined): string[] {
  return namespace === undefined ? [] : ['-n', namespace];
}

const IFF_UP = 1;

function readLink(name: string): Link | undefined {
  const folder = `/sys/class/net/${name}`;
  try {
    const read = (file: string): string => readFileSync(`${folder}/${file}`, 'utf8').trim();
    const alias = read('ifalias');
    return {
      name,
      mtu: Number(read('mtu')),
      up: (Number(read('flags')) & IFF_UP) !== 0,
      master: existsSync(`${folder}/master`) ? basename(readlinkSync(`${folder}/master`)) : undefined,
      alias: alias === '' ? undefined : alias,
    };
  } catch {
    // It is not there, or went while it was being read.
    return undefined;
  }
}

type Json = Readonly<Record<string, unknown>>;

async function json(args: readonly string[]): Promise<readonly Json[]> {
  const { stdout } = await succeed('ip', args);
  return stdout.trim() === '' ? [] : listOf(JSON.parse(stdout));
}

function listOf(value: unknown): Json[] {
  // `ip -j` puts empty objects where it left something out.
  return Array.isArray(value) ? value.filter((item: Json) => Object.keys(item).length > 0) : [];
}

function parseAddressed(link: Json): AddressedLink {
  const flags = Array.isArray(link['flags']) ? link['flags'] : [];
  return {
    name: String(link['ifname']),
    mtu: Number(link['mtu']),
    up: flags.includes('UP'),
    master: textOf(link['master']),
    alias: textOf(link['ifalias']),
    mac: String(link['address']),
    addresses: listOf(link['addr_info'])
      .filter((info) => info['scope'] !== 'link' && info['scope'] !== 'host')
      .map((info) => `${String(info['local'])}/${String(info['prefixlen'])}`),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** `Command failed -:3` follows what the kernel said about the third line. */
function failures(lines: readonly string[], done: Finished): LinkError[] {
  if (done.code === 0) return [];
  const found: LinkError[] = [];
  let said: string[] = [];
  for (const line of done.stderr.split('\n')) {
    const number = /^Command failed -:(\d+)/.exec(line)?.[1];
    if (number === undefined) {
      if (line.trim() !== '') said.push(line.trim());
      continue;
    }
    found.push(new LinkError(`ip ${lines[Number(number) - 1] ?? ''}: ${said.join(' ')}`));
    said = [];
  }
  return found.length > 0 ? found : [new LinkError(`ip: ${said.join(' ')}`)];
}

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function succeed(command: string, args: readonly string[], input?: string): Promise<Finished> {
  const done = await run(command, args, input);
  if (done.code !== 0) throw new LinkError(`${command} ${args.join(' ')}: ${done.stderr.trim()}`);
  return done;
}

function run(command: string, args: readonly string[], input?: string): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'pipe', env: PLAIN });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => out.push(part));
    child.stderr.on('data', (part: Buffer) => err.push(part));
    child.on('error', (error) => reject(missing(command, error)));
    child.on('close', (code) =>
      resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    );
    // A process that ends before it has read everything says why on stderr: that is the error to show.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
}

/** Messages in English, and the tools found where root has them even if the user's PATH lacks it. */
const PLAIN = { ...process.env, LC_ALL: 'C', PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };

function missing(command: string, error: Error): LinkError {
  const tool = command === 'ip' ? 'iproute2' : command.startsWith('iptables') ? 'iptables' : command;
  return new LinkError(`${command} can't be run (${error.message}): install the package ${tool}`, {
    cause: error,
  });
}

function watch(changed: (name: string) => void, ended: (error: Error) => void, signal: AbortSignal): void {
  const child: ChildProcess = spawn('ip', ['-o', 'monitor', 'link'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: PLAIN,
  });
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      // `12: tap0a1b2c3d-4e@if11: <…`, with `Deleted ` in front when it went, or left its bridge.
      const name = /^(?:Deleted )?\d+: ([^:@]+)/.exec(line)?.[1];
      if (name !== undefined) changed(name);
    });
  }
  const stop = (): void => void child.kill();
  signal.addEventListener('abort', stop, { once: true });
  child.on('error', (error) => ended(missing('ip', error)));
  child.on('close', (code) => {
    signal.removeEventListener('abort', stop);
    if (!signal.aborted) ended(new LinkError(`ip monitor ended with status ${code}`));
  });
}
