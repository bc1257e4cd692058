import { catalogOf } from './catalog.ts';
import type { IdentityContext } from './context.ts';
import type { Caller } from '../cloud/service.ts';
import type { IdentityTables, TokenRow } from './tables.ts';
import { rolesByToken, type LiveToken } from './tokens.ts';

/** What the API tells of a token: `{"token": {…}}`. */
export function tokenBody(context: IdentityContext, token: LiveToken, withCatalog: boolean): unknown {
  const { tables, cloud } = context;
  const { row, caller } = token;
  const body: Record<string, unknown> = {
    methods: row.methods,
    user: {
      domain: reference(tables, caller.userDomainId),
      id: caller.userId,
      name: caller.userName,
      password_expires_at: null,
    },
    audit_ids: row.auditIds,
    expires_at: row.expiresAt,
    issued_at: row.issuedAt,
    ...scopePart(tables, row),
  };
  if (row.scope.kind !== 'unscoped') {
    body['roles'] = rolesShown(context, row, caller);
    if (withCatalog) {
      body['catalog'] = catalogOf(cloud, tables, { userId: caller.userId, projectId: caller.projectId });
    }
  }
  if (row.applicationCredentialId !== undefined) {
    body['application_credential'] = applicationCredentialPart(tables, row.applicationCredentialId);
  }
  return { token: body };
}

function scopePart(tables: IdentityTables, row: TokenRow): Record<string, unknown> {
  const { scope } = row;
  if (scope.kind === 'system') return { system: { all: true } };
  if (scope.kind === 'domain') return { domain: reference(tables, scope.domainId) };
  if (scope.kind === 'unscoped') return {};
  const found = tables.projects.get(scope.projectId);
  const project = {
    domain: reference(tables, found?.domainId ?? ''),
    id: scope.projectId,
    name: found?.name ?? '',
  };
  if (row.trustId === undefined) return { project, is_domain: found?.isDomain ?? false };
  const trust = tables.trusts.get(row.trustId);
  return {
    'OS-TRUST:trust': {
      id: row.trustId,
      trustor_user: { id: trust?.trustorId },
      trustee_user: { id: trust?.trusteeId },
      impersonation: trust?.impersonation,
    },
    project,
  };
}

function rolesShown(context: IdentityContext, row: TokenRow, caller: Caller): unknown[] {
  const { tables } = context;
  if (row.trustId === undefined) {
    const roles = rolesByToken(tables, row, context.cloud.now()) ?? [];
    return roles.map(({ id, name }) => ({ id, name }));
  }
  return caller.roles.map((name) => ({ id: tables.roles.by('name', name)[0]?.id, name }));
}

function applicationCredentialPart(tables: IdentityTables, id: string): Record<string, unknown> {
  const credential = tables.applicationCredentials.get(id);
  const part: Record<string, unknown> = {
    id,
    name: credential?.name,
    restricted: !(credential?.unrestricted ?? false),
  };
  const rules = credential?.accessRuleIds;
  if (rules !== undefined && rules.length > 0) {
    part['access_rules'] = rules.map((rule) => {
      const found = tables.accessRules.get(rule);
      return { id: rule, service: found?.service, path: found?.path, method: found?.method };
    });
  }
  return part;
}

/** A domain as tokens and listings with names have it. */
function reference(tables: IdentityTables, domainId: string): { id: string; name: string } {
  return { id: domainId, name: tables.projects.get(domainId)?.name ?? '' };
}
