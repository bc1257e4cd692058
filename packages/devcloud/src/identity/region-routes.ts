import type { FastifyInstance } from 'fastify';
import { allEndpoints } from './catalog.ts';
import { newId, type IdentityContext } from './context.ts';
import { badRequest, conflict, forbidden, notFound } from './identity-error.ts';
import { anyone, enforce, isCloudAdmin } from './policy.ts';
import { extraOf, keepsId, member, text } from './request-body.ts';
import type { RegionRow } from './tables.ts';
import { collection, single, type View } from './views.ts';

interface ById {
  Params: { id: string };
}

const KNOWN = ['id', 'description', 'parent_region_id', 'links'];

/** `/v3/regions` */
export function regionRoutes(app: FastifyInstance, context: IdentityContext): void {
  const { tables, cloud } = context;

  app.get('/v3/regions', async (request) => {
    enforce(request, 'identity:list_regions', anyone);
    const rows = tables.regions.all().map(regionView);
    return collection(request, 'regions', '/regions', rows, ['parent_region_id']);
  });

  app.post('/v3/regions', async (request, reply) => {
    enforce(request, 'identity:create_region', isCloudAdmin);
    const wanted = member(request.body, 'region');
    const id = text(wanted, 'id', { max: 255 });
    if (id !== undefined && tables.regions.get(id)) {
      throw conflict('region', `Duplicate ID, ${id}.`.replace(/\.$/, ''));
    }
    const row = tables.regions.put({
      id: id === undefined || id === '' ? newId(cloud) : id,
      description: text(wanted, 'description') ?? '',
      parentId: parent(text(wanted, 'parent_region_id')),
      extra: extraOf(wanted, KNOWN),
    });
    reply.code(201);
    return single(request, 'region', '/regions', regionView(row));
  });

  app.get<ById>('/v3/regions/:id', async (request) => {
    enforce(request, 'identity:get_region', anyone);
    return single(request, 'region', '/regions', regionView(regionBy(request.params.id)));
  });

  app.patch<ById>('/v3/regions/:id', async (request) => {
    enforce(request, 'identity:update_region', isCloudAdmin);
    const before = regionBy(request.params.id);
    const changes = member(request.body, 'region');
    keepsId(changes, before.id);
    const parentId = parent(text(changes, 'parent_region_id')) ?? before.parentId;
    if (parentId !== undefined && above(parentId).includes(before.id)) {
      throw badRequest(`The specified parent region ${parentId} would create a circular region hierarchy.`);
    }
    const row = tables.regions.put({
      ...before,
      description: text(changes, 'description') ?? before.description,
      parentId,
      extra: { ...before.extra, ...extraOf(changes, KNOWN) },
    });
    return single(request, 'region', '/regions', regionView(row));
  });

  app.delete<ById>('/v3/regions/:id', async (request, reply) => {
    enforce(request, 'identity:delete_region', isCloudAdmin);
    const { id } = request.params;
    regionBy(id);
    const family = [id, ...below(id)];
    if (
      allEndpoints(cloud, tables).some((row) => row.regionId !== undefined && family.includes(row.regionId))
    ) {
      throw forbidden(
        `Unable to delete region ${id} because it or its child regions have associated endpoints.`,
      );
    }
    cloud.store.transaction(() => family.forEach((region) => tables.regions.delete(region)));
    return reply.code(204).send();
  });

  function regionBy(id: string): RegionRow {
    const row = tables.regions.get(id);
    if (!row) throw notFound('region', id);
    return row;
  }

  function parent(id: string | undefined): string | undefined {
    return id === undefined ? undefined : regionBy(id).id;
  }

  /** A region and those above it. */
  function above(id: string): string[] {
    const parentId = tables.regions.get(id)?.parentId;
    return parentId === undefined ? [id] : [id, ...above(parentId)];
  }

  function below(id: string): string[] {
    const children = tables.regions.all().filter((row) => row.parentId === id);
    return children.flatMap((row) => [row.id, ...below(row.id)]);
  }
}

function regionView(row: RegionRow): View {
  return {
    ...row.extra,
    id: row.id,
    description: row.description,
    parent_region_id: row.parentId ?? null,
  };
}
