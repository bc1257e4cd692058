import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { domainBy, groupBy, projectBy, roleBy, userBy, type IdentityContext } from './context.ts';
import { IdentityError } from './identity-error.ts';
import { enforce, managesDomain, readsDomain } from './policy.ts';
import { roleView } from './role-routes.ts';
import { assignmentId, type ActorKind, type AssignmentRow, type TargetKind } from './tables.ts';
import { collection } from './views.ts';

interface ByGrant {
  Params: { target?: string; actor: string; role: string };
}
interface ByActor {
  Params: { target?: string; actor: string };
}

interface Family {
  /** In front of `/users/{id}/roles` or `/groups/{id}/roles`. */
  readonly path: string;
  readonly targetKind: TargetKind;
  readonly inherited: boolean;
}

const FAMILIES: readonly Family[] = [
  { path: '/v3/projects/:target', targetKind: 'project', inherited: false },
  { path: '/v3/domains/:target', targetKind: 'domain', inherited: false },
  { path: '/v3/system', targetKind: 'system', inherited: false },
  { path: '/v3/OS-INHERIT/projects/:target', targetKind: 'project', inherited: true },
  { path: '/v3/OS-INHERIT/domains/:target', targetKind: 'domain', inherited: true },
];

/** Roles of users and groups on projects, domains and the system: given, asked about, listed, taken away. */
export function grantRoutes(app: FastifyInstance, context: IdentityContext): void {
  for (const family of FAMILIES) {
    for (const actorKind of ['user', 'group'] as const) familyRoutes(app, context, family, actorKind);
  }
}

function familyRoutes(
  app: FastifyInstance,
  context: IdentityContext,
  family: Family,
  actorKind: ActorKind,
): void {
  const { tables, cloud } = context;
  const all = `${family.path}/${actorKind}s/:actor/roles`;
  const one = `${all}/:role${family.inherited ? '/inherited_to_projects' : ''}`;

  app.get<ByActor>(family.inherited ? `${all}/inherited_to_projects` : all, async (request) => {
    const target = targetOf(request.params.target);
    enforceReading(request, 'identity:list_grants', target);
    const { actor } = request.params;
    mustExist(actor, target);
    const rows = tables.assignments
      .by('actor', actor)
      .filter((row) => row.targetKind === family.targetKind && row.targetId === target)
      .filter((row) => row.inherited === family.inherited);
    const roles = rows.flatMap((row) => tables.roles.get(row.roleId) ?? []);
    return collection(request, 'roles', '/roles', roles.map(roleView), ['name']);
  });

  app.get<ByGrant>(one, async (request, reply) => {
    const grant = grantOf(request.params);
    enforceReading(request, 'identity:check_grant', grant.targetId);
    mustExist(grant.actorId, grant.targetId);
    roleBy(tables, grant.roleId);
    if (!tables.assignments.get(assignmentId(grant))) throw noSuch(grant);
    return done(reply);
  });

  app.put<ByGrant>(one, async (request, reply) => {
    const grant = grantOf(request.params);
    enforceChanging(request, 'identity:create_grant', grant);
    roleBy(tables, grant.roleId);
    mustExist(grant.actorId, grant.targetId);
    tables.assignments.put({ id: assignmentId(grant), ...grant });
    return done(reply);
  });

  app.delete<ByGrant>(one, async (request, reply) => {
    const grant = grantOf(request.params);
    enforceChanging(request, 'identity:revoke_grant', grant);
    roleBy(tables, grant.roleId);
    if (!tables.assignments.get(assignmentId(grant))) throw noSuch(grant);
    cloud.store.transaction(() => {
      tables.assignments.delete(assignmentId(grant));
      dropCredentialsWithout(grant);
    });
    return done(reply);
  });

  /** An application credential with a role its user lost is gone for good, even if the role comes back. */
  function dropCredentialsWithout(grant: Omit<AssignmentRow, 'id'>): void {
    const users =
      actorKind === 'user'
        ? [grant.actorId]
        : tables.memberships.by('group', grant.actorId).map((row) => row.userId);
    for (const credential of users.flatMap((id) => tables.applicationCredentials.by('user', id))) {
      if (credential.projectId !== grant.targetId) continue;
      if (credential.roleIds.includes(grant.roleId)) tables.applicationCredentials.delete(credential.id);
    }
  }

  function targetOf(target: string | undefined): string {
    return family.targetKind === 'system' ? 'all' : (target ?? '');
  }

  function grantOf(params: ByGrant['Params']): Omit<AssignmentRow, 'id'> {
    const { actor, role } = params;
    return {
      actorKind,
      actorId: actor,
      targetKind: family.targetKind,
      targetId: targetOf(params.target),
      roleId: role,
      inherited: family.inherited,
    };
  }

  /** The domain whose administrator may decide about the target; undefined: only one of the cloud. */
  function domainOfTarget(targetId: string): string | undefined {
    if (family.targetKind === 'domain') return targetId;
    return family.targetKind === 'project' ? tables.projects.get(targetId)?.domainId : undefined;
  }

  function domainOfActor(actorId: string): string | undefined {
    const row = actorKind === 'user' ? tables.users.get(actorId) : tables.groups.get(actorId);
    return row?.domainId;
  }

  function enforceReading(request: FastifyRequest, action: string, targetId: string): void {
    enforce(request, action, (caller) => readsDomain(caller, domainOfTarget(targetId)));
  }

  /** Within its domain an administrator of the domain gives any role that counts in it only. */
  function enforceChanging(request: FastifyRequest, action: string, grant: Omit<AssignmentRow, 'id'>): void {
    enforce(request, action, (caller) => {
      const ours =
        managesDomain(caller, domainOfTarget(grant.targetId)) &&
        managesDomain(caller, domainOfActor(grant.actorId));
      // A project's administrator is one of the whole cloud: no domain may make such.
      const role = tables.roles.get(grant.roleId)?.name.toLowerCase();
      const harmless = caller.domainId === undefined || role !== 'admin';
      return ours && harmless;
    });
  }

  function mustExist(actorId: string, targetId: string): void {
    if (actorKind === 'user') userBy(tables, actorId);
    else groupBy(tables, actorId);
    if (family.targetKind === 'project') projectBy(tables, targetId);
    if (family.targetKind === 'domain') domainBy(tables, targetId);
  }
}

function noSuch(grant: Omit<AssignmentRow, 'id'>): IdentityError {
  const target = grant.targetKind === 'system' ? 'system' : grant.targetId;
  return new IdentityError(
    404,
    `Could not find role assignment with role: ${grant.roleId}, user or group: ${grant.actorId}, ` +
      `project, domain, or system: ${target}.`,
  );
}

function done(reply: FastifyReply): FastifyReply {
  return reply.code(204).send();
}
