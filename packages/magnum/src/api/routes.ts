import { administrationRoutes } from './administration-routes.ts';
import { certificateRoutes } from './certificate-routes.ts';
import { clusterRoutes } from './cluster-routes.ts';
import { gantryRoutes } from './gantry-routes.ts';
import { nodegroupRoutes } from './nodegroup-routes.ts';
import { quotaRoutes } from './quota-routes.ts';
import type { Route } from './route.ts';
import type { ApiServices } from './services.ts';
import { templateRoutes } from './template-routes.ts';

/** Every route that needs a token. */
export function apiRoutes(services: ApiServices): Route[] {
  return [
    ...templateRoutes(services),
    ...clusterRoutes(services),
    ...nodegroupRoutes(services),
    ...certificateRoutes(services),
    ...quotaRoutes(services),
    ...administrationRoutes(services),
    ...gantryRoutes(services),
  ];
}
