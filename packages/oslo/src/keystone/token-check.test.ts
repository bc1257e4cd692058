import { createSession, type HttpRequest, type HttpResponse } from '@gantry/openstack';
import { beforeEach, describe, expect, test } from 'vitest';
import { createTokenCheck, KeystoneUnavailable, type TokenCheck } from './token-check.ts';

const START = Date.parse('2030-01-01T00:00:00Z');
let now: number;
let lookups: string[];
let keystone: (subject: string) => HttpResponse | Promise<HttpResponse>;
let check: TokenCheck;

beforeEach(() => {
  now = START;
  lookups = [];
  keystone = () => valid('2030-01-01T01:00:00Z');
  check = checking(300);
});

function checking(cacheSeconds: number): TokenCheck {
  const credentials = {
    type: 'password',
    user: { name: 'magnum' },
    password: 'x',
    scope: { project: { name: 'service' } },
  } as const;
  const session = createSession({ authUrl: 'http://keystone', credentials, transport, now: () => now });
  return createTokenCheck({ session, cacheSeconds, now: () => now });
}

async function transport(request: HttpRequest): Promise<HttpResponse> {
  if (request.method === 'POST') {
    return { ...valid('2031-01-01T00:00:00Z'), headers: { 'x-subject-token': 'service' } };
  }
  const subject = request.headers['x-subject-token'] ?? '';
  lookups.push(subject);
  return keystone(subject);
}

function valid(expires: string): HttpResponse {
  const domain = { id: 'default', name: 'Default' };
  const token = {
    user: { id: 'u', name: 'u', domain },
    project: { id: 'p', name: 'p', domain },
    roles: [{ id: '1', name: 'Admin' }],
    'OS-TRUST:trust': { id: 't' },
    expires_at: expires,
    issued_at: '2030-01-01T00:00:00Z',
    methods: ['password'],
  };
  return { status: 200, headers: {}, body: { token } };
}

const refusal = (status: number): HttpResponse => ({
  status,
  headers: {},
  body: { error: { message: 'no' } },
});

describe('a token', () => {
  test('tells user, project, roles and trust', async () => {
    expect(await check.check('abc')).toEqual({
      token: 'abc',
      tokenExpiresAt: START + 3_600_000,
      userId: 'u',
      userName: 'u',
      userDomainId: 'default',
      userDomainName: 'Default',
      projectId: 'p',
      projectName: 'p',
      projectDomainId: 'default',
      domainId: undefined,
      systemScope: false,
      roles: ['admin'],
      isAdmin: true,
      trustId: 't',
    });
  });

  test('is asked for once while many wait, and again when the cache’s time is over', async () => {
    const both = await Promise.all([check.check('abc'), check.check('abc'), check.check('other')]);
    expect(both.map((context) => context?.token)).toEqual(['abc', 'abc', 'other']);
    now += 299_000;
    await check.check('abc');
    expect(lookups).toEqual(['abc', 'other']);
    now += 2_000;
    await check.check('abc');
    expect(lookups).toEqual(['abc', 'other', 'abc']);
  });

  test('is not believed beyond its own end, however fresh the answer', async () => {
    keystone = () => valid('2030-01-01T00:00:10Z');
    expect(await check.check('abc')).toBeDefined();
    now += 10_000;
    expect(await check.check('abc')).toBeUndefined();
  });

  test('that has expired is believed for a service that may bring it, and for nobody else', async () => {
    keystone = () => valid('2029-12-31T23:00:00Z');
    expect(await check.check('abc', { expired: true })).toBeDefined();
    expect(await check.check('abc', { expired: true })).toBeDefined();
    expect(await check.check('abc')).toBeUndefined();
    expect(lookups).toEqual(['abc', 'abc']);
  });

  test('that is unknown is refused, and that is remembered as well', async () => {
    keystone = () => refusal(404);
    expect(await check.check('abc')).toBeUndefined();
    expect(await check.check('abc')).toBeUndefined();
    expect(lookups).toEqual(['abc']);
  });

  test('can be asked for each time', async () => {
    check = checking(0);
    await check.check('abc');
    await check.check('abc');
    expect(lookups).toEqual(['abc', 'abc']);
  });

  test.each(['', 'a b', 'ä', 'x\r\ny', 'x'.repeat(9000)])(
    'that can be none is not asked for',
    async (token) => {
      expect(await check.check(token)).toBeUndefined();
      expect(lookups).toEqual([]);
    },
  );

  test('is neither accepted nor refused while Keystone fails, and the failure is not remembered', async () => {
    keystone = () => refusal(500);
    await expect(check.check('abc')).rejects.toThrow(KeystoneUnavailable);
    keystone = () => valid('2030-01-01T01:00:00Z');
    expect(await check.check('abc')).toBeDefined();
  });
});
