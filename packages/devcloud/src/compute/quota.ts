import { forbidden } from '../http/fault.ts';
import type { ComputeContext } from './context.ts';

/** Nova's own defaults; -1 would be no limit. */
export const DEFAULT_QUOTA = {
  instances: 10,
  cores: 20,
  ram: 50 * 1024,
  key_pairs: 100,
  server_groups: 10,
  server_group_members: 10,
  metadata_items: 128,
  injected_files: 5,
  injected_file_content_bytes: 10 * 1024,
  injected_file_path_bytes: 255,
  floating_ips: -1,
  fixed_ips: -1,
  security_groups: -1,
  security_group_rules: -1,
} as const;

export type QuotaName = keyof typeof DEFAULT_QUOTA;
export const QUOTA_NAMES = Object.keys(DEFAULT_QUOTA) as QuotaName[];

/** A project's limit; Infinity for none. */
export function limitOf(context: ComputeContext, projectId: string, name: QuotaName): number {
  const limit = limitsOf(context, projectId)[name] ?? -1;
  return limit < 0 ? Infinity : limit;
}

export function limitsOf(context: ComputeContext, projectId: string): Record<string, number> {
  return { ...DEFAULT_QUOTA, ...context.defaultQuota, ...context.tables.quotas.get(projectId)?.limits };
}

export function usageOf(context: ComputeContext, projectId: string): Partial<Record<QuotaName, number>> {
  const servers = context.tables.servers.by('project', projectId);
  const sum = (of: 'vcpus' | 'ram'): number => servers.reduce((total, { flavor }) => total + flavor[of], 0);
  return {
    instances: servers.length,
    cores: sum('vcpus'),
    ram: sum('ram'),
    server_groups: context.tables.groups.by('project', projectId).length,
  };
}

/**
 * Refuses what would be too much for a project.
 *
 * @throws Fault 403 naming what there is too little of, as Nova does
 */
export function requireQuota(
  context: ComputeContext,
  projectId: string,
  wanted: Partial<Record<'instances' | 'cores' | 'ram', number>>,
): void {
  const used = usageOf(context, projectId);
  const over = (Object.keys(wanted) as (keyof typeof wanted)[]).filter(
    (name) => (used[name] ?? 0) + (wanted[name] ?? 0) > limitOf(context, projectId, name),
  );
  if (over.length === 0) return;
  const each = (values: (name: keyof typeof wanted) => number): string => over.map(values).join(', ');
  throw forbidden(
    `Quota exceeded for ${over.join(', ')}: Requested ${each((name) => wanted[name] ?? 0)}, ` +
      `but already used ${each((name) => used[name] ?? 0)} of ${each((name) => limitOf(context, projectId, name))} ${over.join(', ')}`,
  );
}
