import { administrationRoutes } from './administration-routes.ts';
import { baymodelRoutes } from './baymodel-routes.ts';
import { bayRoutes } from './bay-routes.ts';
import { certificateRoutes } from './certificate-routes.ts';
import { clusterChangeRoutes } from './cluster-change-routes.ts';
import { clusterRoutes } from './cluster-routes.ts';
import { credentialRoutes } from './credential-routes.ts';
import { federationRoutes } from './federation-routes.ts';
import { gantryRoutes } from './gantry-routes.ts';
import { atLeast, BAYS_GONE, MAX_VERSION, type Microversion } from './microversion.ts';
import { nodegroupChangeRoutes } from './nodegroup-change-routes.ts';
import { nodegroupRoutes } from './nodegroup-routes.ts';
import { quotaRoutes } from './quota-routes.ts';
import type { Route } from './route.ts';
import type { ApiServices } from './services.ts';
import { clusterTemplates, templateRoutes, templatesBeforeDrivers } from './template-routes.ts';

/** Every route that needs a token. @param max the newest version offered: what its release didn't have isn't there */
export function apiRoutes(services: ApiServices, max: Microversion = MAX_VERSION): Route[] {
  const legacy = !atLeast(max, BAYS_GONE);
  return [
    ...(legacy ? [...baymodelRoutes(services), ...bayRoutes(services)] : []),
    ...templateRoutes(services, legacy ? templatesBeforeDrivers : clusterTemplates),
    ...clusterRoutes(services),
    ...clusterChangeRoutes(services),
    ...nodegroupRoutes(services),
    ...nodegroupChangeRoutes(services),
    ...certificateRoutes(services, legacy),
    ...credentialRoutes(services),
    ...quotaRoutes(services),
    ...federationRoutes(services),
    ...administrationRoutes(services),
    ...gantryRoutes(services),
  ];
}
