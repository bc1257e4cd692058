import type { FastifyInstance } from 'fastify';

const CORE = [
  ['network', 'networks'],
  ['subnet', 'subnets'],
  ['subnetpool', 'subnetpools'],
  ['port', 'ports'],
] as const;

/** The list of versions, which needs no token. */
export function versionRoutes(app: FastifyInstance, baseUrl: string): void {
  const version = {
    id: 'v2.0',
    status: 'CURRENT',
    links: [{ rel: 'self', href: `${baseUrl}/v2.0/` }],
  };
  app.get('/', () => ({ versions: [version] }));
}

/** The list of core resources. */
export function coreRoutes(app: FastifyInstance, baseUrl: string): void {
  const resources = CORE.map(([name, collection]) => ({
    links: [{ rel: 'self', href: `${baseUrl}/v2.0/${collection}` }],
    name,
    collection,
  }));
  for (const path of ['/v2.0', '/v2.0/']) app.get(path, () => ({ resources }));
}
