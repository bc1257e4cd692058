import type { Cloud } from '../../cloud/service.ts';
import type { Tables } from './tables.ts';
import type { QuotaResource, StandardAttributes } from './rows.ts';

/** What tells the data plane to look again. */
export type Change =
  | { readonly kind: 'network'; readonly id: string }
  | { readonly kind: 'port'; readonly id: string }
  | { readonly kind: 'router'; readonly id: string };

/** What the model's functions work with. */
export interface Context {
  readonly cloud: Cloud;
  readonly tables: Tables;
  readonly settings: Settings;
  /** Collected in a transaction, told once it is done. */
  changed(change: Change): void;
}

export interface Settings {
  /** Hosts that have an agent: a port bound to another host fails to bind. */
  readonly hosts: readonly string[];
  /** Largest MTU of the underlying network. */
  readonly mtu: number;
  readonly quotas: Readonly<Record<QuotaResource, number>>;
  /** With a simulated data plane a bound port is up at once. */
  readonly dataPlane: 'linux' | 'simulated';
  readonly availabilityZone: string;
  /** Whether the data plane enforces security groups. */
  readonly filters: boolean;
}

/** Seconds, as Neutron shows times: `2026-01-31T12:00:00Z`. */
export function timestamp(context: Context): string {
  return `${context.cloud.now().toISOString().slice(0, 19)}Z`;
}

/** Attributes of a new row. */
export function newRow(
  context: Context,
  projectId: string,
  given: { readonly description?: string; readonly tags?: readonly string[] },
): StandardAttributes {
  const now = timestamp(context);
  return {
    id: context.cloud.uuid(),
    project_id: projectId,
    description: given.description ?? '',
    tags: given.tags ?? [],
    revision_number: 0,
    created_at: now,
    updated_at: now,
  };
}

/** `row` with `changes`, its revision counted up; the row itself if they change nothing. */
export function revise<T extends StandardAttributes>(context: Context, row: T, changes: Partial<T>): T {
  const differs = Object.entries(changes).some(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(row[key as keyof T]),
  );
  if (!differs) return row;
  return { ...row, ...changes, revision_number: row.revision_number + 1, updated_at: timestamp(context) };
}

/** `object` without the keys whose value is undefined: an update takes only what was given. */
export function defined<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
