import type { HttpRequest, HttpResponse, Transport } from '@gantry/openstack';

/** What is left in the fake cloud, for a test to look at. */
export interface FakeOpenStack {
  readonly transport: Transport;
  readonly users: Map<string, FakeUser>;
  readonly trusts: Map<string, FakeTrust>;
  readonly stacks: Map<string, FakeStack>;
  /** Sees every request before it is carried out, and its answer afterwards; may throw or answer itself. */
  intercept(hook: Interceptor | undefined): void;
  /** Method and path of all that was asked. */
  readonly requests: string[];
}

export type Interceptor = (request: HttpRequest, carryOut: () => HttpResponse) => HttpResponse;

export interface FakeUser {
  readonly id: string;
  readonly name: string;
  password: string;
  readonly domain_id: string;
}

export interface FakeTrust {
  readonly id: string;
  readonly trustor_user_id: string;
  readonly trustee_user_id: string;
  readonly project_id: string;
  readonly impersonation: boolean;
  readonly roles: readonly { readonly name: string }[];
}

export interface FakeStack {
  readonly id: string;
  readonly stack_name: string;
  stack_status: string;
  stack_status_reason: string;
  parameters: Record<string, unknown>;
  tags: string[];
  /** How often it is looked at before it is complete or gone. */
  looks: number;
  outputs: { output_key: string; output_value: unknown }[];
  resources: object[];
}

export interface FakeOptions {
  /** What becomes of a stack once its looks are used up. */
  readonly finish?: (stack: FakeStack) => void;
  readonly looks?: number;
}

const HOST = 'http://cloud';
const CALLER_TOKEN = 'callers-token';

/** Bodies of all requests that are understood here. */
interface Json {
  readonly auth: {
    readonly identity: {
      readonly password: { readonly user: { id: string; name?: string; password: string } };
    };
    readonly scope?: { readonly 'OS-TRUST:trust'?: { readonly id: string } };
  };
  readonly user: Omit<FakeUser, 'id'>;
  readonly trust: Omit<FakeTrust, 'id'>;
  readonly stack_name: string;
  readonly parameters: Record<string, unknown>;
  readonly tags: string;
}

interface Answering {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** As much of Keystone and Heat as a conductor talks to, with their own rules about who may do what. */
export function fakeOpenStack(options: FakeOptions = {}): FakeOpenStack {
  const users = new Map<string, FakeUser>();
  const trusts = new Map<string, FakeTrust>();
  const stacks = new Map<string, FakeStack>();
  const tokens = new Map<string, { user: string; project?: string; admin: boolean; trust?: string }>([
    [CALLER_TOKEN, { user: 'u1', project: 'p1', admin: false }],
  ]);
  const requests: string[] = [];
  let hook: Interceptor | undefined;
  let count = 0;
  const id = (kind: string): string => `${kind}-${(count += 1)}`;

  function handle(request: HttpRequest): Answering {
    const url = new URL(request.url);
    const body = JSON.parse(request.body === undefined ? '{}' : String(request.body)) as Json;
    if (url.pathname === '/identity/v3/auth/tokens') {
      return request.method === 'POST'
        ? login(body)
        : { status: 200, body: { token: tokenBody('u1', 'p1') } };
    }
    const token = tokens.get(request.headers['x-auth-token'] ?? '');
    if (!token) throw new Refused(401, 'The request you have made requires authentication.');
    if (token.trust !== undefined && !trusts.has(token.trust)) throw new Refused(401, 'the trust is gone');
    const path = url.pathname.split('/').filter(Boolean);
    if (path[0] === 'identity') return identity(request.method, path.slice(2), url.searchParams, body, token);
    if (path[0] === 'orchestration') {
      if (path[2] !== token.project && !token.admin) throw new Refused(403, 'You are not authorized');
      return heat(request.method, path.slice(3), body);
    }
    throw new Refused(404, `no such path ${url.pathname}`);
  }

  function login(body: Json): Answering {
    const { identity: given, scope } = body.auth;
    const { user } = given.password;
    const token = id('token');
    const answer = (userId: string, project: string | undefined, domain?: string): Answering => ({
      status: 201,
      headers: { 'x-subject-token': token },
      body: {
        token: { ...tokenBody(userId, project), ...(domain ? { domain: { id: domain, name: domain } } : {}) },
      },
    });
    if (user.name === 'magnum') {
      tokens.set(token, { user: 'magnum', project: 'service', admin: true });
      return answer('magnum', 'service');
    }
    if (user.name === 'trustee-admin') {
      tokens.set(token, { user: 'trustee-admin', admin: true });
      return answer('trustee-admin', undefined, 'trustees');
    }
    const found = users.get(user.id);
    const trust = trusts.get(scope?.['OS-TRUST:trust']?.id ?? '');
    if (!found || found.password !== user.password || trust?.trustee_user_id !== found.id) {
      throw new Refused(401, 'The request you have made requires authentication.');
    }
    tokens.set(token, {
      user: trust.trustor_user_id,
      project: trust.project_id,
      admin: false,
      trust: trust.id,
    });
    return answer(trust.trustor_user_id, trust.project_id);
  }

  function identity(
    method: string,
    path: string[],
    query: URLSearchParams,
    body: Json,
    token: { user: string; admin: boolean },
  ): Answering {
    const [kind, ...rest] = path[0] === 'OS-TRUST' ? path.slice(1) : path;
    const one = rest[0];
    if (kind === 'users') {
      if (!token.admin) throw new Refused(403, 'You are not authorized to perform the requested action.');
      if (method === 'GET') {
        const found = [...users.values()].filter((user) => user.name === query.get('name'));
        return { status: 200, body: { users: found } };
      }
      if (method === 'POST') {
        const { user } = body;
        if ([...users.values()].some((other) => other.name === user.name))
          throw new Refused(409, 'Duplicate entry');
        const made = { ...user, id: id('user') };
        users.set(made.id, made);
        return { status: 201, body: { user: made } };
      }
      const user = users.get(one ?? '');
      // With Keystone's new defaults: whether a domain's admin may delete a user depends on that user's domain.
      if (!user && method === 'DELETE')
        throw new Refused(403, 'You are not authorized: identity:delete_user.');
      if (!user) throw new Refused(404, `Could not find user: ${one}.`);
      if (method === 'PATCH') {
        user.password = body.user.password;
        return { status: 200, body: { user } };
      }
      users.delete(user.id);
      for (const trust of trusts.values()) if (trust.trustee_user_id === user.id) trusts.delete(trust.id);
      return { status: 204 };
    }
    if (kind !== 'trusts') throw new Refused(404, 'no such path');
    if (method === 'GET') {
      const found = [...trusts.values()].filter(
        (trust) => trust.trustor_user_id === query.get('trustor_user_id'),
      );
      return { status: 200, body: { trusts: found } };
    }
    if (method === 'POST') {
      const trust = { ...body.trust, id: id('trust') };
      if (trust.trustor_user_id !== token.user) throw new Refused(403, 'only the trustor');
      trusts.set(trust.id, trust);
      return { status: 201, body: { trust } };
    }
    const trust = trusts.get(one ?? '');
    if (!trust) throw new Refused(404, `Could not find trust: ${one}.`);
    if (trust.trustor_user_id !== token.user && !token.admin) throw new Refused(403, 'only the trustor');
    trusts.delete(trust.id);
    return { status: 204 };
  }

  function heat(method: string, path: string[], body: Json): Answering {
    if (method === 'POST') {
      const known = [...stacks.values()].some((stack) => stack.stack_name === body.stack_name);
      if (known) throw new Refused(409, `The Stack (${body.stack_name}) already exists.`);
      const made: FakeStack = {
        id: id('stack'),
        stack_name: body.stack_name,
        stack_status: 'CREATE_IN_PROGRESS',
        stack_status_reason: 'Stack CREATE started',
        parameters: body.parameters,
        tags: body.tags.split(','),
        looks: options.looks ?? 2,
        outputs: [],
        resources: [],
      };
      stacks.set(made.id, made);
      return { status: 201, body: { stack: { id: made.id } } };
    }
    const stack = [...stacks.values()].find(({ id: known, stack_name }) =>
      [known, stack_name].includes(path[1] ?? ''),
    );
    if (!stack) throw new Refused(404, `The Stack (${path[1]}) could not be found.`);
    if (path.at(-1) === 'resources') return { status: 200, body: { resources: resourcesOf(stack) } };
    if (method === 'PATCH') {
      if (stack.stack_status.endsWith('_IN_PROGRESS'))
        throw new Refused(409, 'another action is in progress');
      stack.parameters = { ...stack.parameters, ...body.parameters };
      stack.tags = body.tags.split(',');
      stack.stack_status = 'UPDATE_IN_PROGRESS';
      stack.looks = options.looks ?? 2;
      return { status: 202 };
    }
    if (method === 'DELETE') {
      if (stack.stack_status !== 'DELETE_IN_PROGRESS') stack.looks = options.looks ?? 2;
      stack.stack_status = 'DELETE_IN_PROGRESS';
      return { status: 204 };
    }
    go(stack);
    return { status: 200, body: { stack } };
  }

  /** A look is what makes time pass for a stack. */
  function go(stack: FakeStack): void {
    if (!stack.stack_status.endsWith('_IN_PROGRESS')) return;
    stack.looks -= 1;
    if (stack.looks > 0) return;
    if (stack.stack_status === 'DELETE_IN_PROGRESS') stacks.delete(stack.id);
    else if (options.finish) options.finish(stack);
    else stack.stack_status = stack.stack_status.replace('IN_PROGRESS', 'COMPLETE');
  }

  async function transport(request: HttpRequest): Promise<HttpResponse> {
    // As on a wire: nothing is answered within the same turn.
    await new Promise((resolve) => setImmediate(resolve));
    request.signal?.throwIfAborted();
    requests.push(`${request.method} ${new URL(request.url).pathname}`);
    const carryOut = (): HttpResponse => {
      try {
        const answer = handle(request);
        return { headers: {}, body: undefined, ...answer };
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        return { status: error.status, headers: {}, body: { error: { message: error.message } } };
      }
    };
    return hook ? hook(request, carryOut) : carryOut();
  }

  return { transport, users, trusts, stacks, requests, intercept: (next) => void (hook = next) };
}

/** What a test put there, or the group of workers with its members. */
function resourcesOf(stack: FakeStack): object[] {
  const count = Number(stack.parameters['count'] ?? 0);
  if (stack.resources.length > 0 || count === 0) return stack.resources;
  const inside = (id: string): object[] => [{ rel: 'stack', href: `${HOST}/stacks/x/${id}` }];
  const complete = { resource_status: 'CREATE_COMPLETE', resource_status_reason: '', resource_type: 'x' };
  const group = `${stack.id}-group`;
  const members = Array.from({ length: count }, (_, index) => ({
    ...complete,
    resource_name: String(index),
    physical_resource_id: `${group}-${index}`,
    parent_resource: 'workers',
    links: inside(group),
  }));
  return [
    { ...complete, resource_name: 'workers', physical_resource_id: group, links: inside(stack.id) },
    ...members,
  ];
}

function tokenBody(user: string, project: string | undefined): object {
  return {
    user: { id: user, name: user, domain: { id: 'default', name: 'Default' } },
    ...(project === undefined ? {} : { project: { id: project, name: project } }),
    expires_at: '2040-01-01T00:00:00Z',
    catalog: [
      endpoint('identity', '/identity'),
      endpoint('orchestration', `/orchestration/v1/${project}`),
      endpoint('container-infra', '/container-infra'),
    ],
  };
}

function endpoint(type: string, path: string): object {
  const endpoints = ['public', 'internal', 'admin'].map((name) => ({ interface: name, url: HOST + path }));
  return { type, endpoints };
}
