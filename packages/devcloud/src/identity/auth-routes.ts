import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { catalogOf } from './catalog.ts';
import type { IdentityContext } from './context.ts';
import { domainView, projectView } from './project-views.ts';
import { rolesOf } from './effective-roles.ts';
import { forbidden, notFound, unauthorized } from './identity-error.ts';
import { logIn } from './login.ts';
import { anyone, enforce, isCloudReader } from './policy.ts';
import type { ProjectRow, Scope, TokenRow } from './tables.ts';
import { tokenBody } from './token-body.ts';
import { EXPIRED_WINDOW_S, type LiveToken } from './tokens.ts';
import { collection, isAsked, queryOf, rootOf } from './views.ts';

/** `/v3/auth/…`: tokens and what one can do with them. */
export function authRoutes(app: FastifyInstance, context: IdentityContext): void {
  const { tables, tokens, cloud } = context;

  app.post('/v3/auth/tokens', async (request, reply) => {
    const wanted = await logIn(context, request.body);
    const { token, live } = cloud.store.transaction(() => {
      useTrust(context, wanted.trustId);
      const issued = tokens.issue(wanted);
      const holding = tokens.live(issued.row);
      if (holding) return { token: issued.token, live: holding };
      // A trust whose trustor lost a role, or a credential with roles its user no longer has: thrown in
      // here, so that no use of the trust is spent on it.
      throw wanted.trustId === undefined ? unauthorized() : forbidden();
    });
    reply.code(201).header('x-subject-token', token).header('vary', 'X-Auth-Token');
    return tokenBody(context, live, !queryOf(request).has('nocatalog'));
  });

  app.get('/v3/auth/tokens', async (request, reply) => {
    const action = request.method === 'HEAD' ? 'identity:check_token' : 'identity:validate_token';
    const live = subject(context, request, action);
    return answerToken(context, request, reply, live);
  });

  app.delete('/v3/auth/tokens', async (request, reply) => {
    const live = subject(context, request, 'identity:revoke_token');
    tokens.revoke(live.row);
    return reply.code(204).send();
  });

  app.get('/v3/auth/catalog', async (request) => {
    const caller = enforce(request, 'identity:get_auth_catalog', anyone);
    if (caller.projectId === undefined) throw forbidden();
    return {
      catalog: catalogOf(cloud, tables, { userId: caller.userId, projectId: caller.projectId }),
      links: { self: `${rootOf(request)}/auth/catalog` },
    };
  });

  app.get('/v3/auth/projects', async (request) => {
    const caller = enforce(request, 'identity:get_auth_projects', anyone);
    const rows = reachable(context, caller.userId, false);
    return collection(request, 'projects', '/projects', rows.map(projectView));
  });

  app.get('/v3/auth/domains', async (request) => {
    const caller = enforce(request, 'identity:get_auth_domains', anyone);
    const rows = reachable(context, caller.userId, true);
    return collection(request, 'domains', '/domains', rows.map(domainView));
  });

  app.get('/v3/auth/system', async (request) => {
    const caller = enforce(request, 'identity:get_auth_system', anyone);
    const has = rolesOf(tables, caller.userId, { kind: 'system' }).length > 0;
    return { system: has ? [{ all: true }] : [], links: { self: `${rootOf(request)}/auth/system` } };
  });
}

/** Enabled projects, or domains, on which a user has any role. */
export function reachable(context: IdentityContext, userId: string, domains: boolean): ProjectRow[] {
  return context.tables.projects.all().filter((row) => {
    if (row.isDomain !== domains || !row.enabled) return false;
    const scope: Scope = domains
      ? { kind: 'domain', domainId: row.id }
      : { kind: 'project', projectId: row.id };
    return rolesOf(context.tables, userId, scope).length > 0;
  });
}

/** Counts one use of a trust that has a limit. */
function useTrust(context: IdentityContext, trustId: string | undefined): void {
  const trust = trustId === undefined ? undefined : context.tables.trusts.get(trustId);
  if (trust?.remainingUses === undefined) return;
  if (trust.remainingUses <= 0) throw forbidden(`No remaining uses for trust: ${trust.id}.`);
  context.tables.trusts.put({ ...trust, remainingUses: trust.remainingUses - 1 });
}

/** The token in X-Subject-Token; its own holder, services and readers of everything may ask about it. */
function subject(context: IdentityContext, request: FastifyRequest, action: string): LiveToken {
  const header = request.headers['x-subject-token'];
  const token = typeof header === 'string' ? header : '';
  const grace = isAsked(queryOf(request), 'allow_expired') ? EXPIRED_WINDOW_S : 0;
  const live = context.tokens.check(token, grace);
  enforce(request, action, (caller) => {
    const holder = live !== undefined && holders(context, live.row).includes(caller.userId);
    return holder || isCloudReader(caller) || caller.roles.includes('service');
  });
  if (!live) throw notFound('token', 'the token is unknown, expired or revoked');
  const heeded = Number(request.headers['openstack-identity-access-rules'] ?? 0) >= 1;
  if (!heeded && hasAccessRules(context, live.row)) {
    throw notFound('token', 'it has access rules, which whoever asks does not say to heed');
  }
  return live;
}

function hasAccessRules({ tables }: IdentityContext, { applicationCredentialId: id }: TokenRow): boolean {
  return id !== undefined && (tables.applicationCredentials.get(id)?.accessRuleIds?.length ?? 0) > 0;
}

function holders(context: IdentityContext, row: TokenRow): readonly string[] {
  const trust = row.trustId === undefined ? undefined : context.tables.trusts.get(row.trustId);
  return trust?.impersonation ? [row.userId, trust.trustorId] : [row.userId];
}

function answerToken(
  context: IdentityContext,
  request: FastifyRequest,
  reply: FastifyReply,
  live: LiveToken,
): unknown {
  reply.header('x-subject-token', request.headers['x-subject-token']).header('vary', 'X-Auth-Token');
  return tokenBody(context, live, !queryOf(request).has('nocatalog'));
}
