import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createLogger } from '@gantry/oslo';
import { openStore, removeDataPlane } from '@gantry/devcloud';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { startEngine, type Engine } from '../../packages/gantry/src/engine/engine.ts';

/** A Docker engine of our own, Kuryr as its plug-in, and devcloud's network service with this machine's kernel. */
const folder = mkdtempSync(join(tmpdir(), 'gantry-kuryr-'));
const stateFile = join(folder, 'neutron.db');
const log = createLogger('test', { level: 'error' });
const patience = { timeout: 20_000, interval: 25 };
const run = promisify(execFile);

interface Program {
  readonly process: ChildProcess;
  /** What it has said, line by line. */
  readonly said: string[];
}

let engine: Engine;
let neutron: Program;
let address = '';
let kuryr: Program;

async function launch(script: string, ...args: string[]): Promise<Program> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
  await vi.waitFor(() => expect(said.some((line) => line.startsWith('listening'))).toBe(true), patience);
  return { process: child, said };
}

function isAlive({ process }: Program): boolean {
  return process.exitCode === null && process.signalCode === null;
}

async function end(program: Program, signal: NodeJS.Signals): Promise<void> {
  if (!isAlive(program)) return;
  const gone = once(program.process, 'exit');
  program.process.kill(signal);
  await gone;
}

async function startKuryr(): Promise<void> {
  kuryr = await launch(
    'lone-kuryr.ts',
    address,
    join(engine.pluginsFolder, 'kuryr.sock'),
    join(folder, 'kuryr'),
  );
}

/** A docker command as a user types it. @throws with what docker said */
async function docker(command: string): Promise<string> {
  const env = { ...process.env, DOCKER_HOST: `unix://${engine.socket}` };
  const { stdout } = await run('docker', command.split(/\s+/), { env });
  if (command.startsWith('network create')) await inNeutron('networks');
  return stdout.trim();
}

interface Row {
  readonly id: string;
  readonly [key: string]: unknown;
}

async function inNeutron(kind: string): Promise<Row[]> {
  const answer = await fetch(`${address}/v2.0/${kind}`, { headers: { 'x-auth-token': 'admin' } });
  const rows = Object.values((await answer.json()) as Record<string, Row[]>)[0] ?? [];
  for (const { id } of rows) suffixes.add(id.slice(0, 11));
  return rows;
}

/** Links of networks and ports that this test has seen; others on the machine are somebody else's. */
const suffixes = new Set<string>();

function links(): string[] {
  return readdirSync('/sys/class/net').filter((name) => suffixes.has(name.slice(3)));
}

async function left(): Promise<string[]> {
  const kinds = await Promise.all(['networks', 'subnets', 'subnetpools', 'ports'].map(inNeutron));
  const rows = kinds.flat().map((row) => `${String(row['name'])} ${row.id}`);
  return [...rows, ...links()];
}

const ipOf = (name: string): Promise<string> =>
  docker(`inspect ${name} -f {{range.NetworkSettings.Networks}}{{.IPAddress}}{{end}}`);

beforeAll(async () => {
  const rootfs = join(folder, 'rootfs', 'bin');
  mkdirSync(rootfs, { recursive: true });
  copyFileSync('/bin/busybox', join(rootfs, 'busybox'));
  for (const name of ['sh', 'ping', 'ip', 'sleep', 'cat']) symlinkSync('busybox', join(rootfs, name));
  engine = await startEngine({ folder: join(folder, 'engine'), log });
  await run('tar', ['-C', join(folder, 'rootfs'), '-cf', join(folder, 'image.tar'), '.']);
  await docker(`import ${join(folder, 'image.tar')} busybox`);
  neutron = await launch('lone-neutron.ts', stateFile);
  address = `http://127.0.0.1:${neutron.said[0]?.split(' ')[1]}/network`;
  await startKuryr();
});

afterEach(async () => {
  if (!isAlive(kuryr)) await startKuryr();
  for (const id of (await docker('ps -aq')).split('\n').filter(Boolean)) await docker(`rm -f ${id}`);
  for (const id of (await docker('network ls -q -f driver=kuryr')).split('\n').filter(Boolean)) {
    await docker(`network rm ${id}`);
  }
  await vi.waitFor(async () => expect(await left()).toEqual([]), patience);
});

afterAll(async () => {
  await end(kuryr, 'SIGTERM');
  await engine.stop();
  neutron.process.kill('SIGCONT');
  await end(neutron, 'SIGTERM');
  const store = openStore(stateFile);
  await removeDataPlane({ store });
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the two commands', () => {
  test('containers of a Neutron network reach each other, and it knows their ports', async () => {
    await docker(
      'network create --driver=kuryr --ipam-driver=kuryr --subnet 10.0.0.0/16 --gateway 10.0.0.1 --ip-range 10.0.0.0/24 bar',
    );
    await docker('run --net=bar -itd --name=one busybox sh');
    await docker('run --net=bar -itd --name=two busybox sh');
    const two = await ipOf('two');
    expect(two).toMatch(/^10\.0\.0\.\d+$/);
    await docker(`exec one ping -c1 -W2 ${two}`);
    expect(await docker('exec one ip route')).toContain('default via 10.0.0.1');
    const ports = await inNeutron('ports');
    expect(ports).toMatchObject([
      { device_owner: 'compute:kuryr', status: 'ACTIVE' },
      { device_owner: 'compute:kuryr', status: 'ACTIVE' },
    ]);
    const mtu = await docker('exec one cat /sys/class/net/eth0/mtu');
    expect(mtu).toBe(String((await inNeutron('networks'))[0]?.['mtu']));
    await docker('rm -f one two');
    expect(await inNeutron('ports')).toEqual([]);
    await docker('network rm bar');
    expect(await left()).toEqual([]);
  });
});

describe('comings and goings', () => {
  const CREATE = 'network create --driver=kuryr --ipam-driver=kuryr --subnet 10.8.0.0/24';

  test('stop, start, restart and network connect leave one port for each running container', async () => {
    await docker(`${CREATE} bar`);
    await docker('run --net=bar -itd --name=one busybox sh');
    await docker('run --net=bar -itd --name=two busybox sh');
    await docker('stop -t0 one');
    expect(await inNeutron('ports')).toHaveLength(1);
    await docker('start one');
    await docker('restart -t0 two');
    await docker(`exec one ping -c1 -W2 ${await ipOf('two')}`);
    await docker('network create --driver=kuryr --ipam-driver=kuryr --subnet 10.9.0.0/24 side');
    await docker('network connect side one');
    expect(await inNeutron('ports')).toHaveLength(3);
    expect(await docker('exec one ip -4 address')).toContain('10.9.0.2/24');
    await docker('network disconnect side one');
    expect(await inNeutron('ports')).toHaveLength(2);
  });

  test('an address in use is refused, and its container stays connected', async () => {
    await docker(`${CREATE} bar`);
    await docker('run --net=bar -itd --name=one --ip 10.8.0.50 busybox sh');
    await expect(docker('run --net=bar -itd --name=thief --ip 10.8.0.50 busybox sh')).rejects.toThrow(
      'address 10.8.0.50 is in use by a container on this host; choose another',
    );
    await docker('run --net=bar --rm busybox ping -c1 -W2 10.8.0.50');
  });

  test('kill -9 and a new start of Kuryr disturb nobody', async () => {
    await docker(`${CREATE} bar`);
    await docker('run --net=bar -itd --name=one busybox sh');
    await docker('run --net=bar -itd --name=two busybox sh');
    await end(kuryr, 'SIGKILL');
    await docker(`exec one ping -c1 -W2 ${await ipOf('two')}`);
    await startKuryr();
    await docker('restart -t0 one');
    await docker(`exec one ping -c1 -W2 ${await ipOf('two')}`);
    expect(await inNeutron('ports')).toHaveLength(2);
  });

  test('kill -9 while Neutron is making a port leaves none', async () => {
    await docker(`${CREATE} bar`);
    neutron.process.kill('SIGSTOP');
    kuryr.said.length = 0;
    const running = docker('run --net=bar -itd --name=one busybox sh').catch((error: unknown) => error);
    await vi.waitFor(() => expect(kuryr.said).toContain('asks POST /network/v2.0/ports'), patience);
    await end(kuryr, 'SIGKILL');
    neutron.process.kill('SIGCONT');
    await vi.waitFor(async () => expect(await inNeutron('ports')).toHaveLength(1), patience);
    await startKuryr();
    // Docker repeats the request, but without its body.
    expect(String(await running)).toContain('start the command again');
    await vi.waitFor(async () => expect(await inNeutron('ports')).toEqual([]), patience);
    await docker('start one');
    expect(await inNeutron('ports')).toHaveLength(1);
  });

  test("a killed dockerd's containers are cleared away, and start again", async () => {
    await docker(`${CREATE} bar`);
    await docker('run --net=bar -itd --name=one busybox sh');
    process.kill(engine.pid, 'SIGKILL');
    engine = await startEngine({ folder: join(folder, 'engine'), log });
    await vi.waitFor(async () => expect(await inNeutron('ports')).toEqual([]), patience);
    await docker('start one');
    expect(await inNeutron('ports')).toHaveLength(1);
  });

  test('Neutron away while a container is removed: Docker is not held up, and the port goes later', async () => {
    await docker(`${CREATE} bar`);
    await docker('run --net=bar -itd --name=one busybox sh');
    await inNeutron('ports');
    neutron.process.kill('SIGSTOP');
    const started = Date.now();
    await docker('rm -f one');
    expect(Date.now() - started).toBeLessThan(20_000);
    expect(links().filter((name) => name.startsWith('tap'))).toEqual([]);
    neutron.process.kill('SIGCONT');
    await vi.waitFor(async () => expect(await inNeutron('ports')).toEqual([]), patience);
  });
});
