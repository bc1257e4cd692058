import Fastify, { type FastifyInstance } from 'fastify';
import { createLogger } from '@gantry/oslo';
import { mountCloud, type RunningCloud } from '../cloud/cloud.ts';
import type { Caller, Cloud } from '../cloud/service.ts';
import { openStore, type Store } from '../cloud/store.ts';
import type { DataPlane } from './agent/data-plane.ts';
import { linuxDataPlane } from './agent/linux-data-plane.ts';
import type { Links } from './agent/links.ts';
import { network, type NetworkOptions } from './network.ts';

/** An object of the API as a test looks at it. */
export interface Thing {
  readonly id: string;
  readonly [attribute: string]: unknown;
}

/** An answer of Neutron's. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** The one object in it; empty if there is none. */
  readonly object: Thing;
  /** The list in it. */
  readonly objects: readonly Thing[];
}

export interface Neutron {
  readonly cloud: Cloud;
  /** Sends a request as `demo`, `other` (another project), `reader` (of demo's project) or `admin`. */
  as(who: Who): Client;
  /** Starts what Neutron does by itself: its data plane. */
  start(): Promise<void>;
  /** Waits until the data plane has done what there was to do. */
  settled(): Promise<void>;
  /** A second Neutron on the same state, as after a crash; the first one does nothing any more. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface Client {
  get(path: string): Promise<Answer>;
  post(path: string, body: unknown): Promise<Answer>;
  put(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  delete(path: string, headers?: Record<string, string>): Promise<Answer>;
  /** Creates one object and returns it. @throws Error with Neutron's answer if it refuses */
  make(collection: string, attributes: Record<string, unknown>): Promise<Thing>;
}

type Who = 'demo' | 'other' | 'reader' | 'admin';

const PROJECTS: Record<Who, string> = {
  demo: 'demo-id',
  other: 'other-id',
  reader: 'demo-id',
  admin: 'admin-id',
};

function caller(who: Who): Caller {
  return {
    userId: `${who}-user`,
    userName: who,
    userDomainId: 'default',
    projectId: PROJECTS[who],
    projectName: who,
    domainId: undefined,
    systemScope: false,
    roles:
      who === 'admin' ? ['admin', 'member', 'reader'] : who === 'reader' ? ['reader'] : ['member', 'reader'],
    isAdmin: who === 'admin',
  };
}

/** Neutron alone in a cloud that believes every token, with a clock that never moves. */
export async function startNeutron(options: Partial<TestOptions> = {}): Promise<Neutron> {
  const store = openStore();
  let now = await mount(store, options);

  async function restart(): Promise<void> {
    await now.running.cloud.services[0]?.stop?.();
    now = await mount(store, options);
    await now.running.start();
  }

  function as(who: Who): Client {
    async function send(
      method: 'GET' | 'POST' | 'PUT' | 'DELETE',
      path: string,
      body?: unknown,
      headers: Record<string, string> = {},
    ): Promise<Answer> {
      const reply = await now.app.inject({
        method,
        url: `/network/v2.0/${path}`,
        headers: { 'x-auth-token': who, ...headers },
        ...(body === undefined ? {} : { payload: body as object }),
      });
      return answer(reply.statusCode, reply.body);
    }
    return {
      get: (path) => send('GET', path),
      post: (path, body) => send('POST', path, body),
      put: (path, body, headers) => send('PUT', path, body, headers),
      delete: (path, headers) => send('DELETE', path, undefined, headers),
      async make(collection, attributes) {
        const resource = collection.replaceAll('-', '_').replace(/s$/, '');
        const made = await send('POST', collection, { [resource]: attributes });
        if (made.status !== 201) throw new Error(JSON.stringify(made));
        return made.object;
      },
    };
  }

  return {
    get cloud() {
      return now.running.cloud;
    },
    as,
    start: () => now.running.start(),
    settled: () => now.settled(),
    restart,
    close: () => now.app.close().then(() => now.running.stop()),
  };
}

interface TestOptions extends Omit<NetworkOptions, 'dataPlane'> {
  /** The machine of a real data plane; without it the data plane is simulated. */
  readonly links: Links;
}

interface Mounted {
  readonly app: FastifyInstance;
  readonly running: RunningCloud;
  settled(): Promise<void>;
}

async function mount(store: Store, { links, ...options }: Partial<TestOptions>): Promise<Mounted> {
  const app = Fastify();
  let plane: DataPlane | undefined;
  const running = mountCloud(app, {
    store,
    log: createLogger('test', { level: 'silent' }),
    publicUrl: 'http://cloud',
    now: () => new Date('2026-01-31T12:00:00Z'),
    services: [
      network({
        dataPlane: links ? (context) => (plane = linuxDataPlane(context, links)) : 'simulated',
        hosts: ['node'],
        ...options,
      }),
    ],
  });
  running.cloud.authenticate = (token) => (Object.hasOwn(PROJECTS, token) ? caller(token as Who) : undefined);
  await app.ready();
  return { app, running, settled: () => plane?.settled() ?? Promise.resolve() };
}

function answer(status: number, text: string): Answer {
  const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> | null;
  const [first] = Object.values(body ?? {});
  return {
    status,
    body: body ?? {},
    object: (Array.isArray(first) ? {} : (first ?? {})) as Thing,
    objects: Array.isArray(first) ? (first as Thing[]) : [],
  };
}

/** What Neutron refused with: status, type and text. */
export function refusal({ status, object }: Answer): { status: number; type: unknown; message: unknown } {
  return { status, type: object['type'], message: object['message'] };
}

/** A list inside an object. */
export function listIn(thing: Thing, attribute: string): readonly Thing[] {
  const list = thing[attribute];
  return Array.isArray(list) ? (list as Thing[]) : [];
}

/** The address of the page that an answer links to, below `/v2.0/`. */
export function linkOf({ body }: Answer, rel: 'next' | 'previous'): string {
  const links = Object.entries(body).find(([key]) => key.endsWith('_links'))?.[1] as
    | readonly { readonly rel: string; readonly href: string }[]
    | undefined;
  return links?.find((link) => link.rel === rel)?.href.replace('http://cloud/network/v2.0/', '') ?? '';
}
