import { badRequest, missing } from './identity-error.ts';
import { member, text, type Fields } from './request-body.ts';
import type { IdentityTables, ProjectRow, UserRow } from './tables.ts';

/** Domains, projects and users as requests name them: by id, or by name and domain. All give undefined for none. */
export function findDomain(tables: IdentityTables, wanted: Fields, at: string): ProjectRow | undefined {
  const name = text(wanted, 'name');
  const id = text(wanted, 'id');
  if (name !== undefined) return domainNamed(tables, name);
  if (id === undefined) throw badRequest(`Invalid input for field ${at}: id or name must be present.`);
  const row = tables.projects.get(id);
  return row?.isDomain ? row : undefined;
}

export function findProject(tables: IdentityTables, wanted: Fields, at: string): ProjectRow | undefined {
  const name = text(wanted, 'name');
  const id = text(wanted, 'id');
  if (name === undefined && id === undefined) {
    throw badRequest(`Invalid input for field ${at}: id or name must be present.`);
  }
  if (name === undefined) return id === undefined ? undefined : tables.projects.get(id);
  if (wanted['domain'] === undefined) throw missing('domain', 'project');
  const domain = findDomain(tables, member(wanted, 'domain'), `${at}/domain`);
  return domain && projectNamed(tables, name, domain.id);
}

export function findUser(tables: IdentityTables, wanted: Fields): UserRow | undefined {
  const at = 'identity/password/user';
  const name = text(wanted, 'name');
  const id = text(wanted, 'id');
  if (name === undefined && id === undefined) {
    throw badRequest(`Invalid input for field ${at}: id or name must be present.`);
  }
  if (name === undefined) return id === undefined ? undefined : tables.users.get(id);
  if (wanted['domain'] === undefined) throw missing('domain', 'user');
  const domain = findDomain(tables, member(wanted, 'domain'), `${at}/domain`);
  return domain && userNamed(tables, name, domain.id);
}

export function domainNamed(tables: IdentityTables, name: string): ProjectRow | undefined {
  return tables.projects.by('name', name).find((row) => row.isDomain);
}

export function projectNamed(tables: IdentityTables, name: string, domainId: string): ProjectRow | undefined {
  return tables.projects.by('name', name).find((row) => row.domainId === domainId);
}

export function userNamed(tables: IdentityTables, name: string, domainId: string): UserRow | undefined {
  return tables.users.by('name', name).find((row) => row.domainId === domainId);
}
