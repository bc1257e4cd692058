import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cloudSession, freePort, launchGantry, launchMagnum, swarmTemplate, type Launched } from 'gantry';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

const CLONE = fileURLToPath(new URL('../../', import.meta.url));

let root: string;
/** The published package, where nothing else of the clone is. */
let published: string;
let data: string;
let cloud: Launched;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'gantry-published-'));
  published = join(root, 'package');
  data = join(root, 'data');
  const build = [join(CLONE, 'tools', 'build.ts'), published];
  await promisify(execFile)(process.execPath, build, { cwd: CLONE });
  const listen = `127.0.0.1:${await freePort()}`;
  const command = join(published, 'gantry.js');
  cloud = await launchGantry({ data, listen, servers: 'simulated', command });
}, 120_000);

afterAll(async () => {
  await cloud.stop();
  rmSync(root, { recursive: true, force: true });
});

it('the published package makes clusters, with nothing of the clone beside it', async () => {
  const session = cloudSession(data);
  const magnum = (method: 'GET' | 'POST', path: string, body?: unknown) =>
    session.ask<{ status: string }>('container-infra', { method, path, ...(body !== undefined && { body }) });
  await magnum('POST', '/clustertemplates', swarmTemplate);
  await magnum('POST', '/clusters', { name: 'c', cluster_template_id: 'swarm' });
  const status = async (): Promise<string> => (await magnum('GET', '/clusters/c')).status;
  await vi.waitFor(async () => expect(await status()).toBe('CREATE_COMPLETE'), { timeout: 60_000 });
}, 90_000);

it('its magnum-api and magnum-conductor work on a database of their own', async () => {
  const folder = join(root, 'magnum');
  mkdirSync(folder);
  const options = { cloud: data, folder, port: await freePort(), commands: published };
  const api = await launchMagnum('magnum-api', options);
  const conductor = await launchMagnum('magnum-conductor', options);
  const headers = { 'x-auth-token': (await cloudSession(data, 'gantry-admin').token()).id };
  const answer = await fetch(`http://127.0.0.1:${options.port}/v1/mservices`, { headers });
  expect(await answer.json()).toMatchObject({ mservices: [{ binary: 'magnum-conductor', state: 'up' }] });
  expect([await conductor.stop(), await api.stop()]).toEqual([0, 0]);
}, 60_000);

it.each(['mysql+pymysql', 'postgresql'])(
  'it knows %s databases',
  async (kind) => {
    const conf = join(root, `${kind}.conf`);
    const port = await freePort();
    writeFileSync(conf, `[database]\nconnection = ${kind}://u:p@127.0.0.1:${port}/magnum\nmax_retries = 0\n`);
    const command = [join(published, 'gantry.js'), 'magnum-db', '--config-file', conf];
    await expect(promisify(execFile)(process.execPath, command)).rejects.toThrow(
      `connect ECONNREFUSED 127.0.0.1:${port}`,
    );
  },
  30_000,
);

it('the package says its commands, needs no other package, and carries the licences of what is in it', async () => {
  const { bin, dependencies } = JSON.parse(readFileSync(join(published, 'package.json'), 'utf8')) as {
    readonly bin: Readonly<Record<string, string>>;
    readonly dependencies?: unknown;
  };
  expect(dependencies).toBeUndefined();
  expect(Object.keys(bin)).toEqual(['gantry', 'magnum-api', 'magnum-conductor']);
  expect(readFileSync(join(published, 'THIRD-PARTY-LICENSES'), 'utf8')).toMatch(/^fastify .*: MIT$/m);
});

it('says its version', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(published, 'gantry.js'), '--version']);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

it('says which Node it needs, to one that is older', async () => {
  const older = 'Object.defineProperty(process.versions, "node", { value: "20.19.0" })';
  const command = ['--import', `data:text/javascript,${older}`, join(published, 'magnum-api.js'), '--help'];
  await expect(promisify(execFile)(process.execPath, command)).rejects.toMatchObject({
    code: 1,
    stderr: 'magnum-api: needs Node 24 or later; this is 20.19.0\n',
  });
});

it('the commands of a clone run what was built, and after a change the sources', async () => {
  const clone = join(root, 'clone', 'packages');
  const file = (path: string): string => join(clone, 'gantry', path);
  cpSync(join(CLONE, 'packages/gantry/bin'), file('bin'), { recursive: true });
  cpSync(join(CLONE, 'package-lock.json'), join(root, 'clone', 'package-lock.json'));
  cpSync(join(CLONE, 'packages/gantry/package.json'), file('package.json'));
  const says = (path: string, what: string): void => {
    mkdirSync(join(file(path), '..'), { recursive: true });
    writeFileSync(file(path), `process.stdout.write('${what}')`);
  };
  const run = async (): Promise<string> =>
    (await promisify(execFile)(process.execPath, [file('bin/gantry.js')])).stdout;
  says('src/gantry.ts', 'the sources');
  expect(await run()).toBe('the sources');
  says('dist/gantry.js', 'the bundle');
  writeFileSync(file('dist/package.json'), '{}');
  expect(await run()).toBe('the bundle');
  const later = Date.now() / 1000 + 60;
  utimesSync(file('src/gantry.ts'), later, later);
  expect(await run()).toBe('the sources');
});
