import type { ApiInTest } from './api-in-test.ts';
import type { Microversion } from '../wire/microversion.ts';
import type { Route } from '../wire/route.ts';
import { apiRoutes } from '../routes.ts';
import type { ApiServices } from '../resources/services.ts';

/** The last release that had bays and bay models. */
const WITH_BAYS: Microversion = { major: 1, minor: 10 };

/** All routes, to look at what they say of themselves; their handlers would find nothing to work with. */
export function routesInTest(): Route[] {
  return apiRoutes({} as unknown as ApiServices, WITH_BAYS);
}

export async function documentOf({ app }: ApiInTest): Promise<Record<string, unknown>> {
  const answer = await app.inject({ url: '/container-infra/openapi.json', headers: { host: 'cloud' } });
  return answer.json();
}
