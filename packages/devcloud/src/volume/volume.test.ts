import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLogger } from '@gantry/oslo';
import { mountCloud, type RunningCloud } from '../cloud/cloud.ts';
import type { Caller } from '../cloud/service.ts';
import { openStore } from '../cloud/store.ts';
import { volume } from './volume.ts';

const PROJECT = 'd'.repeat(32);
const SERVER = '11111111-2222-4333-8444-555555555555';
let app: FastifyInstance;
let running: RunningCloud;
let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'volumes-'));
  app = fastify();
  running = mountCloud(app, {
    store: openStore(),
    log: createLogger('test', { level: 'silent' }),
    publicUrl: 'http://127.0.0.1:9000',
    services: [volume({ dataDir, quota: { volumes: 3, gigabytes: 20 } })],
  });
  running.cloud.authenticate = (token): Caller => ({
    userId: token,
    userName: token,
    userDomainId: 'default',
    projectId: token === 'other' ? 'e'.repeat(32) : PROJECT,
    projectName: token,
    domainId: undefined,
    systemScope: false,
    roles: token === 'admin' ? ['admin', 'member'] : ['member'],
    isAdmin: token === 'admin',
  });
  await app.ready();
  await running.start();
});
afterEach(async () => {
  await running.stop();
  await rm(dataDir, { recursive: true });
});

async function ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object, as = 'demo') {
  const reply = await app.inject({
    method,
    url: `/volume/v3${path}`,
    headers: { 'x-auth-token': as, 'openstack-api-version': 'volume 3.50' },
    ...(body === undefined ? {} : { payload: body }),
  });
  return { status: reply.statusCode, body: reply.body === '' ? undefined : reply.json() };
}

async function make(more: object = {}): Promise<string> {
  const { status, body } = await ask('POST', `/${PROJECT}/volumes`, {
    volume: { size: 1, name: 'v', ...more },
  });
  expect([status, body.volume.status]).toEqual([202, 'creating']);
  await until(body.volume.id, 'available');
  return body.volume.id;
}

/** An order for a volume with a key, as Nova sends it. */
async function send(key: string): Promise<string> {
  const reply = await app.inject({
    method: 'POST',
    url: '/volume/v3/volumes',
    headers: { 'x-auth-token': 'demo', 'idempotency-key': key },
    payload: { volume: { size: 1 } },
  });
  return reply.json().volume.id;
}

const until = (id: string, status: string) =>
  vi.waitFor(async () => expect((await ask('GET', `/volumes/${id}`)).body.volume.status).toBe(status), {
    interval: 2,
  });

test('a volume is a sparse file that grows, and is gone when the volume is', async () => {
  const id = await make();
  const file = join(dataDir, `volume-${id}`);
  expect((await stat(file)).size).toBe(1024 ** 3);
  expect((await stat(file)).blocks).toBe(0);
  expect((await ask('POST', `/volumes/${id}/action`, { 'os-extend': { new_size: 1 } })).status).toBe(400);
  await ask('POST', `/volumes/${id}/action`, { 'os-extend': { new_size: 2 } });
  await until(id, 'available');
  expect((await stat(file)).size).toBe(2 * 1024 ** 3);
  expect((await ask('DELETE', `/volumes/${id}`)).status).toBe(202);
  await vi.waitFor(async () => expect((await ask('GET', `/volumes/${id}`)).status).toBe(404), {
    interval: 2,
  });
  expect(await readdir(dataDir)).toEqual([]);
});

test('an attachment reserves, connects and completes; meanwhile nobody else gets the volume or deletes it', async () => {
  const id = await make();
  const order = { attachment: { volume_uuid: id, instance_uuid: SERVER, connector: null } };
  const { body } = await ask('POST', '/attachments', order);
  await until(id, 'reserved');
  expect((await ask('POST', '/attachments', order)).body.badRequest.message).toContain('status is reserved');
  const path = `/attachments/${body.attachment.id}`;
  const connector = { host: 'h', mountpoint: '/dev/vdb' };
  const connected = await ask('PUT', path, { attachment: { connector } });
  expect(connected.body.attachment.connection_info.device_path).toBe(join(dataDir, `volume-${id}`));
  expect((await ask('POST', `${path}/action`, { 'os-complete': {} })).status).toBe(204);
  const { volume: shown } = (await ask('GET', `/volumes/${id}`)).body;
  expect(shown).toMatchObject({ status: 'in-use', attachments: [{ server_id: SERVER, device: '/dev/vdb' }] });
  expect((await ask('DELETE', `/volumes/${id}`)).body.badRequest.message).toContain(
    'Volume status must be available',
  );
  // Only Nova pulls a volume from under a server.
  expect((await ask('DELETE', path)).status).toBe(409);
  expect((await ask('DELETE', path, undefined, 'admin')).status).toBe(200);
  await until(id, 'available');
});

test('a request that is sent again with the same key gets the same volume', async () => {
  expect(await send('s/d')).toBe(await send('s/d'));
  expect((await ask('GET', '/volumes')).body.volumes).toHaveLength(1);
});

test('a snapshot keeps its volume from being deleted, and makes new volumes', async () => {
  const id = await make();
  const { body } = await ask('POST', '/snapshots', { snapshot: { volume_id: id, name: 's' } });
  const shown = `/snapshots/${body.snapshot.id}`;
  await vi.waitFor(async () => expect((await ask('GET', shown)).body.snapshot.status).toBe('available'));
  expect((await ask('DELETE', `/volumes/${id}`)).status).toBe(400);
  await make({ snapshot_id: body.snapshot.id });
  expect((await ask('DELETE', `/volumes/${id}?cascade=true`)).status).toBe(202);
  await vi.waitFor(async () => expect((await ask('GET', shown)).status).toBe(404));
});

test('what is too much, wrong, or of another project is refused as Cinder refuses it', async () => {
  const create = (more: object) => ask('POST', '/volumes', { volume: { size: 1, ...more } });
  expect((await create({ size: 21 })).body).toEqual({
    overLimit: {
      code: 413,
      message:
        'Requested volume or snapshot exceeds allowed gigabytes quota. Requested 21G, quota is 20G and 0G has been consumed.',
    },
  });
  expect((await create({ size: 0 })).body.badRequest.message).toBe(
    'Invalid input for field/attribute size. Value: 0. 0 is less than the minimum of 1',
  );
  expect((await create({ volume_type: 'gold' })).body.itemNotFound.message).toBe(
    'Volume type gold could not be found.',
  );
  expect((await create({ colour: 'red' })).body.badRequest.message).toContain("('colour' was unexpected)");
  const id = await make();
  await make();
  await make();
  expect((await create({})).body.overLimit.message).toBe(
    "Maximum number of volumes allowed (3) exceeded for quota 'volumes'.",
  );
  expect((await ask('GET', `/volumes/${id}`, undefined, 'other')).status).toBe(404);
  expect((await ask('GET', `/${'e'.repeat(32)}/volumes`)).body.badRequest.message).toBe(
    'Malformed request url',
  );
});

test('pages of a listing link to the next and name every volume once', async () => {
  const ids = [await make(), await make(), await make()];
  const first = (await ask('GET', '/volumes/detail?limit=2&sort=created_at:asc')).body;
  expect(first.volumes.map((row: { id: string }) => row.id)).toEqual(ids.slice(0, 2));
  const next = new URL(first.volumes_links[0].href);
  const second = (await ask('GET', `/volumes/detail${next.search}`)).body;
  expect(second.volumes.map((row: { id: string }) => row.id)).toEqual(ids.slice(2));
  expect(second.volumes_links).toBeUndefined();
});

test('there are no backups, and no service that would make one', async () => {
  for (const path of ['/backups', `/${PROJECT}/backups/detail?all_tenants=False`]) {
    expect(await ask('GET', path)).toEqual({ status: 200, body: { backups: [] } });
  }
  const { status, body } = await ask('POST', '/backups', { backup: { volume_id: SERVER } });
  expect([status, JSON.stringify(body)]).toEqual([503, expect.stringContaining('cinder-backup')]);
});
