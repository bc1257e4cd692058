import type { Row, Store, Table } from '../cloud/store.ts';

/** Attributes a client sent that the identity API does not define; Keystone keeps and returns them. */
export type Extra = Readonly<Record<string, unknown>>;

/** A project, or a domain: a domain is a project that acts as one, as in Keystone. */
export interface ProjectRow extends Row {
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly isDomain: boolean;
  /** The domain it is in; undefined for a domain. */
  readonly domainId: string | undefined;
  /** The project or domain above; undefined for a domain. */
  readonly parentId: string | undefined;
  readonly tags: readonly string[];
  readonly options: Extra;
  readonly extra: Extra;
}

export interface UserRow extends Row {
  readonly name: string;
  readonly domainId: string;
  readonly enabled: boolean;
  readonly defaultProjectId: string | undefined;
  /** See passwords.ts; undefined for a user who can't log in with a password. */
  readonly passwordHash: string | undefined;
  readonly passwordChangedAt: string | undefined;
  readonly options: Extra;
  readonly extra: Extra;
}

export interface GroupRow extends Row {
  readonly name: string;
  readonly domainId: string;
  readonly description: string;
  readonly extra: Extra;
}

/** `id` is `<group>/<user>`. */
export interface MembershipRow extends Row {
  readonly groupId: string;
  readonly userId: string;
}

export interface RoleRow extends Row {
  readonly name: string;
  readonly domainId: string | undefined;
  readonly description: string | null;
  readonly options: Extra;
  readonly extra: Extra;
}

/** Who has `priorId` has `impliedId` too. `id` is `<prior>/<implied>`. */
export interface ImplicationRow extends Row {
  readonly priorId: string;
  readonly impliedId: string;
}

export type ActorKind = 'user' | 'group';
export type TargetKind = 'project' | 'domain' | 'system';

/** A role of an actor on a target. `id` is made of all of it: `user/<id>/project/<id>/<role>[/inherited]`. */
export interface AssignmentRow extends Row {
  readonly actorKind: ActorKind;
  readonly actorId: string;
  readonly targetKind: TargetKind;
  /** `all` for the system. */
  readonly targetId: string;
  readonly roleId: string;
  /** It holds for the projects below the target, not for the target itself (OS-INHERIT). */
  readonly inherited: boolean;
}

export interface TrustRow extends Row {
  readonly trustorId: string;
  readonly trusteeId: string;
  readonly projectId: string | undefined;
  readonly impersonation: boolean;
  readonly roleIds: readonly string[];
  readonly expiresAt: string | undefined;
  /** undefined: no limit. */
  readonly remainingUses: number | undefined;
  readonly allowRedelegation: boolean;
  readonly redelegationCount: number;
  readonly redelegatedTrustId: string | undefined;
  readonly deletedAt: string | undefined;
  readonly extra: Extra;
}

export interface AccessRule {
  readonly id: string;
  readonly service: string | undefined;
  readonly path: string | undefined;
  readonly method: string | undefined;
}

export interface AccessRuleRow extends Row, AccessRule {
  readonly userId: string;
}

export interface ApplicationCredentialRow extends Row {
  readonly name: string;
  readonly description: string | null;
  readonly userId: string;
  readonly projectId: string;
  readonly roleIds: readonly string[];
  readonly secretHash: string;
  readonly expiresAt: string | undefined;
  readonly unrestricted: boolean;
  /** undefined: everything is allowed. */
  readonly accessRuleIds: readonly string[] | undefined;
}

export interface RegionRow extends Row {
  readonly description: string;
  readonly parentId: string | undefined;
  readonly extra: Extra;
}

export interface ServiceRow extends Row {
  readonly type: string;
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly enabled: boolean;
  readonly extra: Extra;
}

export type EndpointInterface = 'public' | 'internal' | 'admin';

export interface EndpointRow extends Row {
  readonly serviceId: string;
  readonly interface: EndpointInterface;
  readonly regionId: string | undefined;
  readonly url: string;
  readonly enabled: boolean;
  readonly name: string | undefined;
  readonly extra: Extra;
}

export type Scope =
  | { readonly kind: 'unscoped' }
  | { readonly kind: 'project'; readonly projectId: string }
  | { readonly kind: 'domain'; readonly domainId: string }
  | { readonly kind: 'system' };

/** `id` is the SHA-256 of the token in hex: the token itself is nowhere. */
export interface TokenRow extends Row {
  readonly userId: string;
  readonly methods: readonly string[];
  readonly scope: Scope;
  readonly issuedAt: string;
  readonly expiresAt: string;
  readonly auditIds: readonly string[];
  readonly trustId: string | undefined;
  readonly applicationCredentialId: string | undefined;
}

export interface IdentityTables {
  readonly projects: Table<ProjectRow>;
  readonly users: Table<UserRow>;
  readonly groups: Table<GroupRow>;
  readonly memberships: Table<MembershipRow>;
  readonly roles: Table<RoleRow>;
  readonly implications: Table<ImplicationRow>;
  readonly assignments: Table<AssignmentRow>;
  readonly trusts: Table<TrustRow>;
  readonly applicationCredentials: Table<ApplicationCredentialRow>;
  readonly accessRules: Table<AccessRuleRow>;
  readonly regions: Table<RegionRow>;
  readonly services: Table<ServiceRow>;
  readonly endpoints: Table<EndpointRow>;
  readonly tokens: Table<TokenRow>;
}

/** The identity service's part of the store. Only the identity service changes it. */
export function identityTables(store: Store): IdentityTables {
  return {
    projects: store.table<ProjectRow>('identity/projects', {
      name: (row) => row.name,
      parent: (row) => row.parentId,
      domain: (row) => row.domainId,
    }),
    users: store.table<UserRow>('identity/users', {
      name: (row) => row.name,
      domain: (row) => row.domainId,
    }),
    groups: store.table<GroupRow>('identity/groups', { domain: (row) => row.domainId }),
    memberships: store.table<MembershipRow>('identity/memberships', {
      user: (row) => row.userId,
      group: (row) => row.groupId,
    }),
    roles: store.table<RoleRow>('identity/roles', { name: (row) => row.name }),
    implications: store.table<ImplicationRow>('identity/implications', {
      prior: (row) => row.priorId,
      implied: (row) => row.impliedId,
    }),
    assignments: store.table<AssignmentRow>('identity/assignments', {
      actor: (row) => row.actorId,
      target: (row) => row.targetId,
      role: (row) => row.roleId,
    }),
    trusts: store.table<TrustRow>('identity/trusts', {
      trustor: (row) => row.trustorId,
      trustee: (row) => row.trusteeId,
      project: (row) => row.projectId,
    }),
    applicationCredentials: store.table<ApplicationCredentialRow>('identity/application-credentials', {
      user: (row) => row.userId,
      project: (row) => row.projectId,
    }),
    accessRules: store.table<AccessRuleRow>('identity/access-rules', { user: (row) => row.userId }),
    regions: store.table<RegionRow>('identity/regions'),
    services: store.table<ServiceRow>('identity/services'),
    endpoints: store.table<EndpointRow>('identity/endpoints', { service: (row) => row.serviceId }),
    tokens: store.table<TokenRow>('identity/tokens', {
      user: (row) => row.userId,
      trust: (row) => row.trustId,
      applicationCredential: (row) => row.applicationCredentialId,
    }),
  };
}

/** The id under which an assignment is stored, so that the same one is never there twice. */
export function assignmentId(row: Omit<AssignmentRow, 'id'>): string {
  const parts = [row.actorKind, row.actorId, row.targetKind, row.targetId, row.roleId];
  return (row.inherited ? [...parts, 'inherited'] : parts).join('/');
}
