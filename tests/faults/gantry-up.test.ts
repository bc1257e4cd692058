import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cloudSession, freePort, launchGantry } from 'gantry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const COMMAND = fileURLToPath(new URL('../../packages/gantry/bin/gantry.js', import.meta.url));

let root: string;
/** A cloud that was ready once and stopped in order. Copied, never changed. */
let sound: string;
let listen: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'gantry-up-'));
  sound = join(root, 'sound');
  listen = `127.0.0.1:${await freePort()}`;
  const gantry = await launchGantry({ data: sound, listen, servers: 'simulated' });
  expect(await gantry.stop()).toBe(0);
}, 120_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command to its end. `meanwhile` is given the process. */
async function gantry(args: readonly string[], meanwhile?: (pid: number) => Promise<void>): Promise<Ended> {
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (text) => (out += String(text)));
  child.stderr.on('data', (text) => (err += String(text)));
  const closed = once(child, 'close');
  await meanwhile?.(child.pid ?? 0);
  const [code] = (await closed) as [number | null];
  return { code, out, err };
}

function up(data: string, ...more: string[]): Promise<Ended> {
  return gantry(['up', '--data', data, '--listen', listen, '--servers', 'simulated', '--no-kuryr', ...more]);
}

function copy(name: string): string {
  const data = join(root, name);
  cpSync(sound, data, { recursive: true });
  return data;
}

/** Every file with its content. */
function contents(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [name, readFileSync(join(folder, name), 'base64')]),
  );
}

/** All that a cloud is, and who has it. A database that could be opened is what is in it. */
function kept(data: string): Record<string, unknown> {
  const { 'gantry.log': _log, 'magnum.conf': _conf, ...files } = contents(data);
  const plain = Object.entries(files).filter(([name]) => !name.includes('.sqlite'));
  return {
    ...Object.fromEntries(plain),
    cloud: rows(data, 'cloud.sqlite', 'rows'),
    magnum: rows(data, 'magnum.sqlite', 'x509keypair'),
  };
}

function rows(data: string, name: string, table: string): unknown {
  const path = join(data, name);
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    const found = database.prepare(`SELECT * FROM ${table}`).all();
    database.close();
    return found;
  } catch {
    return existsSync(path) ? readFileSync(path, 'base64') : undefined;
  }
}

/** One message, no stack, status 1. */
function refused({ code, err }: Ended, says: RegExp): void {
  expect(err).toMatch(says);
  expect(err).toMatch(/^gantry: /);
  expect(err).not.toMatch(/^\s+at /m);
  expect(code).toBe(1);
}

describe('gantry, told something it does not understand, says so with what would be right', () => {
  it.each<[string[], RegExp]>([
    [['fly'], /unknown command 'fly'/],
    [['up', '--fly'], /unknown option '--fly'/],
    [['up', 'here'], /too many arguments/],
    [['up', '--listen', '9000'], /HOST:PORT .* 127\.0\.0\.1:9000/],
    [['up', '--listen', '127.0.0.1:0'], /port of 1 to 65535/],
    [['up', '--listen', '127.0.0.1:65536'], /port of 1 to 65535/],
    [['up', '--servers', 'some'], /Allowed choices are containers, simulated/],
    [['up', '--data', ''], /must not be empty/],
    [['up', '--docker', 'tcp://elsewhere:2375'], /must be on this machine.*--docker/],
    [['images', '--docker', '/nowhere/docker.sock'], /\/nowhere\/docker\.sock.*Start Docker/],
  ])('%j', async (args, says) => refused(await gantry(args), says), 60_000);
});

describe('gantry up', () => {
  it('refuses a port that another has', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const data = join(root, 'taken');
    refused(
      await up(data, '--listen', `127.0.0.1:${port}`),
      /another program has that port\. Stop it, or name another with --listen/,
    );
    taken.close();
    expect(existsSync(join(data, 'gantry.pid'))).toBe(false);
  }, 60_000);

  it('refuses a folder that is none of its own, and leaves it as it was', async () => {
    const file = join(root, 'file');
    writeFileSync(file, 'mine');
    refused(await up(file), /file: can't be used as data folder.*Name another with --data/);
    refused(await up('/proc/gantry'), /\/proc\/gantry: can't be used as data folder/);

    const others = join(root, 'others');
    mkdirSync(others);
    writeFileSync(join(others, 'thesis'), 'mine');
    refused(await up(others), /no data folder of gantry and not empty \(thesis/);
    expect((await gantry(['down', '--purge', '--data', others])).out).toMatch(/There is no cloud in/);
    expect(contents(others)).toEqual({ thesis: Buffer.from('mine').toString('base64') });
  }, 60_000);

  it.each<[string, string, (path: string) => void, RegExp]>([
    ['another version', 'gantry-data.json', write('{"layout":99}'), /another version of gantry \(layout 99/],
    ['a damaged marker', 'gantry-data.json', write('{'), /gantry-data\.json: damaged/],
    ['damaged state', 'cloud.sqlite', damage, /cloud\.sqlite: damaged .*put back a copy/],
    ['no state', 'cloud.sqlite', remove, /cloud\.sqlite is missing.*put back a copy/],
    ['empty state', 'cloud.sqlite', write(''), /cloud\.sqlite is empty.*put back a copy/],
    ['damaged clusters', 'magnum.sqlite', damage, /magnum\.sqlite: .*(malformed|damaged)/],
    ['no clusters', 'magnum.sqlite', remove, /magnum\.sqlite is missing/],
    ['no passwords', 'secrets.json', remove, /secrets\.json is missing/],
    ['half the passwords', 'secrets.json', write('{"passwords":{"admin":"x"}}'), /it lacks demo/],
    ['damaged settings', 'settings.json', write('[]'), /settings\.json: damaged/],
    ['a file for a folder', 'images', replaceByFile, /images: something else is in that place/],
  ])(
    'refuses a data folder with %s, and changes nothing',
    async (_what, name, harm, says) => {
      const data = copy(`harmed-${name}-${readdirSync(root).length}`);
      harm(join(data, name));
      const before = kept(data);
      refused(await up(data), says);
      expect(kept(data)).toEqual(before);
    },
    60_000,
  );

  it('refuses a folder that another one runs in, which goes on undisturbed', async () => {
    const data = copy('twice');
    const first = await launchGantry({ data, listen, servers: 'simulated' });
    try {
      refused(
        await up(data, '--listen', `127.0.0.1:${await freePort()}`),
        new RegExp(`running already .*process ${first.pid}.*gantry down`),
      );
      // Whatever the second one did to the folder, the first one is still found by it.
      expect((await gantry(['down', '--data', data])).out).toMatch(`Stopped process ${first.pid}.`);
      expect(await first.ended).toBe(0);
    } finally {
      await first.kill();
    }
  }, 60_000);

  it('told to end at any moment of its start, leaves no process behind and starts again', async () => {
    const data = join(root, 'stopped');
    for (const wait of ['gantry-data.json', 'gantry.pid', 'magnum.conf', 'clouds.yaml']) {
      rmSync(data, { recursive: true, force: true });
      const ended = await gantry(
        ['up', '--data', data, '--listen', listen, '--servers', 'simulated'],
        async (pid) => {
          await appears(join(data, wait));
          process.kill(pid, 'SIGTERM');
          process.kill(pid, 'SIGINT');
        },
      );
      // Its end may come when all is there: then it was a start and a stop.
      if (ended.code === 1) refused(ended, /^gantry: stopped by SIG\w+ before it was ready$/m);
      else expect(ended).toMatchObject({ code: 0 });
      expect(existsSync(join(data, 'gantry.pid'))).toBe(false);
    }
    const again = await launchGantry({ data, listen, servers: 'simulated' });
    expect((await cloudSession(data).token()).body.user.name).toBe('demo');
    expect(await again.stop()).toBe(0);
  }, 120_000);
});

describe('gantry down', () => {
  it('says what it did, and --purge takes only what is gantry’s', async () => {
    const data = copy('purged');
    writeFileSync(join(data, 'notes.txt'), 'mine');
    const kept = await gantry(['down', '--data', data]);
    expect(kept.out).toMatch(/The data is kept/);
    const { code, out } = await gantry(['down', '--purge', '--data', data]);
    expect(out).toMatch(/but for what is not gantry's: notes\.txt/);
    expect(code).toBe(0);
    expect(Object.keys(contents(data))).toEqual(['notes.txt']);
  }, 60_000);

  it('refuses to remove what a cloud has that this machine does not know', async () => {
    const { code, err } = await gantry(['down', '--cloud', 'no-such-cloud']);
    expect(err).toMatch(/nothing of a cloud no-such-cloud|as root/);
    expect(code).toBe(1);
  }, 60_000);
});

function write(text: string): (path: string) => void {
  return (path) => writeFileSync(path, text);
}

function remove(path: string): void {
  rmSync(path);
}

/** Overwrites all but the first page of a database. */
function damage(path: string): void {
  const content = readFileSync(path);
  content.fill(0xa5, 4096);
  writeFileSync(path, content);
}

function replaceByFile(path: string): void {
  rmSync(path, { recursive: true });
  writeFileSync(path, '');
}

/** Polls, as a watch on a folder that isn't there yet can't be had. */
async function appears(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((resolve) => setImmediate(resolve));
}
