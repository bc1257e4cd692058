import type { ProjectRow } from './tables.ts';
import type { View } from './views.ts';

export function projectView(row: ProjectRow): View {
  return {
    ...row.extra,
    id: row.id,
    name: row.name,
    domain_id: row.domainId ?? null,
    description: row.description,
    enabled: row.enabled,
    parent_id: row.parentId ?? null,
    is_domain: row.isDomain,
    tags: row.tags,
    options: row.options,
  };
}

export function domainView(row: ProjectRow): View {
  return {
    ...row.extra,
    id: row.id,
    name: row.name,
    description: row.description,
    enabled: row.enabled,
    tags: row.tags,
    options: row.options,
  };
}
