import { createHash } from 'node:crypto';
import type { Cloud } from '../cloud/service.ts';
import type { EndpointInterface, EndpointRow, IdentityTables, ServiceRow } from './tables.ts';

/** Whose catalog it is: endpoints may have ids of user and project in them. */
export interface CatalogFor {
  readonly userId: string;
  readonly projectId: string | undefined;
}

const INTERFACES: readonly EndpointInterface[] = ['public', 'internal', 'admin'];

/** Services of this cloud itself, with ids that are the same after every start, then those made by API. */
export function allServices(cloud: Cloud, tables: IdentityTables): ServiceRow[] {
  return [...embeddedServices(cloud), ...tables.services.all()];
}

export function allEndpoints(cloud: Cloud, tables: IdentityTables): EndpointRow[] {
  return [...embeddedEndpoints(cloud), ...tables.endpoints.all()];
}

/** The services that run in this process; they can't be changed by API. */
export function embeddedServices(cloud: Cloud): ServiceRow[] {
  return cloud.services.map((service) => ({
    id: stableId('service', service.type),
    type: service.type,
    name: service.name,
    description: undefined,
    enabled: true,
    extra: {},
  }));
}

export function embeddedEndpoints(cloud: Cloud): EndpointRow[] {
  return cloud.services.flatMap((service) =>
    INTERFACES.map((face) => ({
      id: stableId('endpoint', service.type, face, cloud.region),
      serviceId: stableId('service', service.type),
      interface: face,
      regionId: cloud.region,
      url: (face === 'public' ? cloud.publicUrl : cloud.internalUrl) + service.path + service.endpoint,
      enabled: true,
      name: undefined,
      extra: {},
    })),
  );
}

/** The catalog of a token. Endpoints with a project's id in them are only in that of a project. */
export function catalogOf(cloud: Cloud, tables: IdentityTables, whose: CatalogFor): unknown[] {
  const endpoints = allEndpoints(cloud, tables).filter((endpoint) => endpoint.enabled);
  return allServices(cloud, tables)
    .filter((service) => service.enabled)
    .map((service) => ({
      endpoints: endpoints
        .filter((endpoint) => endpoint.serviceId === service.id)
        .flatMap((endpoint) => {
          const url = fillIn(endpoint.url, whose);
          if (url === undefined) return [];
          const { id, interface: face, regionId = null } = endpoint;
          return [{ id, interface: face, region_id: regionId, url, region: regionId }];
        }),
      type: service.type,
      id: service.id,
      name: service.name ?? '',
    }));
}

/** Puts ids for `%(project_id)s` and its like (`$(…)s` too); undefined if there is none to put. */
function fillIn(url: string, whose: CatalogFor): string | undefined {
  const values: Readonly<Record<string, string | undefined>> = {
    project_id: whose.projectId,
    tenant_id: whose.projectId,
    user_id: whose.userId,
  };
  let complete = true;
  const filled = url.replace(/[%$]\((\w+)\)s/g, (_all, name: string) => {
    const value = values[name];
    if (value === undefined) complete = false;
    return value ?? '';
  });
  return complete ? filled : undefined;
}

function stableId(...parts: string[]): string {
  return createHash('sha256').update(parts.join('/')).digest('hex').slice(0, 32);
}
