import type { GroupRow, UserRow } from './tables.ts';
import type { View } from './views.ts';

export function userView(row: UserRow): View {
  return {
    ...row.extra,
    id: row.id,
    name: row.name,
    domain_id: row.domainId,
    enabled: row.enabled,
    ...(row.defaultProjectId === undefined ? {} : { default_project_id: row.defaultProjectId }),
    password_expires_at: null,
    options: row.options,
  };
}

export function groupView(row: GroupRow): View {
  return {
    ...row.extra,
    id: row.id,
    name: row.name,
    domain_id: row.domainId,
    description: row.description,
  };
}
