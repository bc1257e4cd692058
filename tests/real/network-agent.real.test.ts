import { spawn, execFile, execFileSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer, connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openStore, removeDataPlane } from '@gantry/devcloud';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

/** The network service with this machine's kernel; namespaces with a veth stand for servers. */
const folder = mkdtempSync(join(tmpdir(), 'gantry-network-'));
const stateFile = join(folder, 'state.db');
const patience = { timeout: 20_000, interval: 20 };
/** The alias of everything that this test's cloud makes. */
let mark = '';
const routers: string[] = [];

interface Neutron {
  readonly process: ChildProcess;
  readonly address: string;
}
interface Thing {
  readonly id: string;
  readonly [attribute: string]: unknown;
}

let neutron: Neutron;
/** Namespaces with what runs in them. */
const servers = new Map<string, ChildProcess>();

async function launch(): Promise<Neutron> {
  const script = fileURLToPath(new URL('lone-neutron.ts', import.meta.url));
  const child = spawn(process.execPath, [script, stateFile], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /^listening (\d+)/.exec(line)?.[1];
    if (port !== undefined) return { process: child, address: `http://127.0.0.1:${port}/network/v2.0` };
  }
  throw new Error('neutron ended before it was ready');
}

async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const gone = new Promise((resolve) => neutron.process.once('exit', resolve));
  neutron.process.kill(signal);
  await gone;
}

async function ask(method: string, path: string, body?: unknown): Promise<Thing> {
  const answer = await fetch(`${neutron.address}/${path}`, {
    method,
    headers: { 'x-auth-token': 'admin', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return Object.values((text === '' ? { none: {} } : JSON.parse(text)) as Record<string, Thing>)[0] as Thing;
}

const make = (collection: string, attributes: object): Promise<Thing> =>
  ask('POST', collection, { [collection.replace(/s$/, '')]: attributes });

const statusOf = async (port: Thing): Promise<unknown> => (await ask('GET', `ports/${port.id}`))['status'];

const run = promisify(execFile);

const ip = (...words: string[]): string => execFileSync('ip', words, { encoding: 'utf8' });

/** Interfaces that the cloud has made. */
function links(): string[] {
  return readdirSync('/sys/class/net').filter((name) => name !== 'lo' && aliasOf(name) === mark);
}
function namespaces(): string[] {
  return existsSync('/run/netns') ? readdirSync('/run/netns') : [];
}
function aliasOf(name: string): string {
  return readFileSync(`/sys/class/net/${name}/ifalias`, 'utf8').trim();
}

/** A server: a namespace with the inner end of its port's veth. */
async function boot(port: Thing, gateway: string): Promise<string> {
  const name = `gantry-test-${port.id.slice(0, 8)}`;
  const [fixed] = port['fixed_ips'] as readonly { ip_address: string }[];
  ip('netns', 'add', name);
  const tap = `tap${port.id.slice(0, 11)}`;
  const mac = String(port['mac_address']);
  ip('link', 'add', tap, 'type', 'veth', 'peer', 'name', 'eth0', 'address', mac, 'netns', name);
  ip('-n', name, 'link', 'set', 'lo', 'up');
  ip('-n', name, 'addr', 'add', `${fixed?.ip_address}/24`, 'dev', 'eth0');
  ip('-n', name, 'link', 'set', 'eth0', 'up');
  ip('-n', name, 'route', 'add', 'default', 'via', gateway);
  const child = spawn('ip', ['netns', 'exec', name, process.execPath, '-e', ECHO], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  servers.set(name, child);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return name;
}

/** Answers every connection with the address it came from. */
const ECHO = `require('node:net').createServer((s) => s.end(s.remoteAddress)).listen(7777, '0.0.0.0', () => console.log('up'))`;

/** Takes a server away; its namespace lasts as long as a process is in it. */
async function shutDown(name: string): Promise<void> {
  const child = servers.get(name);
  servers.delete(name);
  if (child && child.exitCode === null) {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill();
    await gone;
  }
  ip('netns', 'del', name);
}

/** Whom the other side saw, when asked from inside a server. */
async function seenFrom(server: string, address: string): Promise<string> {
  const script = `const s = require('node:net').connect({ host: '${address}', port: 7777, timeout: 2000 }); s.pipe(process.stdout); s.on('timeout', () => process.exit(2))`;
  const { stdout } = await run('ip', ['netns', 'exec', server, process.execPath, '-e', script]);
  return stdout;
}

/** The same from the host. */
function seenFromHost(address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port: 7777, timeout: 2000 });
    let text = '';
    socket.on('data', (part) => (text += part.toString()));
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
    socket.on('timeout', () => socket.destroy(new Error(`${address} does not answer`)));
  });
}

describe('a cloud with two networks, a router and a way out', () => {
  let outside: Thing;
  let router: Thing;
  let subnets: Thing[];
  let ports: Thing[];
  let first: string;
  let second: string;
  let host: Server;

  beforeAll(async () => {
    neutron = await launch();
    outside = await make('networks', { 'router:external': true });
    await make('subnets', { network_id: outside.id, ip_version: 4, cidr: '172.29.77.0/24' });
    router = await make('routers', { external_gateway_info: { network_id: outside.id } });
    routers.push(router.id);
    subnets = [];
    ports = [];
    for (const cidr of ['10.177.1.0/24', '10.177.2.0/24']) {
      const net = await make('networks', {});
      const subnet = await make('subnets', { network_id: net.id, ip_version: 4, cidr });
      await ask('PUT', `routers/${router.id}/add_router_interface`, { subnet_id: subnet.id });
      subnets.push(subnet);
      ports.push(await make('ports', { network_id: net.id }));
    }
    const [one, two] = ports;
    if (!one || !two) throw new Error('no ports');
    first = await boot(one, '10.177.1.1');
    second = await boot(two, '10.177.2.1');
    for (const port of ports)
      await vi.waitFor(async () => expect(await statusOf(port)).toBe('ACTIVE'), patience);
    host = createServer((socket) => socket.end(socket.remoteAddress ?? ''));
    await vi.waitFor(() => expect(ip('-o', 'addr')).toContain('172.29.77.1/24'), patience);
    mark = aliasOf(`brq${outside.id.slice(0, 11)}`);
    host.listen(7777, '172.29.77.1');
    await once(host, 'listening');
  });

  afterAll(async () => {
    host.close();
    await end('SIGTERM');
    for (const name of servers.keys()) await shutDown(name);
    const store = openStore(stateFile);
    await removeDataPlane({ store });
    store.close();
    rmSync(folder, { recursive: true });
  });

  test('servers reach each other through the router under their own addresses', async () => {
    await vi.waitFor(async () => expect(await seenFrom(first, '10.177.2.2')).toBe('10.177.1.2'), patience);
  });

  test('servers reach the host under the address of their router', async () => {
    await vi.waitFor(async () => expect(await seenFrom(first, '172.29.77.1')).toBe('172.29.77.2'), patience);
  });

  test('a floating IP leads in and out, also from beside it, and no longer than it is there', async () => {
    const [port] = ports;
    const floating = await make('floatingips', { floating_network_id: outside.id, port_id: port?.id });
    const address = String(floating['floating_ip_address']);
    await vi.waitFor(async () => expect(await seenFromHost(address)).toBe('172.29.77.1'), patience);
    expect(await seenFrom(first, '172.29.77.1')).toBe(address);
    expect(await seenFrom(second, address)).toBe('172.29.77.2');
    await ask('DELETE', `floatingips/${floating.id}`);
    await vi.waitFor(async () => expect(await seenFrom(first, '172.29.77.1')).toBe('172.29.77.2'), patience);
    await expect(seenFromHost(address)).rejects.toThrow();
  });

  test('the host answers for none of its own addresses on a network of servers', async () => {
    ip('addr', 'add', '10.177.1.200/32', 'dev', 'lo');
    const elsewhere = createServer((socket) => socket.end('the host'));
    try {
      elsewhere.listen(7777, '10.177.1.200');
      await once(elsewhere, 'listening');
      await expect(seenFrom(first, '10.177.1.200')).rejects.toThrow();
    } finally {
      elsewhere.close();
      ip('addr', 'del', '10.177.1.200/32', 'dev', 'lo');
    }
  });

  test('killed in the middle, it finds what was broken meanwhile and puts it right', async () => {
    await end('SIGKILL');
    ip('netns', 'del', `qrouter-${router.id}`);
    for (const bridge of links().filter((name) => name.startsWith('brq'))) {
      ip('link', 'del', bridge);
    }
    neutron = await launch();
    await vi.waitFor(async () => expect(await seenFrom(first, '10.177.2.2')).toBe('10.177.1.2'), patience);
    await vi.waitFor(async () => expect(await seenFrom(second, '172.29.77.1')).toBe('172.29.77.2'), patience);
  });

  test('a port is DOWN when its server is gone', async () => {
    const [, port] = ports;
    if (!port) throw new Error('no port');
    await shutDown(second);
    await vi.waitFor(async () => expect(await statusOf(port)).toBe('DOWN'), patience);
  });

  test('what goes from the API goes from the machine', async () => {
    await shutDown(first);
    for (const port of ports) await ask('DELETE', `ports/${port.id}`);
    for (const subnet of subnets) {
      await ask('PUT', `routers/${router.id}/remove_router_interface`, { subnet_id: subnet.id });
    }
    await ask('DELETE', `routers/${router.id}`);
    for (const subnet of subnets) await ask('DELETE', `networks/${String(subnet['network_id'])}`);
    await vi.waitFor(() => {
      expect(links()).toEqual([`brq${outside.id.slice(0, 11)}`]);
      expect(namespaces()).not.toContain(`qrouter-${router.id}`);
    }, patience);
  });

  test('a router that is left is there to be removed with the data plane', async () => {
    const left = await make('routers', { external_gateway_info: { network_id: outside.id } });
    routers.push(left.id);
    await vi.waitFor(() => expect(namespaces()).toContain(`qrouter-${left.id}`), patience);
  });
});

describe('afterwards', () => {
  test('nothing of the cloud is left on the machine', () => {
    expect(mark).toMatch(/^gantry:/);
    expect(links()).toEqual([]);
    expect(namespaces().filter((name) => routers.some((id) => name.includes(id)))).toEqual([]);
    expect(execFileSync('iptables-save', { encoding: 'utf8' })).not.toContain(mark);
  });
});
