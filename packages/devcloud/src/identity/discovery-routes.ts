import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { rootOf } from './views.ts';

/** `/identity` (300, all versions) and `/identity/v3` (the version), as clients look for them before anything else. */
export function discoveryRoutes(app: FastifyInstance): void {
  app.get('/', async (request, reply) => versions(request, reply));
  for (const path of ['/v3', '/v3/']) {
    app.get(path, async (request) => ({ version: version(request) }));
  }
}

async function versions(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  reply.code(300).header('location', `${rootOf(request)}/`);
  return { versions: { values: [version(request)] } };
}

function version(request: FastifyRequest): unknown {
  return {
    id: 'v3.14',
    status: 'stable',
    updated: '2020-04-07T00:00:00Z',
    links: [{ rel: 'self', href: `${rootOf(request)}/` }],
    'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
  };
}
