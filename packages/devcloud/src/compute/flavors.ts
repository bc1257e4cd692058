import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Caller } from '../cloud/service.ts';
import { badRequest, conflict, notFound, requireAdmin } from '../http/fault.ts';
import {
  asBoolean,
  Closed,
  Name,
  Nullable,
  OsBoolean,
  OsInteger,
  parseBody,
} from '../http/openstack-schema.ts';
import { linksOf, minor, param, queryOf, type ComputeContext } from './context.ts';
import { pageOf } from './page.ts';
import type { FlavorRow, OwnFlavor } from './tables.ts';

const CreateFlavor = Closed({
  flavor: Closed({
    name: Name,
    id: Type.Optional(Type.Union([Type.String({ maxLength: 255 }), Type.Integer(), Type.Null()])),
    ram: OsInteger({ minimum: 1, maximum: 0x7fffffff }),
    vcpus: OsInteger({ minimum: 1, maximum: 0x7fffffff }),
    disk: OsInteger({ minimum: 0, maximum: 0x7fffffff }),
    'OS-FLV-EXT-DATA:ephemeral': Type.Optional(OsInteger({ minimum: 0, maximum: 0x7fffffff })),
    swap: Type.Optional(OsInteger({ minimum: 0, maximum: 0x7fffffff })),
    rxtx_factor: Type.Optional(Type.Union([Type.Number({ minimum: 0 }), Type.String()])),
    'os-flavor-access:is_public': Type.Optional(OsBoolean),
    description: Type.Optional(Nullable(Type.String({ maxLength: 65535 }))),
  }),
});

const UpdateFlavor = Closed({
  flavor: Closed({ description: Nullable(Type.String({ maxLength: 65535 })) }),
});

const EXTRA_SPEC_KEY = '^[a-zA-Z0-9-_:. ]{1,255}$';
const SpecValue = Type.Union([Type.String({ maxLength: 255 }), Type.Number()]);
const ExtraSpecs = Closed({
  extra_specs: Type.Record(Type.String({ pattern: EXTRA_SPEC_KEY }), SpecValue, {
    additionalProperties: false,
  }),
});
const OneSpec = Type.Record(Type.String({ pattern: EXTRA_SPEC_KEY }), SpecValue, {
  additionalProperties: false,
});

const Access = Closed({ tenant: Type.String({ minLength: 1, maxLength: 255 }) });
const FlavorAction = Closed({
  addTenantAccess: Type.Optional(Access),
  removeTenantAccess: Type.Optional(Access),
});

/** A flavor that `caller` may see, by its id. */
export function visibleFlavor(context: ComputeContext, caller: Caller, id: string): FlavorRow | undefined {
  const flavor = context.tables.flavors.get(id);
  return flavor && maySee(caller, flavor) ? flavor : undefined;
}

function maySee(caller: Caller, flavor: FlavorRow): boolean {
  return flavor.isPublic || caller.isAdmin || flavor.projects.includes(caller.projectId ?? '');
}

/** What a server shows of its flavor: a link until 2.46, all of it from 2.47 on. */
export function embeddedFlavor(request: FastifyRequest, flavor: OwnFlavor): object {
  if (minor(request) < 47)
    return { id: flavor.id, links: linksOf(request, `/flavors/${flavor.id}`).slice(1) };
  return {
    vcpus: flavor.vcpus,
    ram: flavor.ram,
    disk: flavor.disk,
    ephemeral: flavor.ephemeral,
    swap: flavor.swap,
    original_name: flavor.name,
    extra_specs: flavor.extraSpecs,
  };
}

export function flavorRoutes(app: FastifyInstance, context: ComputeContext): void {
  const { flavors } = context.tables;

  const find = (request: FastifyRequest): FlavorRow => {
    const id = param(request, 'flavor');
    const flavor = request.caller && visibleFlavor(context, request.caller, id);
    if (!flavor) throw notFound(`Flavor ${id} could not be found.`);
    return flavor;
  };

  const listed = (request: FastifyRequest) => {
    const query = queryOf(request);
    const isAdmin = request.caller?.isAdmin ?? false;
    const isPublic = (query['is_public'] ?? '').toLowerCase();
    const wanted = flavors.all().filter((flavor) => {
      if (!request.caller || !maySee(request.caller, flavor)) return false;
      if (!isAdmin) return true;
      if (isPublic === 'none') return true;
      return flavor.isPublic === (isPublic === '' || asBoolean(isPublic));
    });
    const minRam = wholeNumber('minRam', query['minRam']);
    const minDisk = wholeNumber('minDisk', query['minDisk']);
    return pageOf(
      request,
      wanted.filter(({ ram, disk }) => ram >= minRam && disk >= minDisk),
      '/flavors',
      { sort: [{ value: sortValue(query['sort_key']), descending: query['sort_dir'] === 'desc' }] },
    );
  };

  app.get('/flavors', async (request) => {
    const { rows, links } = listed(request);
    return {
      flavors: rows.map((flavor) => ({
        id: flavor.id,
        name: flavor.name,
        links: linksOf(request, `/flavors/${flavor.id}`),
        ...(minor(request) >= 55 ? { description: flavor.description } : {}),
      })),
      ...(links ? { flavors_links: links } : {}),
    };
  });

  app.get('/flavors/detail', async (request) => {
    const { rows, links } = listed(request);
    return {
      flavors: rows.map((flavor) => flavorView(request, flavor)),
      ...(links ? { flavors_links: links } : {}),
    };
  });

  app.get('/flavors/:flavor', async (request) => ({ flavor: flavorView(request, find(request)) }));

  app.post('/flavors', async (request) => {
    requireAdmin(request, 'os_compute_api:os-flavor-manage:create');
    const { flavor: asked } = parseBody(CreateFlavor, request.body);
    const given = asked.id === undefined || asked.id === null ? '' : String(asked.id);
    const id = given === '' || given === 'auto' ? context.cloud.uuid() : given;
    if (flavors.get(id)) throw conflict(`Flavor with ID ${id} already exists.`);
    if (flavors.by('name', asked.name).length > 0) {
      throw conflict(`Flavor with name ${asked.name} already exists.`);
    }
    const rxtxFactor = Number(asked.rxtx_factor ?? 1);
    if (Number.isNaN(rxtxFactor)) throw badRequest(`Invalid input for field/attribute rxtx_factor.`);
    const flavor = flavors.put({
      id,
      name: asked.name,
      description: asked.description ?? null,
      vcpus: Number(asked.vcpus),
      ram: Number(asked.ram),
      disk: Number(asked.disk),
      ephemeral: Number(asked['OS-FLV-EXT-DATA:ephemeral'] ?? 0),
      swap: Number(asked.swap ?? 0),
      rxtxFactor,
      isPublic: asBoolean(asked['os-flavor-access:is_public'], true),
      disabled: false,
      extraSpecs: {},
      projects: [],
    });
    return { flavor: flavorView(request, flavor) };
  });

  app.put('/flavors/:flavor', async (request) => {
    requireAdmin(request, 'os_compute_api:os-flavor-manage:update');
    const { flavor: asked } = parseBody(UpdateFlavor, request.body);
    const flavor = flavors.put({ ...find(request), description: asked.description });
    return { flavor: flavorView(request, flavor) };
  });

  app.delete('/flavors/:flavor', async (request, reply) => {
    requireAdmin(request, 'os_compute_api:os-flavor-manage:delete');
    flavors.delete(find(request).id);
    return reply.code(202).send();
  });

  app.get('/flavors/:flavor/os-extra_specs', async (request) => ({ extra_specs: find(request).extraSpecs }));

  app.post('/flavors/:flavor/os-extra_specs', async (request) => {
    requireAdmin(request, 'os_compute_api:os-flavor-extra-specs:create');
    const added = texts(parseBody(ExtraSpecs, request.body).extra_specs);
    const flavor = find(request);
    flavors.put({ ...flavor, extraSpecs: { ...flavor.extraSpecs, ...added } });
    return { extra_specs: added };
  });

  app.get('/flavors/:flavor/os-extra_specs/:key', async (request) => {
    const flavor = find(request);
    const key = param(request, 'key');
    const value = flavor.extraSpecs[key];
    if (value === undefined) throw noSpec(flavor, key);
    return { [key]: value };
  });

  app.put('/flavors/:flavor/os-extra_specs/:key', async (request) => {
    requireAdmin(request, 'os_compute_api:os-flavor-extra-specs:update');
    const changed = texts(parseBody(OneSpec, request.body));
    const key = param(request, 'key');
    if (!(key in changed)) throw badRequest('Request body and URI mismatch');
    const flavor = find(request);
    flavors.put({ ...flavor, extraSpecs: { ...flavor.extraSpecs, ...changed } });
    return changed;
  });

  app.delete('/flavors/:flavor/os-extra_specs/:key', async (request, reply) => {
    requireAdmin(request, 'os_compute_api:os-flavor-extra-specs:delete');
    const flavor = find(request);
    const key = param(request, 'key');
    if (!(key in flavor.extraSpecs)) throw noSpec(flavor, key);
    const { [key]: _gone, ...left } = flavor.extraSpecs;
    flavors.put({ ...flavor, extraSpecs: left });
    return reply.send();
  });

  app.get('/flavors/:flavor/os-flavor-access', async (request) => {
    requireAdmin(request, 'os_compute_api:os-flavor-access');
    const flavor = find(request);
    if (flavor.isPublic) throw notFound('Access list not available for public flavors.');
    return { flavor_access: accessView(flavor) };
  });

  app.post('/flavors/:flavor/action', async (request) => {
    requireAdmin(request, 'os_compute_api:os-flavor-access:add_tenant_access');
    const { addTenantAccess: add, removeTenantAccess: remove } = parseBody(FlavorAction, request.body);
    const flavor = find(request);
    const project = add?.tenant ?? remove?.tenant;
    if (project === undefined) throw badRequest('There is no such action.');
    const has = flavor.projects.includes(project);
    if (add) {
      if (flavor.isPublic) throw conflict('Can not add access to a public flavor.');
      if (has)
        throw conflict(
          `Flavor access already exists for flavor ${flavor.id} and project ${project} combination.`,
        );
    } else if (!has) {
      throw notFound(`Flavor access not found for ${flavor.id} / ${project} combination.`);
    }
    const projects = add ? [...flavor.projects, project] : flavor.projects.filter((id) => id !== project);
    return { flavor_access: accessView(flavors.put({ ...flavor, projects })) };
  });
}

function accessView(flavor: FlavorRow): object[] {
  return flavor.projects.map((project) => ({ flavor_id: flavor.id, tenant_id: project }));
}

function flavorView(request: FastifyRequest, flavor: FlavorRow): object {
  const version = minor(request);
  return {
    id: flavor.id,
    name: flavor.name,
    ram: flavor.ram,
    disk: flavor.disk,
    vcpus: flavor.vcpus,
    swap: flavor.swap === 0 && version < 75 ? '' : flavor.swap,
    rxtx_factor: flavor.rxtxFactor,
    'OS-FLV-EXT-DATA:ephemeral': flavor.ephemeral,
    'OS-FLV-DISABLED:disabled': flavor.disabled,
    'os-flavor-access:is_public': flavor.isPublic,
    links: linksOf(request, `/flavors/${flavor.id}`),
    ...(version >= 55 ? { description: flavor.description } : {}),
    ...(version >= 61 ? { extra_specs: flavor.extraSpecs } : {}),
  };
}

function noSpec(flavor: FlavorRow, key: string) {
  return notFound(`Flavor ${flavor.id} has no extra specs with key ${key}.`);
}

function texts(specs: Record<string, string | number>): Record<string, string> {
  return Object.fromEntries(Object.entries(specs).map(([key, value]) => [key, String(value)]));
}

function wholeNumber(name: string, text: string | undefined): number {
  if (text !== undefined && !/^\d+$/.test(text)) throw badRequest(`Invalid ${name} filter [${text}]`);
  return Number(text ?? 0);
}

/** Nova sorts flavors by `flavorid` unless told otherwise. */
function sortValue(key: string | undefined): (flavor: FlavorRow) => unknown {
  switch (key) {
    case 'name':
      return ({ name }) => name;
    case 'memory_mb':
      return ({ ram }) => ram;
    case 'vcpus':
      return ({ vcpus }) => vcpus;
    case 'root_gb':
      return ({ disk }) => disk;
    default:
      return ({ id }) => id;
  }
}
