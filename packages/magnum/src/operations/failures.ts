import { EndpointNotFound, NoAnswer, OpenStackError } from '@gantry/openstack';
import { SealBroken } from '../certificates/sealing.ts';
import { DriverRefusal } from '../drivers/driver.ts';

/** An operation can't succeed as it stands. Both texts are for the user. */
export class OperationFailure extends Error {
  override readonly name = 'OperationFailure';
  /** What to do about it. */
  readonly advice: string;

  constructor(message: string, advice: string, options?: ErrorOptions) {
    super(message, options);
    this.advice = advice;
  }
}

const PERMANENT = [OperationFailure, DriverRefusal, EndpointNotFound, SealBroken];

/** How often a step that ended with this error is begun at all. What a user must change is not tried again. */
export function attemptsFor(error: unknown): number {
  if (error instanceof OpenStackError) {
    if (error.transient) return 12;
    // A service that stumbled, or two requests that got into each other's way.
    if (error.status >= 500 || error.status === 409) return 5;
    // Keystone's nodes hear of new users and trusts one after the other.
    return error.status === 401 ? 3 : 1;
  }
  return PERMANENT.some((kind) => error instanceof kind) ? 1 : 3;
}

/** Milliseconds before the next attempt: half a second, doubled each time, up to half a minute; a quarter more or less. */
export function backOff(attempt: number, random: () => number): number {
  return Math.min(500 * 2 ** (attempt - 1), 30_000) * (0.75 + random() / 2);
}

/** What went wrong, in one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line === '' ? 'an error without a message' : line;
}

/** What went wrong, and what to do about it. */
export function explain(error: unknown): string {
  const advice = adviceFor(error);
  return advice === undefined ? messageOf(error) : `${messageOf(error).replace(/\.$/, '')}. ${advice}`;
}

function adviceFor(error: unknown): string | undefined {
  if (error instanceof OperationFailure) return error.advice;
  if (error instanceof EndpointNotFound) {
    return 'Have the operator add the endpoint to the catalog, or name another interface or region in magnum.conf.';
  }
  if (error instanceof SealBroken) {
    return 'Have the operator give API and conductors the same sealing key, then create the cluster again.';
  }
  if (error instanceof NoAnswer) return 'Once that service answers again, try again.';
  if (error instanceof OpenStackError) {
    if (/quota|exceeded/i.test(error.reason))
      return 'Free some of that quota, or have it raised, and try again.';
    if (error.transient || error.status >= 500)
      return 'Once that service is well again, try again; its log knows more.';
  }
  return undefined;
}
