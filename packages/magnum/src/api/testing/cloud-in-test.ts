import { setImmediate } from 'node:timers/promises';
import type { HttpResponse, TokenBody, Transport } from '@gantry/openstack';

export interface TestCloud {
  images: Record<string, unknown>[];
  flavors: { id: string; name: string; disk: number }[];
  networks: { id: string; name: string; 'router:external': boolean }[];
  keypairs: string[];
  /** Most requests that waited for an answer at once. */
  together: number;
  /** Answers instead of everything else. */
  broken?: { readonly match: RegExp; readonly status: number };
}

/** Who holds which token. `admin`, `member`, `reader` are of project p1, `colleague` as well, `stranger` of p2. */
const people: Readonly<
  Record<
    string,
    { user: string; project?: string; roles: string[]; domain?: string; system?: boolean; only?: string }
  >
> = {
  admin: { user: 'root', project: 'p-admin', roles: ['admin', 'member', 'reader'] },
  member: { user: 'u1', project: 'p1', roles: ['member', 'reader'] },
  colleague: { user: 'u2', project: 'p1', roles: ['member', 'reader'] },
  reader: { user: 'u3', project: 'p1', roles: ['reader'] },
  stranger: { user: 'u9', project: 'p2', roles: ['member', 'reader'] },
  nothing: { user: 'u8', project: 'p1', roles: [] },
  system: { user: 'root', roles: ['admin', 'member', 'reader'], system: true },
  trustee: { user: 'trustee-1', roles: [], domain: 'trustees' },
  robot: { user: 'u1', project: 'p1', roles: ['member', 'reader'], only: '/v1/clusters/*' },
  service: { user: 'nova', project: 'service', roles: ['service'] },
  'other-trustee': { user: 'trustee-2', roles: [], domain: 'trustees' },
};

const catalog = ['image', 'compute', 'network'].map((type) => ({
  type,
  endpoints: [{ interface: 'public' as const, url: `http://${type}` }],
}));

/** Answers in the cloud's place. @param asked gets `METHOD url` of every request */
export function transportTo(cloud: TestCloud, asked: string[]): Transport {
  let waiting = 0;
  return async (request): Promise<HttpResponse> => {
    waiting += 1;
    cloud.together = Math.max(cloud.together, waiting);
    // As a network does: others get their turn meanwhile.
    await setImmediate();
    waiting -= 1;
    const url = new URL(request.url);
    asked.push(`${request.method} ${url.host}${url.pathname}${url.search}`);
    if (cloud.broken?.match.test(request.url))
      return reply(cloud.broken.status, { error: { message: 'broken' } });
    if (url.host === 'keystone') return keystone(request.method, request.headers['x-subject-token']);
    if (url.host === 'image') return images(cloud, url);
    if (url.host === 'compute') return compute(cloud, url);
    const { networks } = cloud;
    const found = networks.filter((network) =>
      [...url.searchParams].every(
        ([key, value]) => network[key as 'name'] === value || ['router:external', 'fields'].includes(key),
      ),
    );
    return reply(200, { networks: found, subnets: [] });
  };
}

function keystone(method: string, subject: string | undefined): HttpResponse {
  if (method === 'POST')
    return reply(201, { token: tokenOf('admin') }, { 'x-subject-token': 'service-token' });
  if (subject === undefined || !people[subject]) return reply(404, { error: { message: 'no such token' } });
  return reply(200, { token: tokenOf(subject) });
}

function tokenOf(who: string): TokenBody {
  const person = people[who];
  if (!person) throw new Error(`nobody is called ${who}`);
  const project = person.project && {
    project: { id: person.project, name: person.project, domain: { id: 'default', name: 'Default' } },
  };
  return {
    user: { id: person.user, name: who, domain: { id: person.domain ?? 'default', name: 'x' } },
    ...project,
    ...(person.system === true ? { system: { all: true } } : {}),
    roles: person.roles.map((name) => ({ id: name, name })),
    catalog,
    expires_at: '2030-01-01T01:00:00.000000Z',
    issued_at: '2030-01-01T00:00:00.000000Z',
    methods: ['password'],
    ...(person.only !== undefined && {
      application_credential: {
        id: 'ac',
        restricted: true,
        access_rules: [{ service: 'container-infra', method: 'GET', path: person.only }],
      },
    }),
  };
}

function images(cloud: TestCloud, url: URL): HttpResponse {
  const id = /\/images\/(.+)$/.exec(url.pathname)?.[1];
  if (id === undefined) {
    return reply(200, {
      images: cloud.images.filter((image) => image['name'] === url.searchParams.get('name')),
    });
  }
  const image = cloud.images.find((candidate) => candidate['id'] === id);
  return image ? reply(200, image) : reply(404, {});
}

function compute(cloud: TestCloud, url: URL): HttpResponse {
  const [, kind, id = ''] = /^\/([\w-]+)\/?(.*)$/.exec(url.pathname) ?? [];
  if (kind === 'os-keypairs') {
    return cloud.keypairs.includes(id) ? reply(200, { keypair: { name: id } }) : reply(404, {});
  }
  if (id === 'detail') return reply(200, { flavors: cloud.flavors });
  const flavor = cloud.flavors.find((candidate) => candidate.id === id);
  return flavor ? reply(200, { flavor }) : reply(404, {});
}

function reply(status: number, body: unknown, headers: Record<string, string> = {}): HttpResponse {
  return { status, headers, body };
}
