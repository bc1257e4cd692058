import { describe, expect, it } from 'vitest';
import { callerFor } from './caller-for.ts';
import { idOf, ON_ADMIN, ON_DEMO, testCloud, type TestCloud } from './identity-in-test.ts';

describe('a trust', () => {
  it("lets its trustee act as the trustor with the trust's roles, until it is deleted", async () => {
    const cloud = await testCloud();
    const token = await cloud.logIn('demo', ON_DEMO);
    const demo = cloud.cloud.authenticate(token);
    const nova = cloud.cloud.authenticate(await cloud.logIn('nova'));
    const made = await cloud.ask('POST', '/identity/v3/OS-TRUST/trusts', token, {
      trust: {
        trustor_user_id: demo?.userId,
        trustee_user_id: nova?.userId,
        project_id: demo?.projectId,
        impersonation: true,
        roles: [{ name: 'member' }],
        remaining_uses: 1,
      },
    });
    const { id } = made.json().trust;
    const asTrustee = await cloud.logIn('nova', { 'OS-TRUST:trust': { id } });
    expect(cloud.cloud.authenticate(asTrustee)).toMatchObject({
      userName: 'demo',
      projectName: 'demo',
      roles: ['member', 'reader'],
      trustId: id,
    });
    await expect(cloud.logIn('nova', { 'OS-TRUST:trust': { id } })).rejects.toThrow('401');
    const principal = { userId: nova?.userId ?? '', trustId: String(id) };
    expect(callerFor(cloud.cloud, principal)?.userName).toBe('demo');
  });

  it('is nothing for others, gives no more than its trustor has, and can be taken back', async () => {
    const cloud = await testCloud();
    const admin = await cloud.logIn('admin', ON_ADMIN);
    const token = await cloud.logIn('demo', ON_DEMO);
    const demo = cloud.cloud.authenticate(token);
    const nova = await idOf(cloud, admin, 'users', 'nova');
    const trust = {
      trustor_user_id: demo?.userId,
      trustee_user_id: nova,
      project_id: demo?.projectId,
      impersonation: false,
    };
    const make = (more: object, as = token): Promise<{ statusCode: number; json(): never }> =>
      cloud.ask('POST', '/identity/v3/OS-TRUST/trusts', as, { trust: { ...trust, ...more } });
    expect((await make({ roles: [{ name: 'admin' }] })).statusCode).toBe(404);
    expect((await make({ roles: [{ name: 'member' }] }, admin)).statusCode).toBe(403);
    const made = await cloud.ask('POST', '/identity/v3/OS-TRUST/trusts', token, {
      trust: { ...trust, roles: [{ name: 'member' }] },
    });
    const { id } = made.json().trust;
    await expect(cloud.logIn('heat', { 'OS-TRUST:trust': { id } })).rejects.toThrow('403');
    const asTrustee = await cloud.logIn('nova', { 'OS-TRUST:trust': { id } });
    expect(cloud.cloud.authenticate(asTrustee)?.userName).toBe('nova');

    const member = await idOf(cloud, admin, 'roles', 'member');
    const grant = `/identity/v3/projects/${demo?.projectId}/users/${demo?.userId}/roles/${member}`;
    await cloud.ask('DELETE', grant, admin);
    expect(cloud.cloud.authenticate(asTrustee)).toBeUndefined();
    await cloud.ask('PUT', grant, admin);
    expect(cloud.cloud.authenticate(asTrustee)).toBeDefined();
    const again = await cloud.logIn('demo', ON_DEMO);
    expect((await cloud.ask('DELETE', `/identity/v3/OS-TRUST/trusts/${id}`, again)).statusCode).toBe(204);
    expect(cloud.cloud.authenticate(asTrustee)).toBeUndefined();
  });
});

describe('an application credential', () => {
  it('logs in with its roles only, makes no others, and dies with its role', async () => {
    const cloud = await testCloud();
    const admin = await cloud.logIn('admin', ON_ADMIN);
    const token = await cloud.logIn('demo', ON_DEMO);
    const { userId, projectId } = cloud.cloud.authenticate(token) ?? {};
    const url = `/identity/v3/users/${userId}/application_credentials`;
    const wanted = { application_credential: { name: 'ci', roles: [{ name: 'member' }] } };
    const { id, secret } = (await cloud.ask('POST', url, token, wanted)).json().application_credential;
    expect((await cloud.ask('POST', url, token, wanted)).statusCode).toBe(409);

    const logIn = (with_: string, more: object = {}): ReturnType<TestCloud['ask']> => {
      const identity = {
        methods: ['application_credential'],
        application_credential: { id, secret: with_ },
      };
      return cloud.ask('POST', '/identity/v3/auth/tokens', undefined, { auth: { identity, ...more } });
    };
    expect((await logIn('wrong')).statusCode).toBe(401);
    expect((await logIn(secret, { scope: ON_DEMO })).statusCode).toBe(401);
    const reply = await logIn(secret);
    const mine = String(reply.headers['x-subject-token']);
    expect(reply.json().token.application_credential).toMatchObject({ id, name: 'ci', restricted: true });
    expect(cloud.cloud.authenticate(mine)?.roles).toEqual(['member', 'reader']);
    const another = await cloud.ask('POST', url, mine, { application_credential: { name: 'more' } });
    expect(another.statusCode).toBe(403);

    const member = await idOf(cloud, admin, 'roles', 'member');
    await cloud.ask('DELETE', `/identity/v3/projects/${projectId}/users/${userId}/roles/${member}`, admin);
    expect(cloud.cloud.authenticate(mine)).toBeUndefined();
    expect((await logIn(secret)).statusCode).toBe(404);
  });

  it('with access rules is known only to services that heed them', async () => {
    const cloud = await testCloud();
    const token = await cloud.logIn('demo', ON_DEMO);
    const url = `/identity/v3/users/${cloud.cloud.authenticate(token)?.userId}/application_credentials`;
    const rule = { service: 'compute', method: 'GET', path: '/v2.1/servers' };
    const wanted = { application_credential: { name: 'narrow', access_rules: [rule] } };
    const { id, secret } = (await cloud.ask('POST', url, token, wanted)).json().application_credential;
    const identity = { methods: ['application_credential'], application_credential: { id, secret } };
    const reply = await cloud.ask('POST', '/identity/v3/auth/tokens', undefined, { auth: { identity } });
    const mine = String(reply.headers['x-subject-token']);
    const asking = (headers: Record<string, string>) =>
      cloud.app.inject({
        url: '/identity/v3/auth/tokens',
        headers: { 'x-auth-token': mine, 'x-subject-token': mine, ...headers },
      });
    expect((await asking({})).statusCode).toBe(404);
    const heeded = await asking({ 'openstack-identity-access-rules': '1.0' });
    expect(heeded.json().token.application_credential.access_rules).toMatchObject([rule]);
  });
});
