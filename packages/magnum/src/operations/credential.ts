import type { Session } from '@gantry/openstack';
import type { StepContext } from './verb.ts';

/**
 * How a cluster comes to act for its owner after the owner's token has expired. Trusts are one way; users of
 * application credentials may need another.
 */
export interface CredentialStrategy {
  /** Makes it and writes it into the cluster's row; does nothing more if it is there. */
  obtain(context: StepContext): Promise<void>;
  /** Removes it, or as much of it as there is; what or whose owner is gone is gone. */
  discard(context: StepContext): Promise<void>;
}

/** The caller themself, by the token they came with; undefined once that is used up. @throws SealBroken */
export function callerSession(context: StepContext): Session | undefined {
  const { caller } = context.operation;
  const token = caller.sealed_token === null ? undefined : context.sealer.open(caller.sealed_token);
  return token === undefined ? undefined : context.sessions.ofCaller(token);
}
