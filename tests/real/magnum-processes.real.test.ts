import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { identityClient, stacksClient, type Session } from '@gantry/openstack';
import { cloudSession, freePort, launchGantry, removeCloud, swarmTemplate, type Launched } from 'gantry';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startMariadb, type DatabaseServer } from './database-servers.ts';

/**
 * The processes of production, as an operator has them: a `magnum.conf`, a MariaDB, one magnum-api and more than one
 * magnum-conductor; Keystone, Heat and the rest are those of an embedded cloud with simulated servers.
 */
const data = mkdtempSync(join(tmpdir(), 'gantry-magnum-processes-'));
const conf = join(data, 'production.conf');
const running: ChildProcess[] = [];
let database: DatabaseServer;
let cloud: Launched;
let session: Session;
let port: number;

beforeAll(async () => {
  const listen = `127.0.0.1:${await freePort()}`;
  [database, cloud, port] = await Promise.all([
    startMariadb(),
    launchGantry({ data, listen, servers: 'simulated' }),
    freePort(),
  ]);
  await database.sql('create database magnum character set utf8');
  session = cloudSession(data);
  const connection = `connection = ${database.url('magnum')}`;
  const embedded = readFileSync(join(data, 'magnum.conf'), 'utf8');
  writeFileSync(conf, `${embedded.replace(/^connection = .*$/m, () => connection)}\n[api]\nport = ${port}\n`);
});

afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await cloud?.stop();
  await removeCloud({ data, purge: true, quiet: true });
  rmSync(data, { recursive: true, force: true });
  await database?.stop();
});

/** Starts a process, and waits until it says that it is ready. */
async function start(name: 'magnum-api' | 'magnum-conductor', host: string): Promise<ChildProcess> {
  const program = fileURLToPath(new URL(`../../packages/gantry/src/magnum/${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [program, '--config-file', conf], {
    env: { ...process.env, OS_DEFAULT__HOST: host },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  running.push(child);
  let said = '';
  child.stderr.on('data', (text) => (said += String(text)));
  await vi.waitFor(() => expect(said).toContain('readyMs'), { timeout: 60_000, interval: 50 });
  return child;
}

async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const { id } = await session.token();
  const headers = {
    'x-auth-token': id,
    'openstack-api-version': 'container-infra latest',
    ...(body && { 'content-type': 'application/json' }),
  };
  const request = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, request);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

interface Operation {
  readonly state: string;
  readonly step: string | null;
}

test('a cluster that one conductor began when it was killed is built by another, once', async () => {
  await start('magnum-api', 'api');
  const doomed = await start('magnum-conductor', 'one');
  await ask('POST', '/v1/clustertemplates', swarmTemplate);
  const { uuid } = await ask<{ uuid: string }>('POST', '/v1/clusters', {
    name: 'production',
    cluster_template_id: 'swarm',
  });
  const creation = async (): Promise<Operation | undefined> =>
    (await ask<{ operations: Operation[] }>('GET', `/gantry/v1/clusters/${uuid}/operations`)).operations[0];
  await vi.waitFor(async () => expect(await creation()).toMatchObject({ state: 'running' }), {
    timeout: 30_000,
    interval: 10,
  });
  const ended = once(doomed, 'close');
  doomed.kill('SIGKILL');
  await ended;
  expect(await creation()).toMatchObject({ state: 'running' });

  await start('magnum-conductor', 'two');
  await vi.waitFor(
    async () => expect(await ask('GET', `/v1/clusters/${uuid}`)).toMatchObject({ status: 'CREATE_COMPLETE' }),
    { timeout: 120_000, interval: 200 },
  );
  await vi.waitFor(async () => expect(await creation()).toMatchObject({ state: 'done' }), {
    timeout: 30_000,
    interval: 50,
  });
  expect(await stacksClient(session).list()).toHaveLength(1);
  expect(await identityClient(cloudSession(data, 'gantry-admin')).trusts.list()).toHaveLength(1);

  await ask('DELETE', `/v1/clusters/${uuid}`);
  await vi.waitFor(async () => expect(await ask('GET', '/v1/clusters')).toEqual({ clusters: [] }), {
    timeout: 60_000,
    interval: 200,
  });
  expect(await stacksClient(session).list()).toEqual([]);
}, 300_000);
