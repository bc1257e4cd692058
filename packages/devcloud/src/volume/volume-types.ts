import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { badRequest, conflict, notFound, requireAdmin } from '../http/fault.ts';
import { asBoolean, Nullable, OsBoolean, parseBody } from '../http/openstack-schema.ts';
import { pageOf, param, queryOf, volumeCaller, type VolumeContext } from './context.ts';
import { findType } from './find.ts';
import type { VolumeTypeRow } from './tables.ts';

const Specs = Type.Record(
  Type.String({ pattern: '^[a-zA-Z0-9-_:. ]{1,255}$' }),
  Nullable(Type.String({ maxLength: 255 })),
  { additionalProperties: false },
);
const Create = Type.Object({
  volume_type: Type.Object({
    name: Type.String({ minLength: 1, maxLength: 255 }),
    description: Type.Optional(Nullable(Type.String({ maxLength: 255 }))),
    extra_specs: Type.Optional(Nullable(Specs)),
    'os-volume-type-access:is_public': Type.Optional(OsBoolean),
  }),
});
const Update = Type.Object({
  volume_type: Type.Object({
    name: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 255 }))),
    description: Type.Optional(Nullable(Type.String({ maxLength: 255 }))),
    is_public: Type.Optional(Nullable(OsBoolean)),
  }),
});
const ExtraSpecs = Type.Object({ extra_specs: Specs });
const Access = Type.Object({ project: Type.String({ minLength: 1 }) });
const TypeAction = Type.Object({
  addProjectAccess: Type.Optional(Access),
  removeProjectAccess: Type.Optional(Access),
});

const SORT: Readonly<Record<string, (row: VolumeTypeRow) => unknown>> = {
  id: ({ id }) => id,
  name: ({ name }) => name,
};

export function volumeTypeRoutes(app: FastifyInstance, context: VolumeContext): void {
  const { types, volumes } = context.tables;
  const find = (request: FastifyRequest): VolumeTypeRow => {
    const id = param(request, 'type');
    return findType(context, request, id === 'default' ? context.defaultType : id);
  };

  app.get('/types', async (request) => {
    const caller = volumeCaller(request);
    const isPublic = (queryOf(request)['is_public'] ?? 'true').toLowerCase();
    const rows = types
      .all()
      .filter((row) =>
        caller.isAdmin
          ? isPublic === 'none' || row.isPublic === asBoolean(isPublic)
          : row.isPublic || row.projects.includes(caller.projectId),
      );
    const page = pageOf(request, rows, '/types', SORT);
    return {
      volume_types: page.rows.map((row) => view(request, row)),
      ...(page.links ? { volume_type_links: page.links } : {}),
    };
  });

  app.get('/types/:type', async (request) => ({ volume_type: view(request, find(request)) }));

  app.post('/types', async (request) => {
    requireAdmin(request, 'volume_extension:type_create');
    const { volume_type: asked } = parseBody(Create, request.body);
    if (types.by('name', asked.name).length > 0) {
      throw conflict(`Volume Type ${asked.name} already exists.`);
    }
    const row = types.put({
      id: context.cloud.uuid(),
      name: asked.name,
      description: asked.description ?? null,
      isPublic: asBoolean(asked['os-volume-type-access:is_public'], true),
      extraSpecs: texts(asked.extra_specs ?? {}),
      projects: [],
    });
    return { volume_type: view(request, row) };
  });

  app.put('/types/:type', async (request) => {
    requireAdmin(request, 'volume_extension:type_update');
    const row = find(request);
    const { name, description, is_public: isPublic } = parseBody(Update, request.body).volume_type;
    if (name && types.by('name', name).some(({ id }) => id !== row.id)) {
      throw conflict(`Volume Type ${name} already exists.`);
    }
    const changed = types.put({
      ...row,
      ...(name ? { name } : {}),
      ...(description === undefined ? {} : { description }),
      ...(isPublic === undefined || isPublic === null ? {} : { isPublic: asBoolean(isPublic) }),
    });
    return { volume_type: view(request, changed) };
  });

  app.delete('/types/:type', async (request, reply) => {
    requireAdmin(request, 'volume_extension:type_delete');
    const row = find(request);
    if (volumes.all().some(({ typeId }) => typeId === row.id)) {
      throw badRequest('Target volume type is still in use.');
    }
    if (row.name === context.defaultType) {
      throw badRequest(
        `Invalid volume type: The ${row.id} volume type is the default volume type and can not be deleted.`,
      );
    }
    types.delete(row.id);
    return reply.code(202).send();
  });

  app.get('/types/:type/extra_specs', async (request) => ({ extra_specs: find(request).extraSpecs }));
  app.post('/types/:type/extra_specs', async (request) => {
    requireAdmin(request, 'volume_extension:types_extra_specs:create');
    const row = find(request);
    const added = texts(parseBody(ExtraSpecs, request.body).extra_specs);
    types.put({ ...row, extraSpecs: { ...row.extraSpecs, ...added } });
    return { extra_specs: added };
  });
  app.get('/types/:type/extra_specs/:key', async (request) => {
    const row = find(request);
    const key = param(request, 'key');
    return { [key]: row.extraSpecs[requireSpec(row, key)] };
  });
  app.put('/types/:type/extra_specs/:key', async (request) => {
    requireAdmin(request, 'volume_extension:types_extra_specs:update');
    const row = find(request);
    const changed = texts(parseBody(Specs, request.body));
    if (!(param(request, 'key') in changed)) throw badRequest('Request body and URI mismatch.');
    types.put({ ...row, extraSpecs: { ...row.extraSpecs, ...changed } });
    return changed;
  });
  app.delete('/types/:type/extra_specs/:key', async (request, reply) => {
    requireAdmin(request, 'volume_extension:types_extra_specs:delete');
    const row = find(request);
    const { [requireSpec(row, param(request, 'key'))]: _gone, ...left } = row.extraSpecs;
    types.put({ ...row, extraSpecs: left });
    return reply.code(202).send();
  });

  app.get('/types/:type/os-volume-type-access', async (request) => {
    requireAdmin(request, 'volume_extension:volume_type_access');
    const row = find(request);
    if (row.isPublic) throw notFound('Access list not available for public volume types.');
    return {
      volume_type_access: row.projects.map((project) => ({ volume_type_id: row.id, project_id: project })),
    };
  });

  app.post('/types/:type/action', async (request, reply) => {
    requireAdmin(request, 'volume_extension:volume_type_access:addProjectAccess');
    const row = find(request);
    const { addProjectAccess: add, removeProjectAccess: remove } = parseBody(TypeAction, request.body);
    const project = add?.project ?? remove?.project;
    if (project === undefined) throw badRequest('There is no such action.');
    if (row.isPublic) throw conflict('Type access modification is not applicable to public volume type.');
    const has = row.projects.includes(project);
    if (add && has) {
      throw conflict(`Volume type access for ${row.id} / ${project} combination already exists.`);
    }
    if (!add && !has) throw notFound(`Volume type access not found for ${row.id} / ${project} combination.`);
    types.put({
      ...row,
      projects: add ? [...row.projects, project] : row.projects.filter((id) => id !== project),
    });
    return reply.code(202).send();
  });
}

function requireSpec(row: VolumeTypeRow, key: string): string {
  if (!(key in row.extraSpecs)) {
    throw notFound(`Volume Type ${row.id} has no extra specs with key ${key}.`);
  }
  return key;
}

/** What a driver does with a type is none of a user's business, but for a few public specs. */
function view(request: FastifyRequest, row: VolumeTypeRow): object {
  const isAdmin = request.caller?.isAdmin ?? false;
  const specs = Object.entries(row.extraSpecs).filter(
    ([key]) => isAdmin || ['multiattach', 'RESKEY:availability_zones', 'replication_enabled'].includes(key),
  );
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    is_public: row.isPublic,
    'os-volume-type-access:is_public': row.isPublic,
    extra_specs: Object.fromEntries(specs),
    ...(isAdmin ? { qos_specs_id: null } : {}),
  };
}

function texts(specs: Record<string, string | null>): Record<string, string> {
  return Object.fromEntries(Object.entries(specs).map(([key, value]) => [key, value ?? '']));
}
