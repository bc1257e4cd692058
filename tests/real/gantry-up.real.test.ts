import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { computeClient, networkClient, OpenStackError, type Session } from '@gantry/openstack';
import { createLogger } from '@gantry/oslo';
import { DockerEngine } from '@gantry/devcloud';
import {
  cloudSession,
  ensureImages,
  freePort,
  launchGantry,
  startEngine,
  type Engine,
  type Launched,
} from 'gantry';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const COMMAND = fileURLToPath(new URL('../../packages/gantry/bin/gantry.js', import.meta.url));
const NOBODY = 65534;
const log = createLogger('gantry-up', { level: 'silent' });

let root: string;
let listen: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'gantry-up-'));
  // The user nobody has to get to its own folder in it.
  chmodSync(root, 0o755);
  listen = `127.0.0.1:${await freePort()}`;
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function gantry(
  args: readonly string[],
  uid = 0,
  wait?: (pid: number) => Promise<void>,
): Promise<Ended> {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    uid,
    env: { ...process.env, HOME: root },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (text) => (out += String(text)));
  child.stderr.on('data', (text) => (err += String(text)));
  const closed = once(child, 'close');
  await wait?.(child.pid ?? 0);
  const [code] = (await closed) as [number | null];
  return { code, out, err };
}

function refused({ code, err }: Ended, says: RegExp): void {
  expect(err).toMatch(says);
  expect(err).not.toMatch(/^\s+at /m);
  expect(code).toBe(1);
}

/** What carries a cloud's id on the machine: interfaces and packet filter rules. */
function traces(cloudId: string): string[] {
  const rules = ['raw', 'filter', 'nat'].map((table) =>
    execFileSync('iptables', ['-w', '-t', table, '-S'], { encoding: 'utf8' }),
  );
  const links = execFileSync('ip', ['-details', '-oneline', 'link'], { encoding: 'utf8' });
  return [links, ...rules].flatMap((text) => text.split('\n')).filter((line) => line.includes(cloudId));
}

/** Waits as long as a busy machine may need. */
function eventually<T>(look: () => Promise<T>): Promise<T> {
  return vi.waitFor(look, { timeout: 90_000, interval: 200 });
}

describe('gantry up without root', () => {
  it('says what real servers want, and refuses what it may not have', async () => {
    const data = join(root, 'nobody');
    mkdirSync(data);
    execFileSync('chown', [String(NOBODY), data]);
    const up = ['up', '--listen', listen, '--no-kuryr', '--data'];
    refused(
      await gantry([...up, data, '--servers', 'containers'], NOBODY),
      /real servers can't run here: .*need root.*--servers simulated/,
    );
    refused(await gantry([...up, '/root/gantry'], NOBODY), /can't be used as data folder.*--data/);
    if (Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')) > 80) {
      refused(
        await gantry(['up', '--listen', '127.0.0.1:80', '--data', data], NOBODY),
        /that port is for root only: name another with --listen/,
      );
    }
  });
});

describe('a disk that is full', () => {
  it('turns changes into 5xx, loses nothing, and what was under way ends well once there is room', async () => {
    const data = join(root, 'disk');
    mkdirSync(data);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'gantry-test', data]);
    const running: Launched[] = [];
    try {
      running.push(await launchGantry({ data, listen, servers: 'simulated' }));
      const session = cloudSession(data);
      const network = await networkClient(session).networks.create({ name: 'before' });
      const order = await orderStack(session, network.id);
      fill(join(data, 'filler'));

      const refusal = networkClient(session).networks.create({ name: 'during' });
      await expect(refusal).rejects.toSatisfy(
        (error) => error instanceof OpenStackError && error.status >= 500,
      );
      expect(await networkNames(session)).toEqual(['before', 'public']);

      rmSync(join(data, 'filler'));
      await eventually(async () => expect(await stackStatus(session, order)).toBe('CREATE_COMPLETE'));
      await networkClient(session).networks.create({ name: 'after' });
      const names = await networkNames(session);
      expect(names).toEqual(['after', 'before', 'public']);

      // What is in memory is what is on disk.
      await running[0]?.kill();
      running.push(await launchGantry({ data, listen, servers: 'simulated' }));
      expect(await networkNames(session)).toEqual(names);
      expect(await stackStatus(session, order)).toBe('CREATE_COMPLETE');
      await running[1]?.stop();

      fill(join(data, 'filler'));
      refused(
        await gantry(['up', '--data', data, '--listen', listen, '--servers', 'simulated']),
        /(disk is full|free some space)/,
      );
    } finally {
      for (const each of running) await each.kill();
      execFileSync('umount', [data]);
    }
  });
});

async function orderStack(session: Session, network: string): Promise<string> {
  const server = {
    type: 'OS::Nova::Server',
    properties: { image: 'server', flavor: 'm1.tiny', networks: [{ network }] },
  };
  await networkClient(session).subnets.create({ network_id: network, ip_version: 4, cidr: '10.9.0.0/24' });
  const template = {
    heat_template_version: '2018-08-31',
    resources: Object.fromEntries([1, 2, 3, 4, 5, 6].map((number) => [`server${number}`, server])),
  };
  const { stack } = await session.ask<{ stack: { id: string } }>('orchestration', {
    method: 'POST',
    path: '/stacks',
    body: { stack_name: 'servers', template },
  });
  return stack.id;
}

async function stackStatus(session: Session, id: string): Promise<string | undefined> {
  const { stacks } = await session.ask<{ stacks: { id: string; stack_status: string }[] }>('orchestration', {
    method: 'GET',
    path: '/stacks',
  });
  return stacks.find((stack) => stack.id === id)?.stack_status;
}

async function networkNames(session: Session): Promise<string[]> {
  return (await networkClient(session).networks.list()).map((network) => network.name).toSorted();
}

/** Takes every byte that is left. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  for (const size of [1 << 16, 1]) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size));
    } catch {
      // Full, for pieces of this size.
    }
  }
  closeSync(file);
}

describe('gantry up with real servers', () => {
  let engine: Engine;
  const engineFolder = (): string => join(root, 'engine');
  const data = (): string => join(root, 'real');

  beforeAll(async () => {
    engine = await startEngine({ folder: engineFolder(), log });
    await ensureImages({ cache: '.cache/images', engine: new DockerEngine(engine.socket), log });
  }, 600_000);

  afterAll(async () => {
    await gantry(['down', '--purge', '--data', data(), '--docker', engine.socket]);
    await engine.stop();
  });

  const up = (): string[] => [
    ...['up', '--data', data(), '--listen', listen, '--servers', 'containers', '--docker', engine.socket],
    ...['--kuryr-socket', join(engine.pluginsFolder, 'kuryr.sock')],
  ];
  const cloudId = (): string =>
    (JSON.parse(readFileSync(join(data(), 'settings.json'), 'utf8')) as { cloudId: string }).cloudId;
  const logged = (): string => readFileSync(join(data(), 'gantry.log'), 'utf8');
  const launch = (): Promise<Launched> =>
    launchGantry({
      data: data(),
      listen,
      servers: 'containers',
      docker: engine.socket,
      kuryrSocket: join(engine.pluginsFolder, 'kuryr.sock'),
    });

  it('told to end at any moment of its start, leaves nothing that gantry down would not find', async () => {
    for (const moment of ['settings.json', 'magnum.conf', 'clouds.yaml', 'kuryr']) {
      const ended = await gantry(up(), 0, async (pid) => {
        while (!existsSync(join(data(), moment))) await new Promise((resolve) => setImmediate(resolve));
        process.kill(pid, 'SIGTERM');
      });
      if (ended.code !== 0) refused(ended, /stopped by SIGTERM before it was ready/);
      expect(existsSync(join(engine.pluginsFolder, 'kuryr.sock'))).toBe(false);
      const id = cloudId();
      expect((await gantry(['down', '--purge', '--data', data(), '--docker', engine.socket])).code).toBe(0);
      expect(traces(id)).toEqual([]);
      expect(existsSync(data())).toBe(false);
    }
  });

  it('refuses a copy of a cloud that runs, and a damaged journal of Kuryr', async () => {
    const gone = await launch();
    execFileSync('cp', ['-a', data(), join(root, 'copy')]);
    const copied = up().map((word) => (word === data() ? join(root, 'copy') : word));
    refused(await gantry(copied), /runs already on this machine/);
    rmSync(join(root, 'copy'), { recursive: true });
    await gone.stop();

    const journal = join(data(), 'kuryr', 'kuryr.db');
    const sound = readFileSync(journal);
    writeFileSync(journal, Buffer.alloc(8192, 0xa5));
    refused(await gantry(up()), /kuryr\.db is damaged .*move it away/);
    writeFileSync(journal, sound);
  });

  it('outlives its Docker: users are told, states are kept, and servers come back with it', async () => {
    const cloud = await launch();
    const session = cloudSession(data());
    const nova = computeClient(session);
    const network = await networkClient(session).networks.create({ name: 'servers' });
    await networkClient(session).subnets.create({
      network_id: network.id,
      ip_version: 4,
      cidr: '10.8.0.0/24',
    });
    const image = (
      await session.ask<{ images: { id: string }[] }>('image', { method: 'GET', path: '/images' })
    ).images[0]?.id;
    const order = (name: string): Promise<{ server: { id: string } }> =>
      session.ask('compute', {
        method: 'POST',
        path: '/servers',
        body: { server: { name, imageRef: image, flavorRef: '1', networks: [{ uuid: network.id }] } },
      });
    const status = async (id: string): Promise<{ status: string; fault?: { message: string } }> =>
      (
        await session.ask<{ server: { status: string; fault?: { message: string } } }>('compute', {
          method: 'GET',
          path: `/servers/${id}`,
        })
      ).server;
    const kept = (await order('kept')).server.id;
    await eventually(async () => expect((await status(kept)).status).toBe('ACTIVE'));

    process.kill(engine.pid, 'SIGKILL');
    const failed = (await order('failed')).server.id;
    await eventually(async () => expect((await status(failed)).status).toBe('ERROR'));
    expect((await status(failed)).fault?.message).toMatch(/no answer from Docker on .*docker\.sock/);
    expect((await status(kept)).status).toBe('ACTIVE');
    expect(logged()).toMatch(/Docker doesn't answer any more/);

    engine = await startEngine({ folder: engineFolder(), log });
    await eventually(async () => expect(logged()).toMatch(/Docker answers again/));
    const again = (await order('again')).server.id;
    await eventually(async () => expect((await status(again)).status).toBe('ACTIVE'));
    await eventually(async () => expect((await status(kept)).status).toBe('ACTIVE'));
    for (const { id } of await nova.servers.list()) {
      await session.ask('compute', { method: 'DELETE', path: `/servers/${id}` });
    }
    await eventually(async () => expect(await nova.servers.list()).toEqual([]));
    expect(await cloud.stop()).toBe(0);
  });

  it('can be removed without its data folder, by its id, but not while it runs', async () => {
    const cloud = await launch();
    const id = cloudId();
    const lost = ['down', '--cloud', id, '--docker', engine.socket];
    refused(await gantry(lost), /runs already on this machine/);
    await cloud.kill();
    expect(traces(id)).not.toEqual([]);
    rmSync(data(), { recursive: true });
    expect((await gantry(['down', '--data', data(), '--docker', engine.socket])).out).toMatch(
      `gantry down --cloud ${id}`,
    );
    const { code, out } = await gantry(lost);
    expect(code).toBe(0);
    expect(out).toMatch(/Removed \d bridges?, .*packet filter rule/);
    expect(traces(id)).toEqual([]);
    refused(await gantry(lost), /nothing of a cloud/);
  });
});
