import type { FastifyInstance } from 'fastify';
import { domainBy, groupBy, newId, userBy, type IdentityContext } from './context.ts';
import { badRequest, conflict, IdentityError } from './identity-error.ts';
import { enforce, isCloudReader, managesDomain, readsDomain, readsItsDomain } from './policy.ts';
import { removeGroup } from './removal.ts';
import { extraOf, keepsId, member, nameOf, text } from './request-body.ts';
import { groupView, userView } from './user-views.ts';
import { collection, single } from './views.ts';

interface ById {
  Params: { id: string };
}
interface ByMember {
  Params: { id: string; user: string };
}

const KNOWN = ['id', 'name', 'domain_id', 'description', 'links', 'extra'];

/** `/v3/groups` and who is in them. */
export function groupRoutes(app: FastifyInstance, context: IdentityContext): void {
  const { tables, cloud } = context;
  const domainOf = (groupId: string): string | undefined => tables.groups.get(groupId)?.domainId;

  app.get('/v3/groups', async (request) => {
    const caller = enforce(request, 'identity:list_groups', readsItsDomain);
    const rows = isCloudReader(caller)
      ? tables.groups.all()
      : tables.groups.by('domain', caller.domainId ?? '');
    return collection(request, 'groups', '/groups', rows.map(groupView), ['domain_id', 'name']);
  });

  app.post('/v3/groups', async (request, reply) => {
    const wanted = member(request.body, 'group');
    const domainId = text(wanted, 'domain_id') ?? request.caller?.domainId ?? 'default';
    enforce(request, 'identity:create_group', (caller) => managesDomain(caller, domainId));
    const name = nameOf(wanted, 64);
    domainBy(tables, domainId);
    refuseTwin(name, domainId);
    const row = tables.groups.put({
      id: newId(cloud),
      name,
      domainId,
      description: text(wanted, 'description') ?? '',
      extra: extraOf(wanted, KNOWN),
    });
    reply.code(201);
    return single(request, 'group', '/groups', groupView(row));
  });

  app.get<ById>('/v3/groups/:id', async (request) => {
    const { id } = request.params;
    enforce(request, 'identity:get_group', (caller) => readsDomain(caller, domainOf(id)));
    return single(request, 'group', '/groups', groupView(groupBy(tables, id)));
  });

  app.patch<ById>('/v3/groups/:id', async (request) => {
    const { id } = request.params;
    enforce(request, 'identity:update_group', (caller) => managesDomain(caller, domainOf(id)));
    const before = groupBy(tables, id);
    const changes = member(request.body, 'group');
    keepsId(changes, id);
    if (changes['domain_id'] !== undefined && changes['domain_id'] !== before.domainId) {
      throw badRequest('Cannot change Domain ID');
    }
    const name = changes['name'] === undefined ? before.name : nameOf(changes, 64);
    if (name !== before.name) refuseTwin(name, before.domainId);
    const row = tables.groups.put({
      ...before,
      name,
      description: text(changes, 'description') ?? before.description,
      extra: { ...before.extra, ...extraOf(changes, KNOWN) },
    });
    return single(request, 'group', '/groups', groupView(row));
  });

  app.delete<ById>('/v3/groups/:id', async (request, reply) => {
    const { id } = request.params;
    enforce(request, 'identity:delete_group', (caller) => managesDomain(caller, domainOf(id)));
    groupBy(tables, id);
    cloud.store.transaction(() => removeGroup(tables, id));
    return reply.code(204).send();
  });

  app.get<ById>('/v3/groups/:id/users', async (request) => {
    const { id } = request.params;
    enforce(request, 'identity:list_users_in_group', (caller) => readsDomain(caller, domainOf(id)));
    groupBy(tables, id);
    const users = tables.memberships.by('group', id).flatMap((row) => tables.users.get(row.userId) ?? []);
    return collection(request, 'users', '/users', users.map(userView), ['domain_id', 'enabled', 'name']);
  });

  app.get<ByMember>('/v3/groups/:id/users/:user', async (request, reply) => {
    const { id, user } = request.params;
    enforce(request, 'identity:check_user_in_group', (caller) => readsDomain(caller, domainOf(id)));
    refuseStranger(id, user);
    return reply.code(204).send();
  });

  app.put<ByMember>('/v3/groups/:id/users/:user', async (request, reply) => {
    const { id, user } = request.params;
    enforce(request, 'identity:add_user_to_group', (caller) => managesDomain(caller, domainOf(id)));
    groupBy(tables, id);
    userBy(tables, user);
    tables.memberships.put({ id: `${id}/${user}`, groupId: id, userId: user });
    return reply.code(204).send();
  });

  app.delete<ByMember>('/v3/groups/:id/users/:user', async (request, reply) => {
    const { id, user } = request.params;
    enforce(request, 'identity:remove_user_from_group', (caller) => managesDomain(caller, domainOf(id)));
    refuseStranger(id, user);
    tables.memberships.delete(`${id}/${user}`);
    return reply.code(204).send();
  });

  function refuseStranger(groupId: string, userId: string): void {
    groupBy(tables, groupId);
    userBy(tables, userId);
    if (tables.memberships.get(`${groupId}/${userId}`)) return;
    throw new IdentityError(404, `User '${userId}' not found in group '${groupId}'`);
  }

  function refuseTwin(name: string, domainId: string): void {
    if (!tables.groups.by('domain', domainId).some((row) => row.name === name)) return;
    throw conflict('group', `Duplicate entry found with name ${name} at domain ID ${domainId}`);
  }
}
