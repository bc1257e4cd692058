import type { Cloud } from '../cloud/service.ts';
import { newId } from './context.ts';
import { domainNamed, projectNamed, userNamed } from './find.ts';
import { hashPassword } from './passwords.ts';
import { isoTime } from './request-body.ts';
import {
  assignmentId,
  type IdentityTables,
  type ProjectRow,
  type RoleRow,
  type TargetKind,
  type UserRow,
} from './tables.ts';

export interface BootstrapOptions {
  readonly adminPassword: string;
  /** By user name: `demo`, the service users, `heat_domain_admin`, `trustee_domain_admin`. A user without one can't log in by password. */
  readonly passwords?: Readonly<Record<string, string>>;
  /** `chance` for passwords of 100 and more random bits, which need no slow hash; `people` unless given. */
  readonly passwordsMadeBy?: 'people' | 'chance';
  /** Gives users that are there already the passwords above too. */
  readonly resetPasswords?: boolean;
}

const SERVICE_USERS = ['glance', 'nova', 'neutron', 'cinder', 'heat', 'magnum', 'kuryr'];
const ROLES = ['admin', 'manager', 'member', 'reader', 'service', 'heat_stack_owner', 'heat_stack_user'];
const IMPLIED = [
  ['admin', 'manager'],
  ['manager', 'member'],
  ['member', 'reader'],
] as const;

/**
 * Makes what `keystone-manage bootstrap` and DevStack make, where it is not there yet: what somebody
 * changed since stays changed, and a password stays unless `resetPasswords` says otherwise.
 */
export function bootstrap(cloud: Cloud, tables: IdentityTables, options: BootstrapOptions): void {
  const passwords: Readonly<Record<string, string>> = {
    ...options.passwords,
    admin: options.adminPassword,
  };

  function domain(name: string, description: string, id = newId(cloud)): ProjectRow {
    return (
      domainNamed(tables, name) ??
      tables.projects.put(projectRow({ id, name, description, isDomain: true }, undefined))
    );
  }

  function project(name: string, description: string, inDomain: ProjectRow): ProjectRow {
    return (
      projectNamed(tables, name, inDomain.id) ??
      tables.projects.put(projectRow({ id: newId(cloud), name, description, isDomain: false }, inDomain.id))
    );
  }

  function role(name: string): RoleRow {
    return (
      tables.roles.by('name', name).find((row) => row.domainId === undefined) ??
      tables.roles.put({
        id: newId(cloud),
        name,
        domainId: undefined,
        description: null,
        options: {},
        extra: {},
      })
    );
  }

  function user(name: string, inDomain: ProjectRow): UserRow {
    const found = userNamed(tables, name, inDomain.id);
    if (found && !options.resetPasswords) return found;
    const password = passwords[name];
    if (found && password === undefined) return found;
    const passwordHash = password === undefined ? undefined : hashPassword(password, options.passwordsMadeBy);
    return tables.users.put({
      ...(found ?? newUser(newId(cloud), name, inDomain.id)),
      passwordHash,
      passwordChangedAt: isoTime(cloud.now()),
    });
  }

  function assign(who: UserRow, what: RoleRow, targetKind: TargetKind, targetId: string): void {
    const row = {
      actorKind: 'user',
      actorId: who.id,
      targetKind,
      targetId,
      roleId: what.id,
      inherited: false,
    } as const;
    const id = assignmentId(row);
    if (!tables.assignments.get(id)) tables.assignments.put({ id, ...row });
  }

  const defaultDomain = domain('Default', 'The default domain', 'default');
  const roles = new Map(ROLES.map((name) => [name, role(name)]));
  const named = (name: string): RoleRow => roles.get(name) ?? role(name);
  for (const [prior, implied] of IMPLIED) {
    const row = { priorId: named(prior).id, impliedId: named(implied).id };
    tables.implications.put({ id: `${row.priorId}/${row.impliedId}`, ...row });
  }
  if (!tables.regions.get(cloud.region)) {
    tables.regions.put({ id: cloud.region, description: '', parentId: undefined, extra: {} });
  }

  const adminProject = project('admin', 'Bootstrap project for initializing the cloud.', defaultDomain);
  const demoProject = project('demo', 'A project to try things in', defaultDomain);
  const serviceProject = project('service', 'Users of the services themselves', defaultDomain);

  const admin = user('admin', defaultDomain);
  assign(admin, named('admin'), 'project', adminProject.id);
  assign(admin, named('admin'), 'project', demoProject.id);
  assign(admin, named('admin'), 'system', 'all');
  const demo = user('demo', defaultDomain);
  for (const name of ['member', 'reader', 'heat_stack_owner']) {
    assign(demo, named(name), 'project', demoProject.id);
  }
  for (const name of SERVICE_USERS) {
    const service = user(name, defaultDomain);
    assign(service, named('admin'), 'project', serviceProject.id);
    assign(service, named('service'), 'project', serviceProject.id);
  }

  const heatDomain = domain('heat', 'Users and projects that stacks make');
  assign(user('heat_domain_admin', heatDomain), named('admin'), 'domain', heatDomain.id);
  const magnumDomain = domain('magnum', 'Users that clusters act as');
  assign(user('trustee_domain_admin', magnumDomain), named('admin'), 'domain', magnumDomain.id);
}

/** A domain if `domainId` is undefined, else a project right below its domain. */
function projectRow(
  head: Pick<ProjectRow, 'id' | 'name' | 'description' | 'isDomain'>,
  domainId: string | undefined,
): ProjectRow {
  return { ...head, enabled: true, domainId, parentId: domainId, tags: [], options: {}, extra: {} };
}

function newUser(id: string, name: string, domainId: string): UserRow {
  return {
    id,
    name,
    domainId,
    enabled: true,
    defaultProjectId: undefined,
    passwordHash: undefined,
    passwordChangedAt: undefined,
    options: {},
    extra: {},
  };
}
