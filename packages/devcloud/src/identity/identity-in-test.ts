import fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify';
import { createLogger } from '@gantry/oslo';
import { mountCloud } from '../cloud/cloud.ts';
import type { Cloud, ServiceFactory } from '../cloud/service.ts';
import { openStore, type Store } from '../cloud/store.ts';
import { identity } from './identity.ts';

export interface TestCloud {
  readonly app: FastifyInstance;
  readonly cloud: Cloud;
  /** Moves the cloud's clock. */
  pass(seconds: number): void;
  /** One request; `as` is a token. */
  ask(method: Method, url: string, as?: string, body?: object): Promise<LightMyRequestResponse>;
  /** A token, for a scope as the API writes it. */
  logIn(user: string, scope?: object, domain?: string): Promise<string>;
}

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export const ON_ADMIN = { project: { name: 'admin', domain: { id: 'default' } } };
export const ON_DEMO = { project: { name: 'demo', domain: { id: 'default' } } };

/** Each user's password in tests is its name; `admin`'s too. */
const USERS = ['demo', 'nova', 'heat', 'heat_domain_admin', 'trustee_domain_admin'];

/** A cloud for tests, with identity and what else is asked for, and a clock that stands until it is moved. */
export async function testCloud(
  options: { store?: Store; services?: readonly ServiceFactory[] } = {},
): Promise<TestCloud> {
  const app = fastify();
  let time = Date.parse('2030-01-01T00:00:00Z');
  const passwords = Object.fromEntries(USERS.map((name) => [name, name]));
  const running = mountCloud(app, {
    store: options.store ?? openStore(),
    log: createLogger('test', { level: 'silent' }),
    publicUrl: 'http://cloud.test:9000',
    internalUrl: 'http://172.24.4.1:9000',
    now: () => new Date(time),
    services: [identity({ bootstrap: { adminPassword: 'admin', passwords } }), ...(options.services ?? [])],
  });
  await app.ready();

  function ask(method: Method, url: string, as?: string, body?: object): Promise<LightMyRequestResponse> {
    const headers = as === undefined ? {} : { 'x-auth-token': as };
    return app.inject({ method, url, headers, ...(body === undefined ? {} : { payload: body }) });
  }

  return {
    app,
    cloud: running.cloud,
    pass: (seconds) => void (time += seconds * 1000),
    ask,
    async logIn(user, scope, domain = 'Default') {
      const identityPart = {
        methods: ['password'],
        password: { user: { name: user, domain: { name: domain }, password: user } },
      };
      const auth = scope === undefined ? { identity: identityPart } : { identity: identityPart, scope };
      const reply = await ask('POST', '/identity/v3/auth/tokens', undefined, { auth });
      if (reply.statusCode !== 201) throw new Error(`login of ${user}: ${reply.statusCode} ${reply.body}`);
      return String(reply.headers['x-subject-token']);
    },
  };
}

/** The id of what has a name: `kind` is the collection, as `users`. */
export async function idOf(cloud: TestCloud, admin: string, kind: string, name: string): Promise<string> {
  const reply = await cloud.ask('GET', `/identity/v3/${kind}?name=${name}`, admin);
  const found: unknown = reply.json()[kind][0].id;
  return String(found);
}
