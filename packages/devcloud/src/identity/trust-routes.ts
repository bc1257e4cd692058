import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Caller } from '../cloud/service.ts';
import {
  isUsable,
  newId,
  projectBy,
  roleBy,
  tokenOf,
  trustBy,
  userBy,
  type IdentityContext,
} from './context.ts';
import { rolesOf } from './effective-roles.ts';
import { badRequest, forbidden, forbiddenAction, notFound } from './identity-error.ts';
import { anyone, enforce, isCloudAdmin, isCloudReader } from './policy.ts';
import {
  extraOf,
  flag,
  integer,
  invalidTime,
  member,
  objects,
  requiredText,
  text,
  time,
  type Fields,
} from './request-body.ts';
import { roleView } from './role-routes.ts';
import type { IdentityTables, TrustRow } from './tables.ts';
import { linked, listLinks, queryOf, rootOf, type View } from './views.ts';

interface ById {
  Params: { id: string };
}
interface ByRole {
  Params: { id: string; role: string };
}

const PATH = '/OS-TRUST/trusts';
/** How often a trust may be passed on; Keystone's default. */
const MOST_REDELEGATIONS = 3;
const KNOWN = [
  'id',
  'trustor_user_id',
  'trustee_user_id',
  'project_id',
  'impersonation',
  'expires_at',
  'remaining_uses',
  'roles',
  'roles_links',
  'links',
  'allow_redelegation',
  'redelegation_count',
  'redelegated_trust_id',
  'deleted_at',
];

/** `/v3/OS-TRUST/trusts`: a user lets another act in its name on one project. */
export function trustRoutes(app: FastifyInstance, context: IdentityContext): void {
  const { tables, cloud } = context;

  app.get(`/v3${PATH}`, async (request) => {
    const query = queryOf(request);
    const trustor = query.get('trustor_user_id');
    const trustee = query.get('trustee_user_id');
    if (trustor !== null) {
      enforce(
        request,
        'identity:list_trusts_for_trustor',
        (caller) => caller.userId === trustor || isCloudReader(caller),
      );
    } else if (trustee !== null) {
      enforce(
        request,
        'identity:list_trusts_for_trustee',
        (caller) => caller.userId === trustee || isCloudReader(caller),
      );
    } else {
      enforce(request, 'identity:list_trusts', isCloudReader);
    }
    refuseDelegated(context, request);
    const rows = tables.trusts.all().filter((row) => {
      if (!isUsable(row, cloud.now())) return false;
      if (trustor !== null) return row.trustorId === trustor;
      return trustee === null || row.trusteeId === trustee;
    });
    return {
      trusts: rows.map((row) => linked(request, PATH, trustView(row))),
      links: listLinks(request),
    };
  });

  app.post(`/v3${PATH}`, async (request, reply) => {
    const wanted = member(request.body, 'trust');
    const caller = enforce(
      request,
      'identity:create_trust',
      (asking) => asking.userId === wanted['trustor_user_id'],
    );
    refuseDelegated(context, request);
    const row = tables.trusts.put(newTrust(context, wanted, caller));
    reply.code(201);
    return { trust: fullView(request, tables, row) };
  });

  app.get<ById>(`/v3${PATH}/:id`, async (request) => {
    const row = related(request, 'identity:get_trust');
    return { trust: fullView(request, tables, row) };
  });

  app.delete<ById>(`/v3${PATH}/:id`, async (request, reply) => {
    enforce(request, 'identity:delete_trust', anyone);
    const row = trustBy(tables, request.params.id, cloud.now());
    enforce(
      request,
      'identity:delete_trust',
      (caller) => caller.userId === row.trustorId || isCloudAdmin(caller),
    );
    refuseDelegated(context, request);
    cloud.store.transaction(() => removeTrust(tables, row));
    return reply.code(204).send();
  });

  app.get<ById>(`/v3${PATH}/:id/roles`, async (request) => {
    const row = related(request, 'identity:list_roles_for_trust');
    return { roles: rolesView(request, tables, row), links: rolesLinks(request, row) };
  });

  app.get<ByRole>(`/v3${PATH}/:id/roles/:role`, async (request) => {
    const row = related(request, 'identity:get_role_for_trust');
    const { role } = request.params;
    if (!row.roleIds.includes(role)) throw notFound('role', role);
    return { role: linked(request, '/roles', roleView(roleBy(tables, role))) };
  });

  /** The trust, for its trustor, its trustee and who may see everything. That there is none is told first. */
  function related(request: FastifyRequest<ById>, action: string): TrustRow {
    enforce(request, action, anyone);
    const row = trustBy(tables, request.params.id, cloud.now());
    enforce(
      request,
      action,
      (caller) => [row.trustorId, row.trusteeId].includes(caller.userId) || isCloudReader(caller),
    );
    return row;
  }
}

function newTrust(context: IdentityContext, wanted: Fields, caller: Caller): TrustRow {
  const { tables, cloud } = context;
  const impersonation = flag(wanted, 'impersonation');
  if (impersonation === undefined) throw badRequest("'impersonation' is a required property");
  const trusteeId = requiredText(wanted, 'trustee_user_id');
  const projectId = text(wanted, 'project_id');
  const roles = objects(wanted, 'roles') ?? [];
  if (projectId !== undefined && roles.length === 0) {
    throw forbiddenAction('At least one role should be specified');
  }
  userBy(tables, trusteeId);
  const roleIds = roles.map((role) => wantedRole(tables, role));
  if (projectId !== undefined) projectBy(tables, projectId);
  const source = caller.trustId === undefined ? undefined : tables.trusts.get(caller.trustId);
  mustHave(tables, source?.trustorId ?? caller.userId, projectId, roleIds);

  const expiresAt = time(wanted, 'expires_at');
  if (expiresAt !== undefined && Date.parse(expiresAt) <= cloud.now().getTime())
    throw invalidTime('expires_at');
  const remainingUses = integer(wanted, 'remaining_uses', 1);
  const count = integer(wanted, 'redelegation_count', 0);
  const allowRedelegation = (flag(wanted, 'allow_redelegation') ?? false) && count !== 0;
  if (allowRedelegation && remainingUses !== undefined) {
    throw badRequest('remaining_uses must not be set if redelegation is allowed');
  }
  if (count !== undefined && count > MOST_REDELEGATIONS) {
    throw forbidden(`Requested redelegation depth of ${count} is greater than allowed ${MOST_REDELEGATIONS}`);
  }
  const row: TrustRow = {
    id: newId(cloud),
    trustorId: caller.userId,
    trusteeId,
    projectId,
    impersonation,
    roleIds,
    expiresAt,
    remainingUses,
    allowRedelegation,
    redelegationCount: allowRedelegation ? (count ?? MOST_REDELEGATIONS) : 0,
    redelegatedTrustId: undefined,
    deletedAt: undefined,
    extra: extraOf(wanted, KNOWN),
  };
  return source ? redelegated(source, row) : row;
}

/** A trust made by means of another gives no more than that one. */
function redelegated(source: TrustRow, row: TrustRow): TrustRow {
  if (source.redelegationCount < 1) {
    throw forbidden(
      `Remaining redelegation depth of ${source.redelegationCount} out of allowed range of [0..${MOST_REDELEGATIONS}]`,
    );
  }
  if (row.remainingUses !== undefined) {
    throw forbidden(
      `Field "remaining_uses" is set to ${row.remainingUses} while it must not be set in order to redelegate a trust`,
    );
  }
  if (source.expiresAt !== undefined && row.expiresAt !== undefined && row.expiresAt > source.expiresAt) {
    throw forbidden('Requested expiration time is more than redelegated trust can provide');
  }
  if (!row.roleIds.every((id) => source.roleIds.includes(id))) {
    throw forbidden('Some of requested roles are not in redelegated trust');
  }
  if (row.impersonation && !source.impersonation) {
    throw forbidden(
      'Impersonation is not allowed because redelegated trust does not specify impersonation. ' +
        `Redelegated trust id: ${source.id}`,
    );
  }
  return {
    ...row,
    expiresAt: row.expiresAt ?? source.expiresAt,
    redelegationCount: row.allowRedelegation ? source.redelegationCount - 1 : 0,
    redelegatedTrustId: source.id,
  };
}

function wantedRole(tables: IdentityTables, wanted: Fields): string {
  const id = text(wanted, 'id');
  if (id !== undefined) return id;
  const name = requiredText(wanted, 'name');
  const role = tables.roles.by('name', name).find((row) => row.domainId === undefined);
  if (!role) throw notFound('role', name);
  return role.id;
}

/** A trustor passes on only roles it has; one it has not is answered as if there were none, as Keystone does. */
function mustHave(
  tables: IdentityTables,
  trustorId: string,
  projectId: string | undefined,
  roleIds: readonly string[],
): void {
  const own = projectId === undefined ? [] : rolesOf(tables, trustorId, { kind: 'project', projectId });
  for (const id of roleIds) {
    if (!own.some((role) => role.id === id)) throw notFound('role', id);
  }
}

/** Deletes a trust and those that were made by means of it. */
function removeTrust(tables: IdentityTables, row: TrustRow): void {
  for (const other of tables.trusts.by('trustor', row.trustorId)) {
    if (other.redelegatedTrustId === row.id) removeTrust(tables, other);
  }
  tables.trusts.delete(row.id);
}

/** Application credentials are for one project and must not reach further by trusts. */
function refuseDelegated(context: IdentityContext, request: FastifyRequest): void {
  if (tokenOf(context, request)?.applicationCredentialId === undefined) return;
  throw forbiddenAction("Using method 'application_credential' is not allowed for managing trusts.");
}

function trustView(row: TrustRow): View {
  return {
    ...row.extra,
    id: row.id,
    trustor_user_id: row.trustorId,
    trustee_user_id: row.trusteeId,
    project_id: row.projectId ?? null,
    impersonation: row.impersonation,
    expires_at: row.expiresAt ?? null,
    remaining_uses: row.remainingUses ?? null,
    deleted_at: row.deletedAt ?? null,
    redelegated_trust_id: row.redelegatedTrustId ?? null,
    redelegation_count: row.redelegationCount,
  };
}

function fullView(request: FastifyRequest, tables: IdentityTables, row: TrustRow): unknown {
  return linked(request, PATH, {
    ...trustView(row),
    roles: rolesView(request, tables, row),
    roles_links: rolesLinks(request, row),
  });
}

function rolesView(request: FastifyRequest, tables: IdentityTables, row: TrustRow): unknown[] {
  return row.roleIds.flatMap((id) => {
    const role = tables.roles.get(id);
    return role ? [linked(request, '/roles', roleView(role))] : [];
  });
}

function rolesLinks(request: FastifyRequest, row: TrustRow): unknown {
  return { self: `${rootOf(request)}${PATH}/${row.id}/roles`, next: null, previous: null };
}
