import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ImageError } from './image-error.ts';
import { SCHEMAS } from './image-schema.ts';

const OLDER = [
  'v2.13',
  'v2.12',
  'v2.11',
  'v2.10',
  'v2.9',
  'v2.8',
  'v2.7',
  'v2.6',
  'v2.5',
  'v2.4',
  'v2.3',
  'v2.2',
  'v2.1',
  'v2.0',
];

/** The versions (`/image`, `/image/versions`), the schemas, and what stores and imports there are. */
export function discoveryRoutes(app: FastifyInstance): void {
  app.get('/', async (request, reply) => versions(request, reply, 300));
  for (const path of ['/versions', '/versions/']) {
    app.get(path, async (request, reply) => versions(request, reply, 200));
  }

  app.get<{ Params: { name: string } }>('/v2/schemas/:name', async (request) => {
    const schema = SCHEMAS[request.params.name];
    if (!schema) throw new ImageError(404, 'The resource could not be found.');
    return schema;
  });

  app.get('/v2/info/import', async () => ({
    'import-methods': { description: 'Import methods available.', type: 'array', value: [] },
  }));

  app.get('/v2/info/stores', async () => {
    throw new ImageError(404, 'Multi backend is not supported at this site.');
  });
}

function versions(request: FastifyRequest, reply: FastifyReply, status: number): unknown {
  const href = `${request.protocol}://${request.host}/image/v2/`;
  const version = (id: string, state: string): unknown => ({
    id,
    status: state,
    links: [{ rel: 'self', href }],
  });
  reply.code(status);
  return {
    versions: [version('v2.15', 'CURRENT'), ...OLDER.map((id) => version(id, 'SUPPORTED'))],
  };
}
