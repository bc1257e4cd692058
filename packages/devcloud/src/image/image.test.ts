import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../cloud/store.ts';
import { ON_ADMIN, ON_DEMO, testCloud, type TestCloud } from '../identity/identity-in-test.ts';
import { image } from './image.ts';

const PATCH = 'application/openstack-images-v2.1-json-patch';
const RAW = { disk_format: 'raw', container_format: 'bare' };

interface Scene {
  readonly cloud: TestCloud;
  readonly admin: string;
  readonly demo: string;
}

async function scene(dataDir?: string): Promise<Scene> {
  const cloud = await testCloud({ services: [image({ dataDir })] });
  return { cloud, admin: await cloud.logIn('admin', ON_ADMIN), demo: await cloud.logIn('demo', ON_DEMO) };
}

async function create({ cloud }: Scene, as: string, body: object): Promise<string> {
  const reply = await cloud.ask('POST', '/image/v2/images', as, body);
  if (reply.statusCode !== 201) throw new Error(`${reply.statusCode} ${reply.body}`);
  return String(reply.json().id);
}

function upload({ cloud }: Scene, as: string, id: string, payload: Buffer): ReturnType<TestCloud['ask']> {
  const headers = { 'x-auth-token': as, 'content-type': 'application/octet-stream' };
  return cloud.app.inject({ method: 'PUT', url: `/image/v2/images/${id}/file`, headers, payload });
}

function patch(
  { cloud }: Scene,
  as: string,
  id: string,
  changes: unknown,
  type = PATCH,
): ReturnType<TestCloud['ask']> {
  const headers = { 'x-auth-token': as, 'content-type': type };
  const payload = JSON.stringify(changes);
  return cloud.app.inject({ method: 'PATCH', url: `/image/v2/images/${id}`, headers, payload });
}

async function names({ cloud }: Scene, as: string, query = ''): Promise<string[]> {
  const reply = await cloud.ask('GET', `/image/v2/images${query}`, as);
  return reply.json().images.map((one: { name: string }) => one.name);
}

describe('image data', () => {
  it('comes back as it was sent, with its checksums told, from files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'image-'));
    try {
      const here = await scene(folder);
      const { cloud, demo } = here;
      const id = await create(here, demo, { name: 'disk', ...RAW, os_distro: 'debian' });
      const bytes = randomBytes(300_000);
      expect((await upload(here, demo, id, bytes)).statusCode).toBe(204);
      const shown = (await cloud.ask('GET', `/image/v2/images/${id}`, demo)).json();
      expect(shown).toMatchObject({
        status: 'active',
        size: 300_000,
        checksum: createHash('md5').update(bytes).digest('hex'),
        os_hash_algo: 'sha512',
        os_hash_value: createHash('sha512').update(bytes).digest('hex'),
        os_distro: 'debian',
        visibility: 'shared',
      });
      const whole = await cloud.ask('GET', `/image/v2/images/${id}/file`, demo);
      expect(whole.rawPayload.equals(bytes)).toBe(true);
      const part = await cloud.app.inject({
        url: `/image/v2/images/${id}/file`,
        headers: { 'x-auth-token': demo, range: 'bytes=10-19' },
      });
      expect([part.statusCode, part.headers['content-range']]).toEqual([206, 'bytes 10-19/300000']);
      expect(part.rawPayload.equals(bytes.subarray(10, 20))).toBe(true);
      expect((await upload(here, demo, id, bytes)).statusCode).toBe(409);
      expect((await cloud.ask('DELETE', `/image/v2/images/${id}`, demo)).statusCode).toBe(204);
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('that breaks off leaves the image waiting for data and nothing on the disk', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'image-'));
    try {
      const here = await scene(folder);
      const id = await create(here, here.demo, RAW);
      const address = await here.cloud.app.listen({ port: 0, host: '127.0.0.1' });
      const url = `${address}/image/v2/images/${id}/file`;
      const headers = { 'x-auth-token': here.demo, 'content-type': 'application/octet-stream' };
      const sending = httpRequest(url, { method: 'PUT', headers }).on('error', () => undefined);
      sending.write(Buffer.alloc(100_000));
      const status = async (): Promise<unknown> =>
        (await here.cloud.ask('GET', `/image/v2/images/${id}`, here.demo)).json().status;
      await expect.poll(status).toBe('saving');
      sending.destroy();
      await expect.poll(status).toBe('queued');
      expect(readdirSync(folder)).toEqual([]);
      expect((await upload(here, here.demo, id, Buffer.from('whole'))).statusCode).toBe(204);
      await here.cloud.app.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('that a killed process half wrote is gone after the next start', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'image-'));
    try {
      const store = openStore();
      const first = await testCloud({ store, services: [image({ dataDir: folder })] });
      const demo = await first.logIn('demo', ON_DEMO);
      const here: Scene = { cloud: first, demo, admin: demo };
      const kept = await create(here, demo, RAW);
      await upload(here, demo, kept, Buffer.from('data'));
      const cut = await create(here, demo, RAW);
      const rows = store.table<{ id: string; status: string }>('image/images');
      const row = rows.get(cut);
      if (row) rows.put({ ...row, status: 'saving' });
      writeFileSync(join(folder, `${cut}.part`), 'da');

      const second = await testCloud({ store, services: [image({ dataDir: folder })] });
      const status = async (id: string): Promise<unknown> =>
        (await second.ask('GET', `/image/v2/images/${id}`, demo)).json().status;
      expect([await status(kept), await status(cut)]).toEqual(['active', 'queued']);
      expect(readdirSync(folder)).toEqual([kept]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is refused until the formats are known', async () => {
    const here = await scene();
    const id = await create(here, here.demo, { name: 'x' });
    const reply = await upload(here, here.demo, id, Buffer.from('data'));
    expect(reply.statusCode).toBe(400);
    expect(reply.body).toContain(
      'Properties disk_format, container_format must be set prior to saving data.',
    );
  });
});

describe('a patch', () => {
  it('sets, replaces and removes properties in both media types', async () => {
    const here = await scene();
    const id = await create(here, here.demo, { name: 'a', os_distro: 'x' });
    const changed = await patch(here, here.demo, id, [
      { op: 'add', path: '/magnum_driver', value: 'swarm' },
      { op: 'replace', path: '/name', value: 'b' },
      { op: 'remove', path: '/os_distro' },
    ]);
    expect(changed.json()).toMatchObject({ name: 'b', magnum_driver: 'swarm' });
    expect(changed.json()).not.toHaveProperty('os_distro');
    const older = await patch(
      here,
      here.demo,
      id,
      [{ replace: '/name', value: 'c' }, { remove: '/magnum_driver' }],
      'application/openstack-images-v2.0-json-patch',
    );
    expect(older.json()).toMatchObject({ name: 'c' });
    expect(older.json()).not.toHaveProperty('magnum_driver');
  });

  it('is all or nothing, and says which attribute is wrong', async () => {
    const here = await scene();
    const id = await create(here, here.demo, { name: 'a' });
    const attempt = async (change: object, type?: string): Promise<[number, boolean]> => {
      const first = { op: 'replace', path: '/name', value: 'changed' };
      const reply = await patch(here, here.demo, id, [first, change], type);
      const name = (await here.cloud.ask('GET', `/image/v2/images/${id}`, here.demo)).json().name;
      return [reply.statusCode, name === 'a'];
    };
    expect(await attempt({ op: 'replace', path: '/nothing', value: 'x' })).toEqual([409, true]);
    expect(await attempt({ op: 'replace', path: '/status', value: 'active' })).toEqual([403, true]);
    expect(await attempt({ op: 'remove', path: '/name' })).toEqual([403, true]);
    expect(await attempt({ op: 'replace', path: '/disk_format', value: 'floppy' })).toEqual([400, true]);
    expect(await attempt({ op: 'replace', path: '/visibility', value: 'public' })).toEqual([403, true]);
    expect(await attempt({ op: 'move', path: '/name' })).toEqual([400, true]);
    expect(await attempt({ op: 'add', path: '/a', value: 'b' }, 'application/json')).toEqual([415, true]);
  });
});

describe('who sees an image', () => {
  it('follows its visibility, and for a shared one who took it', async () => {
    const here = await scene();
    const { cloud, admin, demo } = here;
    const project = cloud.cloud.authenticate(demo)?.projectId;
    for (const visibility of ['public', 'private', 'shared', 'community']) {
      await create(here, admin, { name: visibility, visibility });
    }
    expect(await names(here, demo)).toEqual(['public']);
    expect(await names(here, demo, '?visibility=community')).toEqual(['community']);
    const all = await cloud.ask('GET', '/image/v2/images?visibility=shared', admin);
    const shared = all.json().images[0].id;
    expect((await cloud.ask('GET', `/image/v2/images/${shared}`, demo)).statusCode).toBe(404);

    const members = `/image/v2/images/${shared}/members`;
    expect((await cloud.ask('POST', members, admin, { member: project })).json().status).toBe('pending');
    expect((await cloud.ask('GET', `/image/v2/images/${shared}`, demo)).statusCode).toBe(200);
    expect(await names(here, demo)).toEqual(['public']);
    await cloud.ask('PUT', `${members}/${project}`, demo, { status: 'accepted' });
    expect((await names(here, demo)).toSorted()).toEqual(['public', 'shared']);
    expect((await cloud.ask('DELETE', `/image/v2/images/${shared}`, demo)).statusCode).toBe(403);
  });

  it('is nobody without a token, and no one may publish but an administrator', async () => {
    const { cloud, demo } = await scene();
    expect((await cloud.ask('GET', '/image/v2/images')).statusCode).toBe(401);
    expect((await cloud.ask('GET', '/image/')).statusCode).toBe(300);
    const reply = await cloud.ask('POST', '/image/v2/images', demo, { visibility: 'public' });
    expect([reply.statusCode, reply.headers['content-type']]).toEqual([403, 'text/html; charset=UTF-8']);
    expect(reply.body).toContain('You are not authorized to complete publicize_image action.');
  });
});

it('lists page by page, sorted and filtered by any property', async () => {
  const here = await scene();
  const { cloud, demo } = here;
  for (const name of ['c', 'a', 'd', 'b']) {
    await create(here, demo, { name, tags: [name === 'a' ? 'vowel' : 'consonant'], os_distro: name });
  }
  const seen: string[] = [];
  let next: string | undefined = '/v2/images?limit=3&sort=name:asc';
  while (next !== undefined) {
    const page: { images: { name: string }[]; next?: string; first: string } = (
      await cloud.ask('GET', `/image${next}`, demo)
    ).json();
    expect(page.first).toBe('/v2/images?limit=3&sort=name%3Aasc');
    seen.push(...page.images.map((one) => one.name));
    next = page.next;
  }
  expect(seen).toEqual(['a', 'b', 'c', 'd']);
  expect(await names(here, demo, '?os_distro=b')).toEqual(['b']);
  expect(await names(here, demo, '?name=in:a,d&sort=name:desc')).toEqual(['d', 'a']);
  expect(await names(here, demo, '?tag=vowel')).toEqual(['a']);
  expect((await cloud.ask('GET', '/image/v2/images?marker=none', demo)).statusCode).toBe(400);
  expect((await cloud.ask('GET', '/image/v2/images?sort=colour', demo)).statusCode).toBe(400);
});

it('a protected image stays, and a deactivated one gives its data to administrators only', async () => {
  const here = await scene();
  const { cloud, admin, demo } = here;
  const id = await create(here, demo, { ...RAW, protected: true });
  await upload(here, demo, id, Buffer.from('data'));
  const url = `/image/v2/images/${id}`;
  expect((await cloud.ask('DELETE', url, demo)).statusCode).toBe(403);
  expect((await cloud.ask('POST', `${url}/actions/deactivate`, demo)).statusCode).toBe(204);
  expect((await cloud.ask('GET', `${url}/file`, demo)).statusCode).toBe(403);
  expect((await cloud.ask('GET', `${url}/file`, admin)).body).toBe('data');
  await cloud.ask('POST', `${url}/actions/reactivate`, demo);
  expect((await cloud.ask('GET', `${url}/file`, demo)).body).toBe('data');
});
