import { describe, expect, it } from 'vitest';
import { NoAnswer, type OpenStackError } from './errors.ts';
import { createSession, type SessionOptions } from './session.ts';
import type { HttpRequest, HttpResponse } from './transport.ts';
import { networkClient } from '../resources/network.ts';

const NOON = Date.parse('2026-01-01T12:00:00Z');

interface Fake {
  readonly asked: HttpRequest[];
  readonly options: SessionOptions;
  clock: number;
}

/** A Keystone that hands out t1, t2… for an hour each, and whatever `answer` says for the rest. */
function fakeCloud(answer: (request: HttpRequest, nth: number) => Partial<HttpResponse> | Error): Fake {
  const asked: HttpRequest[] = [];
  let logins = 0;
  let others = 0;
  const fake: Fake = {
    asked,
    clock: NOON,
    options: {
      authUrl: 'http://keystone/identity/v3/',
      credentials: {
        type: 'password',
        user: { name: 'demo' },
        password: 'secret',
        scope: { project: { name: 'demo' } },
      },
      now: () => fake.clock,
      region: 'RegionOne',
      transport: async (request) => {
        asked.push(request);
        if (request.url.endsWith('/v3/auth/tokens')) {
          logins += 1;
          const expires = new Date(fake.clock + 3_600_000).toISOString();
          return {
            status: 201,
            headers: { 'x-subject-token': `t${logins}` },
            body: { token: { expires_at: expires, catalog } },
          };
        }
        others += 1;
        const given = answer(request, others);
        if (given instanceof Error) throw given;
        return { status: 200, headers: {}, body: {}, ...given };
      },
    },
  };
  return fake;
}

const catalog = [
  {
    type: 'network',
    endpoints: [
      { interface: 'public', region: 'Other', url: 'http://other' },
      { interface: 'public', region: 'RegionOne', url: 'http://neutron/' },
      { interface: 'internal', region: 'RegionOne', url: 'http://inside/v2.0' },
    ],
  },
  {
    type: 'block-storage',
    endpoints: [{ interface: 'public', region: 'RegionOne', url: 'http://cinder/v3/p' }],
  },
];

function paths(fake: Fake): string[] {
  return fake.asked.map((request) => `${request.method} ${request.url}`);
}

describe('a session', () => {
  it('logs in once for many askers, and asks the endpoint of its region and interface', async () => {
    const fake = fakeCloud(() => ({}));
    const session = createSession(fake.options);
    await Promise.all(
      [1, 2, 3].map(() =>
        session.ask('network', { method: 'GET', path: '/ports', query: { id: ['a', 'b'], name: undefined } }),
      ),
    );
    expect(paths(fake)).toEqual([
      'POST http://keystone/identity/v3/auth/tokens',
      ...Array<string>(3).fill('GET http://neutron/v2.0/ports?id=a&id=b'),
    ]);
    expect(fake.asked[1]?.headers['x-auth-token']).toBe('t1');

    const inside = createSession({ ...fake.options, interface: 'internal' });
    expect(await inside.endpoint('network')).toBe('http://inside/v2.0');
    expect(await session.endpoint('volumev3')).toBe('http://cinder/v3/p');
    await expect(session.endpoint('compute')).rejects.toThrow(
      'no public endpoint of type compute in region RegionOne',
    );
  });

  it('renews a token shortly before it expires', async () => {
    const fake = fakeCloud(() => ({}));
    const session = createSession(fake.options);
    expect((await session.token()).id).toBe('t1');
    fake.clock += 3_600_000 - 60_000;
    expect((await session.token()).id).toBe('t2');
  });

  it('logs in again, once, when its token is refused', async () => {
    const fake = fakeCloud((request) => ({ status: request.headers['x-auth-token'] === 't1' ? 401 : 200 }));
    await createSession(fake.options).ask('network', { method: 'POST', path: '/ports', body: {} });
    expect(fake.asked.map((request) => request.headers['x-auth-token'])).toEqual([
      undefined,
      't1',
      undefined,
      't2',
    ]);

    const refused = fakeCloud(() => ({ status: 401 }));
    await expect(
      createSession(refused.options).ask('network', { method: 'GET', path: '/' }),
    ).rejects.toMatchObject({ status: 401 });
    expect(refused.asked).toHaveLength(4);
  });

  it('tries a read again after a fault that passes, and never a write of which it cannot know', async () => {
    const fake = fakeCloud((_request, nth) => (nth === 1 ? { status: 503 } : {}));
    await createSession(fake.options).ask('network', { method: 'GET', path: '/ports' });
    expect(fake.asked).toHaveLength(3);

    const lost = fakeCloud(
      (request) =>
        new NoAnswer({ status: 0, reason: 'socket hang up', method: request.method, url: request.url }),
    );
    await expect(
      createSession(lost.options).ask('network', { method: 'POST', path: '/ports' }),
    ).rejects.toThrow('POST http://neutron/v2.0/ports: no answer: socket hang up');
    expect(lost.asked).toHaveLength(2);
  });

  it.each([
    [
      { NeutronError: { type: 'PortNotFound', message: 'Port x could not be found.', detail: '' } },
      'Port x could not be found.',
    ],
    [
      { itemNotFound: { code: 404, message: 'Flavor m could not be found.' } },
      'Flavor m could not be found.',
    ],
    [
      { errors: [{ title: 'Cluster', detail: 'Cluster x could not be found.' }] },
      'Cluster x could not be found.',
    ],
    [
      {
        code: 404,
        title: 'Not Found',
        error: { message: 'The Stack (s) could not be found.', type: 'EntityNotFound' },
      },
      'The Stack (s) could not be found.',
    ],
    [
      '<html><head><title>404</title></head><body><h1>404 Not Found</h1>No image found</body></html>',
      '404 Not Found No image found',
    ],
    [undefined, 'HTTP 404'],
  ])('says what the service said: %j', async (body, reason) => {
    const fake = fakeCloud(() => ({ status: 404, body, headers: { 'x-openstack-request-id': 'req-1' } }));
    const failure = createSession(fake.options).ask('network', { method: 'GET', path: '/x' });
    await expect(failure).rejects.toMatchObject({
      reason,
      requestId: 'req-1',
    } satisfies Partial<OpenStackError>);
  });

  it('follows the links of a listing to its end', async () => {
    const fake = fakeCloud((request) =>
      request.url.includes('marker')
        ? { body: { ports: [{ id: 'b' }] } }
        : {
            body: {
              ports: [{ id: 'a' }],
              ports_links: [{ rel: 'next', href: 'http://public/v2.0/ports?limit=1&marker=a' }],
            },
          },
    );
    const ports = await networkClient(createSession(fake.options)).ports.list({ limit: 1 });
    expect(ports.map((port) => port.id)).toEqual(['a', 'b']);
    expect(paths(fake).at(-1)).toBe('GET http://neutron/v2.0/ports?limit=1&marker=a');
  });
});
