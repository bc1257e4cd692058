import type { Labels } from '../../store/rows.ts';
import { DriverRefusal } from '../driver.ts';

/** An output, or one of its items, that says something. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A list in an output; what of it isn't there (yet) is left out. */
export function texts(value: unknown): string[] {
  return Array.isArray(value)
    ? value.filter((item): item is string => typeof item === 'string' && item !== '')
    : [];
}

/** A label's value; the empty text counts as none given. */
export function label(labels: Labels, name: string): string | undefined {
  return text(labels[name]);
}

/** @param what needs it: `a Swarm` */
export function need(value: string | null, field: string, what: string): string {
  if (value === null || value === '') throw new DriverRefusal(`${what} needs ${field}, which is not set`);
  return value;
}

/** What the cluster's own stack says of itself. */
export function told(value: unknown, what: string): string {
  const said = text(value);
  if (said !== undefined) return said;
  throw new DriverRefusal(
    `the stack of the cluster does not tell its ${what}, so no further nodes can join it`,
  );
}

/** The network that is made must never be asked for through a proxy. */
export function noProxy(
  given: string | null,
  cidr: string | undefined,
  fixedNetwork: string | null,
): string | undefined {
  if (given === null || given === '') return undefined;
  return fixedNetwork === null ? `${given},${cidr ?? '10.0.0.0/24'}` : given;
}

/** Parameters with a value; the others are left to the template's defaults. */
export function defined(parameters: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null && value !== ''),
  );
}
