import { describe, expect, it } from 'vitest';
import { idOf, ON_ADMIN, ON_DEMO, testCloud, type TestCloud } from './identity-in-test.ts';

it('a wrong address is a 404, a wrong method a 405 that says which there are', async () => {
  const cloud = await testCloud();
  expect((await cloud.ask('GET', '/identity/v3/nothing')).json().error.code).toBe(404);
  const reply = await cloud.ask('DELETE', '/identity/v3/users');
  expect([reply.statusCode, reply.headers['allow']]).toEqual([405, 'GET, HEAD, POST']);
  expect(reply.json().error.title).toBe('Method Not Allowed');
});

describe('policies', () => {
  it('let a user see itself and its projects, and nothing of others', async () => {
    const cloud = await testCloud();
    const admin = await cloud.logIn('admin', ON_ADMIN);
    const token = await cloud.logIn('demo', ON_DEMO);
    const me = cloud.cloud.authenticate(token);
    const status = async (path: string, as = token): Promise<number> =>
      (await cloud.ask('GET', `/identity/v3${path}`, as)).statusCode;
    expect(await status(`/users/${me?.userId}`)).toBe(200);
    expect(await status(`/projects/${me?.projectId}`)).toBe(200);
    expect(await status(`/users/${me?.userId}/projects`)).toBe(200);
    const nova = await idOf(cloud, admin, 'users', 'nova');
    for (const path of ['/users', '/projects', '/roles', '/services', `/users/${nova}`, '/users/none']) {
      expect([path, await status(path)]).toEqual([path, 403]);
    }
    expect(await status('/users/none', admin)).toBe(404);
    expect((await cloud.ask('GET', '/identity/v3/users')).statusCode).toBe(401);
  });

  it('let the administrator of a domain manage that domain, and no more', async () => {
    const cloud = await testCloud();
    const token = await cloud.logIn('trustee_domain_admin', { domain: { name: 'magnum' } }, 'magnum');
    const domain = cloud.cloud.authenticate(token)?.domainId;
    const create = (domainId: string | undefined): ReturnType<TestCloud['ask']> =>
      cloud.ask('POST', '/identity/v3/users', token, {
        user: { name: 'trustee', password: 'x', domain_id: domainId },
      });
    const made = await create(domain);
    expect(made.statusCode).toBe(201);
    expect((await create('default')).statusCode).toBe(403);
    const listed = await cloud.ask('GET', '/identity/v3/users', token);
    expect(listed.json().users.map((user: { name: string }) => user.name)).toEqual([
      'trustee_domain_admin',
      'trustee',
    ]);
    const { id } = made.json().user;
    expect((await cloud.ask('DELETE', `/identity/v3/users/${id}`, token)).statusCode).toBe(204);
    const project = await cloud.ask('POST', '/identity/v3/projects', token, {
      project: { name: 'p', domain_id: 'default' },
    });
    expect(project.statusCode).toBe(403);

    const admin = await cloud.logIn('admin', ON_ADMIN);
    const role = await idOf(cloud, admin, 'roles', 'admin');
    const me = cloud.cloud.authenticate(token)?.userId;
    const own = await cloud.ask('POST', '/identity/v3/projects', token, {
      project: { name: 'p', domain_id: domain },
    });
    const grant = `/identity/v3/projects/${own.json().project.id}/users/${me}/roles/${role}`;
    expect((await cloud.ask('PUT', grant, token)).statusCode).toBe(403);
  });
});
