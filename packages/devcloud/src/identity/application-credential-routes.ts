import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Caller } from '../cloud/service.ts';
import { applicationCredentialBy, newId, tokenOf, type IdentityContext } from './context.ts';
import {
  badRequest,
  conflict,
  forbidden,
  forbiddenAction,
  IdentityError,
  notFound,
} from './identity-error.ts';
import { hashPassword } from './passwords.ts';
import { enforce, isCloudAdmin, isCloudReader } from './policy.ts';
import { flag, invalidTime, member, nameOf, objects, text, time, type Fields } from './request-body.ts';
import { roleView } from './role-routes.ts';
import type { AccessRuleRow, ApplicationCredentialRow, IdentityTables } from './tables.ts';
import { collection, single, type View } from './views.ts';

interface ByUser {
  Params: { user: string };
}
interface ById {
  Params: { user: string; id: string };
}

/** `/v3/users/{id}/application_credentials` and the access rules they use. */
export function applicationCredentialRoutes(app: FastifyInstance, context: IdentityContext): void {
  const { tables, cloud } = context;
  const all = '/v3/users/:user/application_credentials';
  const rules = '/v3/users/:user/access_rules';

  app.get<ByUser>(all, async (request) => {
    const { user } = request.params;
    enforce(
      request,
      'identity:list_application_credentials',
      (caller) => caller.userId === user || isCloudReader(caller),
    );
    const rows = tables.applicationCredentials.by('user', user);
    const path = `/users/${user}/application_credentials`;
    return collection(
      request,
      'application_credentials',
      path,
      rows.map((row) => credentialView(tables, row)),
      ['name'],
    );
  });

  app.post<ByUser>(all, async (request, reply) => {
    const { user } = request.params;
    const caller = enforce(
      request,
      'identity:create_application_credential',
      (asking) => asking.userId === user,
    );
    refuseDelegated(context, request);
    const wanted = member(request.body, 'application_credential');
    const secret = text(wanted, 'secret', { min: 1 }) ?? randomBytes(64).toString('base64url');
    const row = cloud.store.transaction(() => {
      const made = newCredential(context, request, wanted, caller, secret);
      return tables.applicationCredentials.put(made);
    });
    reply.code(201);
    const path = `/users/${user}/application_credentials`;
    return single(request, 'application_credential', path, { ...credentialView(tables, row), secret });
  });

  app.get<ById>(`${all}/:id`, async (request) => {
    const { id, user } = request.params;
    const owner = tables.applicationCredentials.get(id)?.userId ?? user;
    enforce(
      request,
      'identity:get_application_credential',
      (caller) => caller.userId === owner || isCloudReader(caller),
    );
    const row = applicationCredentialBy(tables, id);
    const path = `/users/${user}/application_credentials`;
    return single(request, 'application_credential', path, credentialView(tables, row));
  });

  app.delete<ById>(`${all}/:id`, async (request, reply) => {
    const { id, user } = request.params;
    const owner = tables.applicationCredentials.get(id)?.userId ?? user;
    enforce(
      request,
      'identity:delete_application_credential',
      (caller) => caller.userId === owner || isCloudAdmin(caller),
    );
    refuseDelegated(context, request);
    applicationCredentialBy(tables, id);
    tables.applicationCredentials.delete(id);
    return reply.code(204).send();
  });

  app.get<ByUser>(rules, async (request) => {
    const { user } = request.params;
    enforce(
      request,
      'identity:list_access_rules',
      (caller) => caller.userId === user || isCloudReader(caller),
    );
    const rows = tables.accessRules.by('user', user).map(ruleView);
    const filters = ['service', 'path', 'method'];
    return collection(request, 'access_rules', `/users/${user}/access_rules`, rows, filters);
  });

  app.get<ById>(`${rules}/:id`, async (request) => {
    const { id, user } = request.params;
    const row = tables.accessRules.get(id);
    enforce(
      request,
      'identity:get_access_rule',
      (caller) => caller.userId === (row?.userId ?? user) || isCloudReader(caller),
    );
    if (!row) throw notFound('Access Rule', id);
    return single(request, 'access_rule', `/users/${user}/access_rules`, ruleView(row));
  });

  app.delete<ById>(`${rules}/:id`, async (request, reply) => {
    const { id, user } = request.params;
    const row = tables.accessRules.get(id);
    enforce(
      request,
      'identity:delete_access_rule',
      (caller) => caller.userId === (row?.userId ?? user) || isCloudAdmin(caller),
    );
    if (!row) throw notFound('Access Rule', id);
    const used = tables.applicationCredentials
      .by('user', row.userId)
      .some((credential) => credential.accessRuleIds?.includes(id));
    if (used) {
      throw new IdentityError(403, `Access rule ${id} is in use by an application credential.`);
    }
    tables.accessRules.delete(id);
    return reply.code(204).send();
  });
}

function newCredential(
  context: IdentityContext,
  request: FastifyRequest,
  wanted: Fields,
  caller: Caller,
  secret: string,
): ApplicationCredentialRow {
  const { tables, cloud } = context;
  const name = nameOf(wanted);
  if (caller.projectId === undefined) {
    throw badRequest('An application credential is for a project: use a project-scoped token.');
  }
  if (tables.applicationCredentials.by('user', caller.userId).some((row) => row.name === name)) {
    throw conflict('application_credential', `Duplicate entry found with name ${name}`);
  }
  const expiresAt = time(wanted, 'expires_at');
  if (expiresAt !== undefined && Date.parse(expiresAt) <= cloud.now().getTime())
    throw invalidTime('expires_at');
  const parent = tokenOf(context, request)?.applicationCredentialId;
  const inherited = parent === undefined ? undefined : tables.applicationCredentials.get(parent);
  const accessRules = objects(wanted, 'access_rules');
  return {
    id: newId(cloud),
    name,
    description: text(wanted, 'description') ?? null,
    userId: caller.userId,
    projectId: caller.projectId,
    roleIds: wantedRoles(tables, caller, objects(wanted, 'roles')),
    secretHash: hashPassword(secret),
    expiresAt,
    unrestricted: flag(wanted, 'unrestricted') ?? false,
    accessRuleIds:
      accessRules?.map((rule) => accessRule(context, caller.userId, rule).id) ?? inherited?.accessRuleIds,
  };
}

/** Without roles in the request, all that the token has. */
function wantedRoles(
  tables: IdentityTables,
  caller: Caller,
  wanted: readonly Fields[] | undefined,
): string[] {
  const own = caller.roles.flatMap((name) => tables.roles.by('name', name));
  if (!wanted || wanted.length === 0) return own.map((role) => role.id);
  return wanted.map((entry) => {
    const role = own.find((candidate) => candidate.id === entry['id'] || candidate.name === entry['name']);
    if (role) return role.id;
    throw badRequest(
      'Invalid application credential: Cannot create an application credential with unassigned role',
    );
  });
}

/** An access rule of the user: by id, or the one like this, made if there is none. */
function accessRule(context: IdentityContext, userId: string, wanted: Fields): AccessRuleRow {
  const { tables, cloud } = context;
  const mine = tables.accessRules.by('user', userId);
  const id = text(wanted, 'id');
  if (id !== undefined) {
    const found = mine.find((row) => row.id === id);
    if (!found) throw notFound('Access Rule', id);
    return found;
  }
  const [service, path, method] = [text(wanted, 'service'), text(wanted, 'path'), text(wanted, 'method')];
  return (
    mine.find((row) => row.service === service && row.path === path && row.method === method) ??
    tables.accessRules.put({ id: newId(cloud), userId, service, path, method })
  );
}

/** Neither trusts nor restricted credentials make, or take away, credentials that outlive them. */
function refuseDelegated(context: IdentityContext, request: FastifyRequest): void {
  const token = tokenOf(context, request);
  if (token?.trustId !== undefined || request.caller?.trustId !== undefined) {
    throw forbidden('Cannot manage application credentials with a token issued via delegation.');
  }
  const credentialId = token?.applicationCredentialId;
  if (credentialId === undefined) return;
  if (context.tables.applicationCredentials.get(credentialId)?.unrestricted) return;
  throw forbiddenAction(
    "Using method 'application_credential' is not allowed for managing additional application credentials.",
  );
}

function credentialView(tables: IdentityTables, row: ApplicationCredentialRow): View {
  const view = {
    id: row.id,
    name: row.name,
    description: row.description,
    user_id: row.userId,
    project_id: row.projectId,
    system: null,
    expires_at: row.expiresAt?.replace(/Z$/, '') ?? null,
    unrestricted: row.unrestricted,
    roles: row.roleIds.flatMap((id) => {
      const role = tables.roles.get(id);
      return role ? [roleView(role)] : [];
    }),
  };
  if (row.accessRuleIds === undefined) return view;
  const rules = row.accessRuleIds.flatMap((id) => tables.accessRules.get(id) ?? []);
  return { ...view, access_rules: rules.map(ruleView) };
}

function ruleView(row: AccessRuleRow): View {
  return { id: row.id, service: row.service, path: row.path, method: row.method };
}
