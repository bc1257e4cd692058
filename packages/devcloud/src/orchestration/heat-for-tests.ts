import Fastify, { type FastifyInstance } from 'fastify';
import { createLogger } from '@gantry/oslo';
import { mountCloud, type RunningCloud } from '../cloud/cloud.ts';
import type { Caller, ServiceFactory, ServiceType } from '../cloud/service.ts';
import { openStore, type Row, type Store, type Table } from '../cloud/store.ts';
import { openTables, type Tables } from './engine/tables.ts';
import { orchestration } from './orchestration.ts';

export const PROJECT = 'p1';

const demo: Caller = {
  userId: 'u1',
  userName: 'demo',
  userDomainId: 'default',
  projectId: PROJECT,
  projectName: 'demo',
  domainId: undefined,
  systemScope: false,
  roles: ['member'],
  isAdmin: false,
};

type Thing = Record<string, unknown> & { id: string };

/**
 * The neighbours of Heat, reduced to what its engine sees of them: collections of things that are made, read,
 * changed and deleted. It outlives the cloud, as another service would outlive Heat's crash.
 */
export class World {
  readonly things = new Map<string, Map<string, Thing>>();
  /** Every request that changed something: `POST /network/v2.0/ports`. */
  readonly calls: string[] = [];
  /** Decides on requests before they do anything: a status and message, or undefined to let them pass. */
  refuse: (method: string, path: string, body: unknown) => { status: number; message: string } | undefined =
    () => undefined;
  /** Servers come up at once, or stay in BUILD until told otherwise. */
  serverStatus = 'ACTIVE';
  #next = 1;

  copy(): World {
    const copy = new World();
    for (const [name, things] of this.things) copy.things.set(name, structuredClone(things));
    copy.#next = this.#next;
    return copy;
  }

  of(collection: string): Thing[] {
    return [...(this.things.get(collection)?.values() ?? [])];
  }

  add(collection: string, fields: object): Thing {
    const thing: Thing = {
      id: `${collection}-${this.#next++}`,
      created_at: '2026-01-01T00:00:00Z',
      ...fields,
    };
    const map = this.things.get(collection) ?? new Map<string, Thing>();
    this.things.set(collection, map.set(thing.id, thing));
    return thing;
  }

  /** @param died says whether the process that asks is dead: its requests don't arrive any more */
  service(type: ServiceType, path: string, died: () => boolean): ServiceFactory {
    return () => ({
      type,
      name: type,
      path,
      endpoint: '',
      routes: (app) => this.#routes(app, path, died),
    });
  }

  #routes(app: FastifyInstance, prefix: string, died: () => boolean): void {
    app.all('/:version/*', async (request, reply) => {
      if (died()) return new Promise(() => undefined);
      const [route = ''] = request.url.slice(prefix.length).split('?');
      const [, , collection = '', id, action] = route.split('/');
      const refused = this.refuse(request.method, request.url, request.body);
      if (refused) return reply.code(refused.status).send({ fault: { message: refused.message } });
      if (request.method !== 'GET') this.calls.push(`${request.method} ${request.url}`);
      const key = collection.replaceAll('-', '_').replace(/s$/, '');
      const things = this.things.get(collection) ?? new Map<string, Thing>();
      if (id === undefined || id === 'detail') {
        if (request.method === 'POST') {
          const body = (request.body as Record<string, object>)[key] ?? request.body;
          return { [key]: this.add(collection, { status: 'ACTIVE', ...(body as object) }) };
        }
        const { name } = request.query as { name?: string };
        const wanted = name?.replace(/^\^|\$$/g, '').replaceAll('\\', '');
        return {
          [`${key}s`]: [...things.values()].filter(
            (thing) => wanted === undefined || thing['name'] === wanted,
          ),
        };
      }
      const thing = things.get(id);
      if (!thing) return reply.code(404).send({ fault: { message: `${key} ${id} could not be found.` } });
      if (action !== undefined) return {};
      if (request.method === 'DELETE') {
        things.delete(id);
        return reply.code(204).send();
      }
      if (request.method === 'PUT') Object.assign(thing, (request.body as Record<string, object>)[key]);
      if (collection === 'servers')
        return { server: { ...thing, status: thing['status'] === 'ERROR' ? 'ERROR' : this.serverStatus } };
      return collection === 'images' ? thing : { [key]: thing };
    });
  }
}

/** Time that stands still unless it is moved. Short waits are over at once. */
export class TestClock {
  #now = Date.parse('2026-01-01T00:00:00Z');
  #timers: { at: number; wake: () => void }[] = [];

  readonly now = (): Date => new Date(this.#now);

  readonly wait = (milliseconds: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (milliseconds <= 5000) setImmediate(resolve);
      else this.#timers.push({ at: this.#now + milliseconds, wake: resolve });
    });

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { wake } of due) wake();
  }
}

export interface TestHeat {
  readonly app: FastifyInstance;
  readonly running: RunningCloud;
  readonly world: World;
  readonly clock: TestClock;
  readonly store: Store;
  /** Asks Heat below `/orchestration/v1/p1`; a path that begins with `//` is taken from the root. */
  ask(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    token?: string,
  ): Promise<Answer>;
  create(name: string, template: object, more?: object): Promise<Answer>;
  /** Waits until nothing is in progress in a stack; gives it as `stack show` does. */
  settled(name: string): Promise<ShownStack>;
  resources(name: string, depth?: number): Promise<ShownResource[]>;
  output(name: string, key: string): Promise<unknown>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  // oxlint-disable-next-line typescript/no-explicit-any -- what a test expects of an answer is what it tests
  readonly body: any;
}

export interface ShownStack {
  readonly id: string;
  readonly stack_status: string;
  readonly stack_status_reason: string;
}

export interface ShownResource {
  readonly resource_name: string;
  readonly resource_type: string;
  readonly resource_status: string;
  readonly resource_status_reason: string;
  readonly physical_resource_id: string;
}

/** A cloud of Heat and {@link World}. Give it the world and store of an earlier one to go on where that was. */
export async function startHeat(
  options: { world?: World; store?: Store & { died?: () => boolean }; clock?: TestClock } = {},
): Promise<TestHeat> {
  const died = (): boolean => options.store?.died?.() ?? false;
  const world = options.world ?? defaultWorld();
  const store = options.store ?? openStore();
  const clock = options.clock ?? new TestClock();
  const app = Fastify({ routerOptions: { maxParamLength: 500 } });
  const running = mountCloud(app, {
    store,
    log: createLogger('test', { level: 'silent' }),
    publicUrl: 'http://cloud',
    internalUrl: 'http://inside',
    now: clock.now,
    services: [
      world.service('compute', '/compute', died),
      world.service('network', '/network', died),
      world.service('image', '/image', died),
      world.service('volumev3', '/volume', died),
      orchestration({ callerFor: () => demo, wait: clock.wait }),
    ],
  });
  running.cloud.authenticate = (token) =>
    token === 'demo' ? demo : token === 'other' ? { ...demo, projectId: 'p2' } : undefined;
  await app.ready();
  await running.start();

  const ask: TestHeat['ask'] = async (method, path, body, token = 'demo') => {
    const url = path.startsWith('//') ? path.slice(1) : `/orchestration/v1/${PROJECT}${path}`;
    const reply = await app.inject({
      method,
      url,
      headers: token === '' ? {} : { 'x-auth-token': token },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    const { body: text } = reply;
    return {
      status: reply.statusCode,
      headers: reply.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  };
  const idOf = async (name: string): Promise<string> => {
    const { headers } = await ask('GET', `/stacks/${name}`);
    return String(headers['location']).split('/').at(-1) ?? '';
  };
  const ids = new Map<string, string>();
  const pathTo = async (name: string): Promise<string> => {
    const id = ids.get(name) ?? (await idOf(name));
    ids.set(name, id);
    return `/stacks/${name}/${id}`;
  };
  return {
    app,
    running,
    world,
    clock,
    store,
    ask,
    async create(name, template, more = {}) {
      const answer = await ask('POST', '/stacks', {
        stack_name: name,
        template: versioned(template),
        ...more,
      });
      if (answer.status === 201) ids.set(name, answer.body.stack.id);
      return answer;
    },
    async settled(name) {
      const path = await pathTo(name);
      for (let round = 0; round < 5000; round++) {
        const { body } = await ask('GET', `${path}?resolve_outputs=false`);
        if (!String(body.stack.stack_status).endsWith('IN_PROGRESS')) return body.stack;
        await new Promise((resolve) => setImmediate(resolve));
      }
      throw new Error(`stack ${name} does not come to rest`);
    },
    resources: async (name, depth = 0) =>
      (await ask('GET', `${await pathTo(name)}/resources?nested_depth=${depth}`)).body.resources,
    output: async (name, key) =>
      (await ask('GET', `${await pathTo(name)}/outputs/${key}`)).body.output.output_value,
  };
}

function versioned(template: object): object {
  return { heat_template_version: '2021-04-16', ...template };
}

export function defaultWorld(): World {
  const world = new World();
  world.add('flavors', { id: 'f1', name: 'm1.small' });
  world.add('images', { id: 'i1', name: 'linux' });
  return world;
}

/** A store with the same stacks, in memory. */
export function copyStore(store: Store): Store {
  const copy = openStore();
  const [from, to] = [openTables(store), openTables(copy)];
  for (const name of Object.keys(from) as (keyof Tables)[]) {
    for (const row of from[name].all()) to[name].put(row as never);
  }
  return { ...copy, close: () => undefined };
}

/** Thrown by everything that a dead process would have written. */
export class Dead extends Error {
  override readonly name = 'Dead';
}

/** The store as a process sees it that is killed right before its write number `writes`. */
export function mortalStore(store: Store, writes: number): Store & { readonly died: () => boolean } {
  let left = writes;
  const spend = (): void => {
    if (left-- <= 0) throw new Dead('killed');
  };
  return {
    died: () => left < 0,
    transaction: (work) => store.transaction(work),
    close: () => undefined,
    table<T extends Row>(name: string, indexes?: Parameters<Store['table']>[1]): Table<T> {
      const table = store.table<T>(name, indexes);
      return new Proxy(table, {
        get(target, key) {
          if (key === 'put' || key === 'delete') {
            return (value: never) => {
              spend();
              return target[key](value);
            };
          }
          const value: unknown = Reflect.get(target, key, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    },
  };
}
