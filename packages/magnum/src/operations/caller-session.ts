import type { Session } from '@gantry/openstack';
import type { StepContext } from './verb.ts';

/** The caller themself, by the token they came with; undefined once that is used up. @throws SealBroken */
export function callerSession(context: StepContext): Session | undefined {
  const { caller } = context.operation;
  const token = caller.sealed_token === null ? undefined : context.sealer.open(caller.sealed_token);
  return token === undefined ? undefined : context.sessions.ofCaller(token);
}
