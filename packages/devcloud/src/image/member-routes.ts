import type { FastifyInstance } from 'fastify';
import type { Caller } from '../cloud/service.ts';
import { mayChange, ownImage, visibleImage } from './access.ts';
import { timestamp, type ImageContext } from './context.ts';
import { callerOf } from './edge.ts';
import { badRequest, conflict, forbidden, ImageError, notAllowed } from './image-error.ts';
import { memberView } from './image-view.ts';
import type { ImageRow, MemberRow, MemberStatus } from './tables.ts';

interface ById {
  Params: { id: string };
}
interface ByMember {
  Params: { id: string; member: string };
}

const STATUSES: readonly MemberStatus[] = ['pending', 'accepted', 'rejected'];

/** `/v2/images/{id}/members`: the projects an image is shared with. */
export function memberRoutes(app: FastifyInstance, context: ImageContext): void {
  const { tables, cloud } = context;

  app.get<ById>('/v2/images/:id/members', async (request) => {
    const caller = callerOf(request);
    const image = shared(visibleImage(tables, caller, request.params.id));
    const rows = tables.members.by('image', image.id).filter((row) => sees(caller, image, row));
    return { members: rows.map(memberView), schema: '/v2/schemas/members' };
  });

  app.post<ById>('/v2/images/:id/members', async (request) => {
    const caller = callerOf(request);
    const image = shared(ownImage(tables, caller, request.params.id, 'add_member'));
    const projectId = field(request.body, 'member');
    if (projectId === '') throw badRequest('Member can not be empty');
    const id = `${image.id}/${projectId}`;
    if (tables.members.get(id)) {
      throw conflict(`Image member ${projectId} already exists for image ${image.id}`);
    }
    const now = timestamp(cloud.now());
    const row: MemberRow = {
      id,
      imageId: image.id,
      projectId,
      status: 'pending',
      createdAt: now,
      updatedAt: now,
    };
    return memberView(tables.members.put(row));
  });

  app.get<ByMember>('/v2/images/:id/members/:member', async (request) => {
    const caller = callerOf(request);
    const image = visibleImage(tables, caller, request.params.id);
    return memberView(memberBy(caller, image, request.params.member));
  });

  app.put<ByMember>('/v2/images/:id/members/:member', async (request) => {
    const caller = callerOf(request);
    const image = visibleImage(tables, caller, request.params.id);
    const row = memberBy(caller, image, request.params.member);
    const wanted = field(request.body, 'status');
    const status = STATUSES.find((candidate) => candidate === wanted);
    if (status === undefined) {
      throw badRequest(`Invalid status "${wanted}": it must be one of ${STATUSES.join(', ')}`);
    }
    if (!caller.isAdmin && caller.projectId !== row.projectId) throw notAllowed('modify_member');
    return memberView(tables.members.put({ ...row, status, updatedAt: timestamp(cloud.now()) }));
  });

  app.delete<ByMember>('/v2/images/:id/members/:member', async (request, reply) => {
    const caller = callerOf(request);
    const image = shared(ownImage(tables, caller, request.params.id, 'delete_member'));
    tables.members.delete(memberBy(caller, image, request.params.member).id);
    return reply.code(204).send();
  });

  function memberBy(caller: Caller, image: ImageRow, projectId: string): MemberRow {
    const row = tables.members.get(`${image.id}/${projectId}`);
    if (!row || !sees(caller, image, row)) {
      throw new ImageError(404, `${projectId} not found in the member list of the image ${image.id}.`);
    }
    return row;
  }
}

/** The owner sees all members, a member only itself. */
function sees(caller: Caller, image: ImageRow, row: MemberRow): boolean {
  return mayChange(caller, image) || row.projectId === caller.projectId;
}

function shared(image: ImageRow): ImageRow {
  if (image.visibility !== 'shared') throw forbidden('Only shared images have members.');
  return image;
}

function field(body: unknown, name: string): string {
  const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
  if (typeof value !== 'string') throw badRequest(`Expected a ${name} in the form: {"${name}": "…"}`);
  return value;
}
