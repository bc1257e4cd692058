import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ensureImages, findEngine, startEngine, type Engine } from 'gantry';
import {
  containerHypervisor,
  DockerEngine,
  removeServers,
  type Hypervisor,
  type ServerSpec,
} from '@gantry/devcloud';
import { createLogger } from '@gantry/oslo';

/** Servers as a user of Nova has them, on a Docker engine of our own. */
const cache = fileURLToPath(new URL('../../.cache/', import.meta.url));
const log = createLogger('servers-test', { level: 'silent' });
const cloudId = 'servers-test';
const run = promisify(execFile);
const patience = { timeout: 60_000, interval: 100 };

let folder: string;
let engine: Engine;
let docker: DockerEngine;
let hypervisor: Hypervisor;
let image: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-servers-'));
  engine = await startEngine({ folder: join(folder, 'engine'), log });
  docker = new DockerEngine(engine.socket);
  ({ server: image } = await ensureImages({ cache, engine: docker, log }));
  hypervisor = newHypervisor();
}, 600_000);

afterAll(async () => {
  await hypervisor?.close();
  await docker?.close();
  await engine?.stop();
  await rm(folder, { recursive: true, force: true });
});

function newHypervisor(): Hypervisor {
  return containerHypervisor({
    engine: new DockerEngine(engine.socket),
    cloudId,
    stateDir: join(folder, 'state'),
    defaultImage: image,
    log,
  });
}

function serverSpec(number: number, userData: string): ServerSpec {
  return {
    id: `5e77e500-0000-4000-8000-00000000000${number}`,
    name: `server ${number}`,
    hostname: `server-${number}`,
    projectId: 'project',
    userId: 'user',
    availabilityZone: 'nova',
    imageId: 'image',
    imageProperties: {},
    flavor: { vcpus: 1, ramMiB: 512, diskGiB: 4 },
    userData: new TextEncoder().encode(userData),
    metadata: {},
    sshKeys: [
      {
        name: 'laptop',
        publicKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHjMcMhpmWlYJd1lSA1zjHu4zj8m1uOmAqkI8gN7yVYR me',
      },
    ],
    adminPass: 'secret',
    nics: [
      {
        portId: `5e77e5aa-000${number}-4000-8000-000000000000`,
        networkId: 'network',
        mac: `fa:16:3e:5e:77:0${number}`,
        mtu: 1450,
        tapName: `tap5e77e5aa-0${number}`,
        addresses: [
          {
            address: `10.99.0.1${number}`,
            version: 4,
            prefixLength: 24,
            gateway: '10.99.0.1',
            dnsNameservers: ['10.99.0.2'],
            hostRoutes: [],
          },
        ],
      },
    ],
    volumes: [],
    files: [{ path: '/etc/greeting', contents: new TextEncoder().encode('hello') }],
  };
}

const untilConsole = async (id: string, text: string | RegExp) =>
  await vi.waitFor(async () => expect(await hypervisor.console(id)).toMatch(text), patience);

const exec = async (id: string, ...command: string[]) =>
  (await docker.exec(`gantry-server-${id}`, command)).output.trim();

const tapsOf = async (spec: ServerSpec) =>
  (await run('ip', ['-o', 'link'])).stdout
    .split('\n')
    .filter((line) => line.includes(spec.nics[0]?.tapName ?? '-'));

test('a server boots with its NIC, disk and files, runs its user data, and is deleted without a trace', async () => {
  const disk = join(folder, 'disk');
  await writeFile(disk, '');
  await truncate(disk, 2 ** 26);
  const script = [
    '#!/bin/sh',
    'echo "greeting: $(cat /etc/greeting)"',
    'echo "address: $(ip -4 -o addr show eth0)"; echo "route: $(ip route show default)"',
    'echo "mtu: $(cat /sys/class/net/eth0/mtu)"; echo "dns: $(cat /etc/resolv.conf)"',
    'mkfs.ext4 -q /dev/vdb && echo "disk: $(blockdev --getsize64 /dev/vdb)"',
    'docker run --rm --net=none busybox echo "docker: works" || docker info',
    'echo "name: $(hostname)"; echo "user data is done"',
  ].join('\n');
  const spec: ServerSpec = {
    ...serverSpec(1, script),
    volumes: [{ volumeId: 'volume', sizeGiB: 1, device: '/dev/vdb', path: disk, boot: false }],
  };
  await hypervisor.create(spec, AbortSignal.timeout(60_000));
  await untilConsole(spec.id, 'user data is done');
  const console = await hypervisor.console(spec.id);
  expect(console).toContain('greeting: hello');
  expect(console).toMatch(/address: .*10\.99\.0\.11\/24/);
  expect(console).toContain('route: default via 10.99.0.1');
  expect(console).toContain('mtu: 1450');
  expect(console).toContain('dns: nameserver 10.99.0.2');
  expect(console).toContain('disk: 67108864');
  expect(console).toContain('name: server-1');
  expect(await exec(spec.id, 'cat', '/etc/machine-id')).toBe(spec.id.replaceAll('-', ''));
  expect(await exec(spec.id, 'cat', '/home/debian/.ssh/authorized_keys')).toContain('ssh-ed25519');
  expect(await tapsOf(spec)).toHaveLength(1);
  expect((await run('losetup', ['-j', disk])).stdout).not.toBe('');
  await vi.waitFor(async () => expect(await exec(spec.id, 'docker', 'images')).toContain('nginx'), patience);

  await hypervisor.delete(spec.id);
  await hypervisor.delete(spec.id);
  expect(await docker.listContainers([])).toEqual([]);
  expect(await docker.listVolumes([])).toEqual([]);
  expect(await tapsOf(spec)).toEqual([]);
  expect((await run('losetup', ['-j', disk])).stdout).toBe('');
  expect(await readdir(join(folder, 'state/servers'))).toEqual([]);
  expect(await hypervisor.state()).toEqual(new Map());
});

test('through reboots of any kind, a stop and a start, a server keeps its NIC and data, and user data runs once', async () => {
  const spec = serverSpec(2, '#!/bin/sh\necho "user data ran"; echo kept > /root/data\n');
  const changes: string[] = [];
  const stopListening = hypervisor.onChange((id, state) => changes.push(`${id === spec.id} ${state}`));
  await hypervisor.create(spec, AbortSignal.timeout(60_000));
  await untilConsole(spec.id, 'user data ran');
  const boots = async () => (await hypervisor.console(spec.id)).match(/Cloud-init .* finished/g)?.length;
  const hasBooted = async (count: number) => {
    await vi.waitFor(async () => expect(await boots()).toBe(count), patience);
    expect(await exec(spec.id, 'ip', '-4', '-o', 'addr', 'show', 'eth0')).toContain('10.99.0.12/24');
    expect(await tapsOf(spec)).toHaveLength(1);
  };
  await hasBooted(1);
  await hypervisor.reboot(spec, 'SOFT');
  await hasBooted(2);
  await hypervisor.reboot(spec, 'HARD');
  await hasBooted(3);
  await exec(spec.id, 'systemctl', 'reboot');
  await hasBooted(4);
  await hypervisor.stop(spec.id);
  expect([...(await hypervisor.state()).values()]).toEqual(['stopped']);
  expect(await tapsOf(spec)).toEqual([]);
  await hypervisor.start(spec);
  await hasBooted(5);
  expect(changes).toEqual([]);
  await exec(spec.id, 'systemctl', 'poweroff');
  await vi.waitFor(() => expect(changes).toEqual(['true stopped']), patience);
  await hypervisor.start(spec);
  await hasBooted(6);
  expect(await exec(spec.id, 'cat', '/root/data')).toBe('kept');
  expect((await hypervisor.console(spec.id)).match(/user data ran/g)).toHaveLength(1);
  stopListening();
  await hypervisor.delete(spec.id);
});

test('a server started while nobody was there to plug it in is completed by the next process', async () => {
  const spec = serverSpec(3, '#!/bin/sh\necho "user data ran"\n');
  await hypervisor.create(spec, AbortSignal.timeout(60_000));
  await untilConsole(spec.id, 'user data ran');
  await hypervisor.close();
  await docker.killContainer(`gantry-server-${spec.id}`);
  await docker.startContainer(`gantry-server-${spec.id}`);
  expect(await tapsOf(spec)).toEqual([]);
  hypervisor = newHypervisor();
  await vi.waitFor(async () => expect(await tapsOf(spec)).toHaveLength(1), patience);
  await hypervisor.delete(spec.id);
});

test('dockerd killed: what it left is cleared away, and servers come up again with their NICs', async () => {
  const spec = serverSpec(4, '#!/bin/sh\necho "user data ran"\n');
  await hypervisor.create(spec, AbortSignal.timeout(60_000));
  // The whole boot: what the console hasn't told when dockerd dies, it never tells.
  await untilConsole(spec.id, 'finished');
  process.kill(engine.pid, 'SIGKILL');
  await vi.waitFor(() => expect(() => process.kill(engine.pid, 0)).toThrow(), patience);
  await expect(hypervisor.state()).rejects.toThrow(/no answer from Docker on .*docker\.sock/);
  engine = await startEngine({ folder: join(folder, 'engine'), log });
  await untilConsole(spec.id, /finished[\s\S]*finished/);
  expect(await tapsOf(spec)).toHaveLength(1);

  expect(await removeServers(docker, cloudId, join(folder, 'state'), log)).toBe(1);
  expect(await docker.listContainers([])).toEqual([]);
  expect(await docker.listVolumes([])).toEqual([]);
  expect(await tapsOf(spec)).toEqual([]);
});

test('the engine is found again by its folder, and when it stops nothing of it runs', async () => {
  const path = join(folder, 'engine');
  expect((await findEngine(path, log))?.pid).toBe(engine.pid);
  await engine.stop();
  expect(await findEngine(path, log)).toBeUndefined();
  expect(existsSync(engine.socket)).toBe(false);
  const processes = (await run('ps', ['-eo', 'args'])).stdout;
  expect(processes).not.toContain(path);
  engine = await startEngine({ folder: path, log });
});
