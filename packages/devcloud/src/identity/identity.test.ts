import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../cloud/store.ts';
import { callerFor, serviceCaller } from './caller-for.ts';
import { idOf, ON_ADMIN, ON_DEMO, testCloud } from './identity-in-test.ts';

describe('logging in', () => {
  it('gives a token with the implied roles and a catalog for the project', async () => {
    const cloud = await testCloud();
    const auth = {
      identity: {
        methods: ['password'],
        password: { user: { name: 'admin', domain: { id: 'default' }, password: 'admin' } },
      },
      scope: ON_ADMIN,
    };
    const reply = await cloud.ask('POST', '/identity/v3/auth/tokens', undefined, { auth });
    expect(reply.statusCode).toBe(201);
    const { token } = reply.json();
    expect(token.roles.map((role: { name: string }) => role.name).toSorted()).toEqual([
      'admin',
      'manager',
      'member',
      'reader',
    ]);
    expect(token.expires_at).toBe('2030-01-01T01:00:00.000000Z');
    expect(token.catalog[0]).toMatchObject({ type: 'identity', name: 'keystone' });
    expect(
      token.catalog[0].endpoints.map((one: { interface: string; url: string }) => [one.interface, one.url]),
    ).toEqual([
      ['public', 'http://cloud.test:9000/identity'],
      ['internal', 'http://172.24.4.1:9000/identity'],
      ['admin', 'http://172.24.4.1:9000/identity'],
    ]);
  });

  it('tells neither a wrong password nor an unknown user nor a foreign project apart', async () => {
    const cloud = await testCloud();
    const attempt = async (name: string, password: string, scope?: object): Promise<unknown> => {
      const identity = {
        methods: ['password'],
        password: { user: { name, domain: { id: 'default' }, password } },
      };
      const auth = scope ? { identity, scope } : { identity };
      const reply = await cloud.ask('POST', '/identity/v3/auth/tokens', undefined, { auth });
      return reply.json();
    };
    const refused = {
      error: {
        code: 401,
        message: 'The request you have made requires authentication.',
        title: 'Unauthorized',
      },
    };
    expect(await attempt('demo', 'wrong')).toEqual(refused);
    expect(await attempt('nobody', 'demo')).toEqual(refused);
    expect(await attempt('demo', 'demo', ON_ADMIN)).toEqual(refused);
    expect(await attempt('demo', 'demo', { system: { all: true } })).toEqual(refused);
  });

  it('says what is missing in a malformed request', async () => {
    const cloud = await testCloud();
    const message = async (body: object): Promise<unknown> => {
      const reply = await cloud.ask('POST', '/identity/v3/auth/tokens', undefined, body);
      return [reply.statusCode, String(reply.json().error.message).split('. ')[0]];
    };
    const identity = { methods: ['password'], password: { user: { name: 'x', password: 'y' } } };
    expect(await message({})).toEqual([400, 'Expecting to find auth in request body']);
    expect(await message({ auth: { identity: { methods: ['password'] } } })).toEqual([
      400,
      'Expecting to find password in identity',
    ]);
    expect(await message({ auth: { identity } })).toEqual([400, 'Expecting to find domain in user']);
    expect(await message({ auth: { identity, scope: { foo: {} } } })).toEqual([
      400,
      'Expecting to find system, project, domain, OS-TRUST:trust or unscoped in scope',
    ]);
  });

  it('with a token gives one for another scope that ends when the first ends', async () => {
    const cloud = await testCloud();
    const first = await cloud.logIn('demo');
    cloud.pass(600);
    const auth = { identity: { methods: ['token'], token: { id: first } }, scope: ON_DEMO };
    const reply = await cloud.ask('POST', '/identity/v3/auth/tokens', undefined, { auth });
    expect(reply.json().token).toMatchObject({
      methods: ['token', 'password'],
      project: { name: 'demo' },
      expires_at: '2030-01-01T01:00:00.000000Z',
    });
    expect(reply.json().token.audit_ids).toHaveLength(2);
  });
});

describe('a token', () => {
  it('stops to hold when it expires, is revoked, or its user is disabled', async () => {
    const cloud = await testCloud();
    const admin = await cloud.logIn('admin', ON_ADMIN);
    const [a, b, c] = [
      await cloud.logIn('demo', ON_DEMO),
      await cloud.logIn('demo', ON_DEMO),
      await cloud.logIn('demo', ON_DEMO),
    ];
    const revoke = await cloud.app.inject({
      method: 'DELETE',
      url: '/identity/v3/auth/tokens',
      headers: { 'x-auth-token': a, 'x-subject-token': a },
    });
    expect(revoke.statusCode).toBe(204);
    expect(cloud.cloud.authenticate(a)).toBeUndefined();
    expect(cloud.cloud.authenticate(b)?.projectName).toBe('demo');

    const demo = await idOf(cloud, admin, 'users', 'demo');
    await cloud.ask('PATCH', `/identity/v3/users/${demo}`, admin, { user: { enabled: false } });
    expect(cloud.cloud.authenticate(b)).toBeUndefined();
    await cloud.ask('PATCH', `/identity/v3/users/${demo}`, admin, { user: { enabled: true } });
    expect(cloud.cloud.authenticate(c)).toBeUndefined();

    cloud.pass(3600);
    expect(cloud.cloud.authenticate(admin)).toBeUndefined();
  });

  it('loses a role at once when the role is taken away, and all when it was the last', async () => {
    const cloud = await testCloud();
    const admin = await cloud.logIn('admin', ON_ADMIN);
    const token = await cloud.logIn('demo', ON_DEMO);
    const project = cloud.cloud.authenticate(token)?.projectId;
    const demo = await idOf(cloud, admin, 'users', 'demo');
    for (const [name, left] of [
      ['heat_stack_owner', ['member', 'reader']],
      ['member', ['reader']],
      ['reader', undefined],
    ] as const) {
      const role = await idOf(cloud, admin, 'roles', name);
      const url = `/identity/v3/projects/${project}/users/${demo}/roles/${role}`;
      expect((await cloud.ask('DELETE', url, admin)).statusCode).toBe(204);
      expect(cloud.cloud.authenticate(token)?.roles.toSorted()).toEqual(left);
    }
  });

  it('is dead after its user changed the password', async () => {
    const cloud = await testCloud();
    const token = await cloud.logIn('demo', ON_DEMO);
    const id = cloud.cloud.authenticate(token)?.userId;
    const change = (original: string): Promise<{ statusCode: number }> =>
      cloud.ask('POST', `/identity/v3/users/${id}/password`, undefined, {
        user: { original_password: original, password: 'new' },
      });
    expect((await change('wrong')).statusCode).toBe(401);
    expect(cloud.cloud.authenticate(token)).toBeDefined();
    expect((await change('demo')).statusCode).toBe(204);
    expect(cloud.cloud.authenticate(token)).toBeUndefined();
    await expect(cloud.logIn('demo', ON_DEMO)).rejects.toThrow('401');
  });

  it('outlives a restart, and stands in the state file in no readable form', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'identity-'));
    try {
      const file = join(folder, 'state');
      const store = openStore(file);
      const before = await testCloud({ store });
      const token = await before.logIn('demo', ON_DEMO);
      store.close();
      const again = openStore(file);
      const after = await testCloud({ store: again });
      expect(after.cloud.authenticate(token)).toMatchObject({ userName: 'demo', projectName: 'demo' });
      again.close();
      expect(readFileSync(file).includes(token)).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is told only to its holder, to services and to administrators', async () => {
    const cloud = await testCloud();
    const [demo, nova] = [await cloud.logIn('demo', ON_DEMO), await cloud.logIn('nova')];
    const service = await cloud.logIn('nova', { project: { name: 'service', domain: { id: 'default' } } });
    const check = async (as: string, about: string): Promise<number> => {
      const headers = { 'x-auth-token': as, 'x-subject-token': about };
      return (await cloud.app.inject({ method: 'GET', url: '/identity/v3/auth/tokens', headers })).statusCode;
    };
    expect(await check(demo, demo)).toBe(200);
    expect(await check(service, demo)).toBe(200);
    expect(await check(demo, nova)).toBe(403);
    expect(await check(service, 'none')).toBe(404);
  });
});

it('roles reach through groups, from above and by implication, as the effective list says', async () => {
  const cloud = await testCloud();
  const admin = await cloud.logIn('admin', ON_ADMIN);
  const post = async (kind: string, body: Record<string, unknown>): Promise<string> => {
    const reply = await cloud.ask('POST', `/identity/v3/${kind}s`, admin, { [kind]: body });
    return String(reply.json()[kind].id);
  };
  const domain = await post('domain', { name: 'lab' });
  const project = await post('project', { name: 'deep', domain_id: domain });
  const user = await post('user', { name: 'lab', password: 'lab', domain_id: domain });
  const group = await post('group', { name: 'staff', domain_id: domain });
  const manager = await idOf(cloud, admin, 'roles', 'manager');
  await cloud.ask('PUT', `/identity/v3/groups/${group}/users/${user}`, admin);
  const inherited = `/identity/v3/OS-INHERIT/domains/${domain}/groups/${group}/roles/${manager}/inherited_to_projects`;
  expect((await cloud.ask('PUT', inherited, admin)).statusCode).toBe(204);

  const token = await cloud.logIn('lab', { project: { id: project } }, 'lab');
  expect(cloud.cloud.authenticate(token)?.roles).toEqual(['manager', 'member', 'reader']);
  await expect(cloud.logIn('lab', { domain: { id: domain } }, 'lab')).rejects.toThrow('401');
  const list = await cloud.ask(
    'GET',
    `/identity/v3/role_assignments?user.id=${user}&effective&include_names`,
    admin,
  );
  const rows: { role: { name: string }; scope: { project: { name: string } } }[] =
    list.json().role_assignments;
  expect(rows.map((row) => [row.role.name, row.scope.project.name])).toEqual([
    ['manager', 'deep'],
    ['member', 'deep'],
    ['reader', 'deep'],
  ]);

  await cloud.ask('DELETE', `/identity/v3/groups/${group}/users/${user}`, admin);
  expect(cloud.cloud.authenticate(token)).toBeUndefined();
});

it('services registered by API are in the catalog beside those of the cloud, filled in per project', async () => {
  const cloud = await testCloud();
  const admin = await cloud.logIn('admin', ON_ADMIN);
  const service = { type: 'container-infra', name: 'magnum' };
  const { id } = (await cloud.ask('POST', '/identity/v3/services', admin, { service })).json().service;
  const endpoint = {
    service_id: id,
    interface: 'public',
    region_id: 'RegionOne',
    url: 'http://magnum/$(project_id)s',
  };
  expect((await cloud.ask('POST', '/identity/v3/endpoints', admin, { endpoint })).statusCode).toBe(201);
  const token = await cloud.logIn('demo', ON_DEMO);
  const project = cloud.cloud.authenticate(token)?.projectId;
  const { catalog } = (await cloud.ask('GET', '/identity/v3/auth/catalog', token)).json();
  expect(catalog.map((entry: { type: string }) => entry.type)).toEqual(['identity', 'container-infra']);
  expect(catalog[1].endpoints[0].url).toBe(`http://magnum/${project}`);
  const own = catalog[0].id;
  expect((await cloud.ask('DELETE', `/identity/v3/services/${own}`, admin)).statusCode).toBe(403);
});

it('a second start changes nothing that somebody changed, and makes what is missing', async () => {
  const store = openStore();
  const first = await testCloud({ store });
  const admin = await first.logIn('admin', ON_ADMIN);
  const demo = await idOf(first, admin, 'users', 'demo');
  await first.ask('PATCH', `/identity/v3/users/${demo}`, admin, { user: { password: 'mine' } });
  const heat = await idOf(first, admin, 'users', 'heat');
  await first.ask('DELETE', `/identity/v3/users/${heat}`, admin);

  const second = await testCloud({ store });
  await expect(second.logIn('demo', ON_DEMO)).rejects.toThrow('401');
  expect(serviceCaller(second.cloud, 'heat')).toMatchObject({ userName: 'heat', isAdmin: true });
  const users = await second.ask('GET', '/identity/v3/users', admin);
  const names = users.json().users.map((user: { name: string }) => user.name);
  expect(new Set(names).size).toBe(names.length);
});

it('services act for a user without a token, and no longer once it has no role there', async () => {
  const cloud = await testCloud();
  const admin = await cloud.logIn('admin', ON_ADMIN);
  const demo = cloud.cloud.authenticate(await cloud.logIn('demo', ON_DEMO));
  const principal = { userId: demo?.userId ?? '', projectId: demo?.projectId };
  expect(callerFor(cloud.cloud, principal)).toEqual(demo);
  await cloud.ask('DELETE', `/identity/v3/users/${demo?.userId}`, admin);
  expect(callerFor(cloud.cloud, principal)).toBeUndefined();
});
