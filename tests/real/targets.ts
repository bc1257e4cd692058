import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort, launchGantry, removeCloud } from 'gantry';
import { parse } from 'yaml';
import { startMariadb, startPostgres, type DatabaseServer } from './database-servers.ts';
import { password, serviceUrl } from './openstack/addresses.ts';
import { playAgents } from './openstack/agents.ts';
import { down, up } from './openstack/openstack.ts';
import type { Magnum } from './openstack/services.ts';

/** A cloud whose Magnum is to be tested. */
export interface Target {
  readonly magnum: Magnum;
  /** Of Keystone, without `/v3`. */
  readonly authUrl: string;
  /** Of its user and project `admin`. */
  readonly password: string;
  /** What its clusters can be; Kubernetes is one of them. */
  readonly coes: readonly ('kubernetes' | 'swarm-mode')[];
  readonly externalNetwork: string;
}

export type TargetName =
  | 'original'
  | 'gantry'
  | 'gantry-on-mariadb'
  | 'gantry-on-postgresql'
  | 'gantry-on-openstack';

/** Brings a cloud up, has it tested, and takes it down. */
export type WithTarget = (test: (target: Target) => Promise<boolean>) => Promise<boolean>;

export const say = (line: string) => void process.stdout.write(`${line}\n`);

/**
 * `original`: Magnum 15.0.1 on the real OpenStack of ./openstack, in .cache/openstack; `gantry-on-openstack`: Gantry's
 * Magnum there, on the same database; `gantry`: an embedded cloud with simulated servers, which keeps Magnum's tables in
 * SQLite, `gantry-on-mariadb` and `gantry-on-postgresql`: in these.
 * All of Gantry's are as of the original's release: with bays and bay models, without what came after them.
 */
export const targets: Readonly<Record<TargetName, WithTarget>> = {
  original: async (test) => await onOpenstack('original', test),
  'gantry-on-openstack': async (test) => await onOpenstack('gantry', test),

  gantry: async (test) => await embedded(test),
  'gantry-on-mariadb': async (test) => await onDatabase(await startMariadb(), test),
  'gantry-on-postgresql': async (test) => await onDatabase(await startPostgres(), test),
};

async function onDatabase(
  server: DatabaseServer,
  test: (target: Target) => Promise<boolean>,
): Promise<boolean> {
  try {
    await server.sql('create database magnum');
    return await embedded(test, { OS_DATABASE__CONNECTION: server.url('magnum') });
  } finally {
    await server.stop();
  }
}

async function embedded(
  test: (target: Target) => Promise<boolean>,
  settings: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  const data = mkdtempSync(join(tmpdir(), 'gantry-target-'));
  try {
    const listen = `127.0.0.1:${await freePort()}`;
    const env = { OS_GANTRY__MAX_MICROVERSION: '1.10', ...settings };
    const gantry = await launchGantry({ data, listen, servers: 'simulated', env });
    const { clouds } = parse(readFileSync(join(data, 'clouds.yaml'), 'utf8')) as {
      clouds: { 'gantry-admin': { auth: { auth_url: string; password: string } } };
    };
    const { auth } = clouds['gantry-admin'];
    const passed = await test({
      magnum: 'gantry',
      authUrl: auth.auth_url,
      password: auth.password,
      coes: ['kubernetes', 'swarm-mode'],
      externalNetwork: 'public',
    });
    await gantry.stop();
    return passed;
  } finally {
    await removeCloud({ data, purge: true, quiet: true });
    rmSync(data, { recursive: true, force: true });
  }
}

async function onOpenstack(magnum: Magnum, test: (target: Target) => Promise<boolean>): Promise<boolean> {
  const folder = resolve('.cache/openstack');
  const over = new AbortController();
  try {
    await up(folder, { magnum }, say);
    const agents = playAgents(over.signal);
    const passed = await test({
      magnum,
      authUrl: serviceUrl.keystone,
      password,
      coes: ['kubernetes'],
      externalNetwork: 'external',
    });
    over.abort();
    await agents;
    return passed;
  } finally {
    over.abort();
    await down(folder);
  }
}

/** Runs the tests on every target that the command line names; the process ends with 1 unless all passed. */
export async function testNamedTargets(
  what: string,
  test: (target: Target) => Promise<boolean>,
): Promise<void> {
  const names = Object.keys(targets).filter((name): name is TargetName => name in targets);
  const chosen = process.argv.slice(2).map((word) => names.find((name) => name === word));
  for (const name of chosen) {
    if (name === undefined) throw new Error(`which of these: ${names.join(', ')}?`);
    say(`== ${what} against ${name}`);
    if (!(await targets[name](test))) process.exitCode = 1;
  }
}
