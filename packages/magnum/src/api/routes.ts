import { administrationRoutes } from './resources/administration/administration-routes.ts';
import { baymodelRoutes } from './resources/templates/baymodel-routes.ts';
import { bayRoutes } from './resources/clusters/bay-routes.ts';
import { certificateRoutes } from './resources/clusters/certificate-routes.ts';
import { clusterChangeRoutes } from './resources/clusters/cluster-change-routes.ts';
import { clusterRoutes } from './resources/clusters/cluster-routes.ts';
import { credentialRoutes } from './resources/clusters/credential-routes.ts';
import { federationRoutes } from './resources/administration/federation-routes.ts';
import { gantryRoutes } from './resources/administration/gantry-routes.ts';
import { atLeast, BAYS_GONE, MAX_VERSION, type Microversion } from './wire/microversion.ts';
import { nodegroupChangeRoutes } from './resources/clusters/nodegroup-change-routes.ts';
import { nodegroupRoutes } from './resources/clusters/nodegroup-routes.ts';
import { quotaRoutes } from './resources/administration/quota-routes.ts';
import type { Route } from './wire/route.ts';
import type { ApiServices } from './resources/services.ts';
import {
  clusterTemplates,
  templateRoutes,
  templatesBeforeDrivers,
} from './resources/templates/template-routes.ts';

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
