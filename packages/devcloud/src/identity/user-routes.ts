import type { FastifyInstance } from 'fastify';
import { reachable } from './auth-routes.ts';
import { domainBy, newId, projectBy, userBy, type IdentityContext } from './context.ts';
import { userNamed } from './find.ts';
import { badRequest, conflict, unauthorized } from './identity-error.ts';
import { hashPassword } from './passwords.ts';
import { enforce, isCloudReader, managesDomain, readsDomain, readsItsDomain } from './policy.ts';
import { projectView } from './project-views.ts';
import { removeUser } from './removal.ts';
import {
  extraOf,
  flag,
  isoTime,
  keepsId,
  member,
  nameOf,
  object,
  requiredText,
  text,
  type Fields,
} from './request-body.ts';
import type { UserRow } from './tables.ts';
import { groupView, userView } from './user-views.ts';
import { collection, single } from './views.ts';

interface ById {
  Params: { id: string };
}

const KNOWN = [
  'id',
  'name',
  'domain_id',
  'enabled',
  'default_project_id',
  'password',
  'options',
  'links',
  'extra',
  'password_expires_at',
];

/** `/v3/users` */
export function userRoutes(app: FastifyInstance, context: IdentityContext): void {
  const { tables, tokens, passwords, cloud } = context;
  const domainOf = (userId: string): string | undefined => tables.users.get(userId)?.domainId;

  app.get('/v3/users', async (request) => {
    const caller = enforce(request, 'identity:list_users', readsItsDomain);
    const rows = isCloudReader(caller)
      ? tables.users.all()
      : tables.users.by('domain', caller.domainId ?? '');
    return collection(request, 'users', '/users', rows.map(userView), ['domain_id', 'enabled', 'name']);
  });

  app.post('/v3/users', async (request, reply) => {
    const wanted = member(request.body, 'user');
    const { caller } = request;
    const callerDomain = caller?.domainId ?? tables.projects.get(caller?.projectId ?? '')?.domainId;
    const domainId = text(wanted, 'domain_id') ?? callerDomain ?? 'default';
    enforce(request, 'identity:create_user', (asking) => managesDomain(asking, domainId));
    const name = nameOf(wanted);
    domainBy(tables, domainId);
    refuseTwin(name, domainId);
    const password = text(wanted, 'password');
    const defaultProjectId = defaultProject(wanted);
    const row = tables.users.put({
      id: newId(cloud),
      name,
      domainId,
      enabled: flag(wanted, 'enabled') ?? true,
      defaultProjectId,
      passwordHash: password === undefined ? undefined : hashPassword(password),
      passwordChangedAt: isoTime(cloud.now()),
      options: object(wanted, 'options') ?? {},
      extra: extraOf(wanted, KNOWN),
    });
    reply.code(201);
    return single(request, 'user', '/users', userView(row));
  });

  app.get<ById>('/v3/users/:id', async (request) => {
    const { id } = request.params;
    enforce(
      request,
      'identity:get_user',
      (caller) => caller.userId === id || readsDomain(caller, domainOf(id)),
    );
    return single(request, 'user', '/users', userView(userBy(tables, id)));
  });

  app.patch<ById>('/v3/users/:id', async (request) => {
    const { id } = request.params;
    enforce(request, 'identity:update_user', (caller) => managesDomain(caller, domainOf(id)));
    const before = userBy(tables, id);
    const changes = member(request.body, 'user');
    keepsId(changes, id);
    if (changes['domain_id'] !== undefined && changes['domain_id'] !== before.domainId) {
      throw badRequest('Cannot change Domain ID');
    }
    const name = changes['name'] === undefined ? before.name : nameOf(changes);
    if (name !== before.name) refuseTwin(name, before.domainId);
    const password = text(changes, 'password');
    const row: UserRow = {
      ...before,
      name,
      enabled: flag(changes, 'enabled') ?? before.enabled,
      defaultProjectId:
        changes['default_project_id'] === undefined ? before.defaultProjectId : defaultProject(changes),
      options: { ...before.options, ...object(changes, 'options') },
      extra: { ...before.extra, ...extraOf(changes, KNOWN) },
    };
    cloud.store.transaction(() => {
      tables.users.put(password === undefined ? row : withPassword(row, password));
      if (password !== undefined || !row.enabled) tokens.revokeOf(id);
    });
    return single(request, 'user', '/users', userView(row));
  });

  app.delete<ById>('/v3/users/:id', async (request, reply) => {
    const { id } = request.params;
    enforce(request, 'identity:delete_user', (caller) => managesDomain(caller, domainOf(id)));
    userBy(tables, id);
    cloud.store.transaction(() => removeUser(tables, id));
    return reply.code(204).send();
  });

  // No token is asked for: the old password is the proof, so that an expired one can be changed too.
  app.post<ById>('/v3/users/:id/password', async (request, reply) => {
    const wanted = member(request.body, 'user');
    const original = requiredText(wanted, 'original_password');
    const password = requiredText(wanted, 'password');
    const right = await passwords.matches(original, tables.users.get(request.params.id)?.passwordHash);
    const row = tables.users.get(request.params.id);
    if (!row || !right || !row.enabled) throw unauthorized();
    cloud.store.transaction(() => {
      tables.users.put(withPassword(row, password));
      tokens.revokeOf(row.id);
    });
    return reply.code(204).send();
  });

  app.get<ById>('/v3/users/:id/groups', async (request) => {
    const { id } = request.params;
    enforce(
      request,
      'identity:list_groups_for_user',
      (caller) => caller.userId === id || readsDomain(caller, domainOf(id)),
    );
    userBy(tables, id);
    const groups = tables.memberships.by('user', id).flatMap((row) => tables.groups.get(row.groupId) ?? []);
    return collection(request, 'groups', '/groups', groups.map(groupView), ['name']);
  });

  app.get<ById>('/v3/users/:id/projects', async (request) => {
    const { id } = request.params;
    enforce(
      request,
      'identity:list_user_projects',
      (caller) => caller.userId === id || readsDomain(caller, domainOf(id)),
    );
    userBy(tables, id);
    const rows = reachable(context, id, false);
    const filters = ['domain_id', 'enabled', 'name'];
    return collection(request, 'projects', '/projects', rows.map(projectView), filters);
  });

  function withPassword(row: UserRow, password: string): UserRow {
    return { ...row, passwordHash: hashPassword(password), passwordChangedAt: isoTime(cloud.now()) };
  }

  function refuseTwin(name: string, domainId: string): void {
    if (!userNamed(tables, name, domainId)) return;
    throw conflict('user', `Duplicate entry found with name ${name} at domain ID ${domainId}`);
  }

  function defaultProject(fields: Fields): string | undefined {
    const id = text(fields, 'default_project_id');
    if (id === undefined) return undefined;
    if (projectBy(tables, id).isDomain) {
      throw badRequest("User's default project ID cannot be a domain ID: " + id);
    }
    return id;
  }
}
