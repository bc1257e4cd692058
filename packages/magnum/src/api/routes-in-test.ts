import type { ApiInTest } from './api-in-test.ts';
import type { Route } from './route.ts';
import { apiRoutes } from './routes.ts';
import type { ApiServices } from './services.ts';

/** The routes, to look at what they say of themselves; their handlers would find nothing to work with. */
export function routesInTest({ store }: ApiInTest): Route[] {
  return apiRoutes({ store, policies: { allows: () => false } } as unknown as ApiServices);
}

export async function documentOf({ app }: ApiInTest): Promise<Record<string, unknown>> {
  const answer = await app.inject({ url: '/container-infra/openapi.json', headers: { host: 'cloud' } });
  return answer.json();
}
