import type { Fields } from './request-body.ts';
import { isFields, member, requiredText, text, texts } from './request-body.ts';
import { applicationCredentialBy, isUsable, type IdentityContext } from './context.ts';
import { isLiveScope, liveUser } from './caller-for.ts';
import { rolesOf } from './effective-roles.ts';
import { findDomain, findProject, findUser } from './find.ts';
import {
  forbidden,
  forbiddenAction,
  IdentityError,
  invalidField,
  missing,
  notFound,
  unauthorized,
} from './identity-error.ts';
import type { ApplicationCredentialRow, Scope, TokenRow, TrustRow } from './tables.ts';
import type { NewToken } from './tokens.ts';

/** What the methods of one request have shown so far; later ones must agree with earlier ones. */
interface Proof {
  readonly userId: string;
  readonly methods: readonly string[];
  readonly token?: TokenRow;
  readonly applicationCredential?: ApplicationCredentialRow;
}

interface WantedScope {
  readonly scope: Scope;
  readonly trust?: TrustRow;
}

/**
 * Works out what token the body of `POST /v3/auth/tokens` earns. Rules: Identity API v3, "Authentication and
 * token management"; which failure is told and which is a bare 401 is as in Keystone.
 *
 * @throws IdentityError
 */
export async function logIn(context: IdentityContext, body: unknown): Promise<NewToken> {
  if (!isFields(body) || body['auth'] === undefined) throw missing('auth', 'request body');
  const auth = member(body, 'auth');
  const identity = member(auth, 'identity');
  if (identity['methods'] === undefined) throw invalidField('identity', "'methods' is a required property");
  const methods = [...new Set(texts(identity, 'methods') ?? [])];
  for (const method of methods) {
    if (identity[method] === undefined) throw missing(method, 'identity');
  }

  const known = ['password', 'token', 'application_credential'];
  if (methods.some((method) => !known.includes(method))) {
    throw new IdentityError(401, 'Attempted to authenticate with an unsupported method.', {
      identity: { methods: known },
    });
  }
  if (methods.includes('application_credential') && auth['scope'] !== undefined) {
    throw unauthorized(
      'Error authenticating with application credential: Application credentials cannot request a scope.',
    );
  }
  // Before the proof, as Keystone does: an unknown scope is a 401 that tells nothing either way.
  const wanted = wantedScope(context, auth['scope']);

  let proof: Proof | undefined;
  for (const method of methods) {
    const next = await prove(
      context,
      method,
      member(identity, method),
      isFields(auth['scope']) ? auth['scope'] : {},
    );
    if (proof && proof.userId !== next.userId) throw unauthorized();
    proof = { ...proof, ...next, methods: [...new Set([...(proof?.methods ?? []), ...next.methods])] };
  }
  if (!proof) throw unauthorized();
  return tokenFor(context, proof, wanted);
}

function tokenFor(context: IdentityContext, proof: Proof, wanted: WantedScope | undefined): NewToken {
  const { tables } = context;
  const credential = proof.applicationCredential;
  const base = {
    userId: proof.userId,
    methods: proof.methods,
    notAfter: proof.token?.expiresAt,
    parentAuditId: proof.token?.auditIds.at(-1),
  };
  if (credential) {
    const scope: Scope = { kind: 'project', projectId: credential.projectId };
    return {
      ...base,
      scope,
      applicationCredentialId: credential.id,
      notAfter: earlier(proof.token?.expiresAt, credential.expiresAt),
    };
  }
  if (wanted?.trust) {
    const { trust } = wanted;
    if (trust.trusteeId !== proof.userId) throw forbidden();
    if (!liveUser(tables, trust.trustorId)) throw forbidden();
    return {
      ...base,
      scope: wanted.scope,
      trustId: trust.id,
      notAfter: earlier(base.notAfter, trust.expiresAt),
    };
  }
  const scope = wanted?.scope ?? defaultScope(context, proof.userId);
  if (scope.kind !== 'unscoped' && rolesOf(tables, proof.userId, scope).length === 0) throw unauthorized();
  return { ...base, scope };
}

/** Without a scope in the request a token is for the user's default project, if it is one of theirs. */
function defaultScope(context: IdentityContext, userId: string): Scope {
  const projectId = context.tables.users.get(userId)?.defaultProjectId;
  if (projectId === undefined) return { kind: 'unscoped' };
  const scope: Scope = { kind: 'project', projectId };
  const usable = isLiveScope(context.tables, scope) && rolesOf(context.tables, userId, scope).length > 0;
  return usable ? scope : { kind: 'unscoped' };
}

function prove(context: IdentityContext, method: string, data: Fields, scope: Fields): Promise<Proof> {
  if (method === 'password') return byPassword(context, data);
  if (method === 'token') return Promise.resolve(byToken(context, data, scope));
  return byApplicationCredential(context, data);
}

async function byPassword(context: IdentityContext, data: Fields): Promise<Proof> {
  if (data['user'] === undefined) throw missing('user', 'password');
  const user = member(data, 'user');
  const row = findUser(context.tables, user);
  const password = text(user, 'password');
  if (password === undefined) throw unauthorized();
  const right = await context.passwords.matches(password, row?.passwordHash);
  if (!row || !right || !liveUser(context.tables, row.id)) throw unauthorized();
  return { userId: row.id, methods: ['password'] };
}

function byToken(context: IdentityContext, data: Fields, scope: Fields): Proof {
  const live = context.tokens.check(requiredText(data, 'id'));
  // Keystone looks a token up before anything else and says that there is none.
  if (!live) throw notFound('token', 'the token is unknown, expired or revoked');
  const { row } = live;
  if (row.trustId !== undefined) {
    throw forbiddenAction(
      'Using trust-scoped token to create another token. Create a new trust-scoped token instead',
    );
  }
  if (row.scope.kind === 'system' && ('project' in scope || 'domain' in scope)) {
    throw forbiddenAction(
      'Using a system-scoped token to create a project-scoped or domain-scoped token is not allowed.',
    );
  }
  const methods = ['token', ...row.methods];
  if (row.applicationCredentialId === undefined) return { userId: row.userId, methods, token: row };
  if (Object.keys(scope).length > 0) {
    throw forbiddenAction('Using an application credential token to create a scoped token is not allowed.');
  }
  const applicationCredential = applicationCredentialBy(context.tables, row.applicationCredentialId);
  return { userId: row.userId, methods, token: row, applicationCredential };
}

async function byApplicationCredential(context: IdentityContext, data: Fields): Promise<Proof> {
  const { tables } = context;
  const credential = findApplicationCredential(context, data);
  const secret = requiredText(data, 'secret');
  const right = await context.passwords.matches(secret, credential?.secretHash);
  if (!credential || !right || !liveUser(tables, credential.userId)) throw unauthorized();
  const ended =
    credential.expiresAt !== undefined && Date.parse(credential.expiresAt) <= context.cloud.now().getTime();
  const scope: Scope = { kind: 'project', projectId: credential.projectId };
  if (ended || !isLiveScope(tables, scope)) throw unauthorized();
  return {
    userId: credential.userId,
    methods: ['application_credential'],
    applicationCredential: credential,
  };
}

function findApplicationCredential(
  context: IdentityContext,
  data: Fields,
): ApplicationCredentialRow | undefined {
  const { id, name } = data;
  if (typeof id === 'string') return applicationCredentialBy(context.tables, id);
  if (typeof name !== 'string') throw missing('name or ID', 'application credential');
  if (data['user'] === undefined) throw missing('user', 'application credential');
  const user = findUser(context.tables, member(data, 'user'));
  if (!user) return undefined;
  return context.tables.applicationCredentials.by('user', user.id).find((row) => row.name === name);
}

function wantedScope(context: IdentityContext, scope: unknown): WantedScope | undefined {
  if (scope === undefined || scope === null) return undefined;
  if (scope === 'unscoped') return { scope: { kind: 'unscoped' } };
  const kinds = ['system', 'project', 'domain', 'OS-TRUST:trust', 'unscoped'];
  if (!isFields(scope) || kinds.filter((kind) => kind in scope).length !== 1) {
    throw missing('system, project, domain, OS-TRUST:trust or unscoped', 'scope');
  }
  if ('unscoped' in scope) return { scope: { kind: 'unscoped' } };
  if ('system' in scope) return { scope: { kind: 'system' } };
  if ('OS-TRUST:trust' in scope) return trustScope(context, member(scope, 'OS-TRUST:trust'));
  const { tables } = context;
  if ('domain' in scope) {
    const domain = findDomain(tables, member(scope, 'domain'), 'scope/domain');
    if (!domain) throw unauthorized();
    return { scope: live(context, { kind: 'domain', domainId: domain.id }) };
  }
  const project = findProject(tables, member(scope, 'project'), 'scope/project');
  if (!project || project.isDomain) throw unauthorized();
  return { scope: live(context, { kind: 'project', projectId: project.id }) };
}

function trustScope(context: IdentityContext, wanted: Fields): WantedScope {
  const { id } = wanted;
  if (typeof id !== 'string' || id === '') throw missing('trust_id', 'trust');
  const trust = context.tables.trusts.get(id);
  if (!trust || !isUsable(trust, context.cloud.now()) || trust.projectId === undefined) throw unauthorized();
  return { scope: live(context, { kind: 'project', projectId: trust.projectId }), trust };
}

function live(context: IdentityContext, scope: Scope): Scope {
  if (!isLiveScope(context.tables, scope)) throw unauthorized();
  return scope;
}

function earlier(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a < b ? a : b;
}
