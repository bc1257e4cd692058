import { OpenStackError, type Session } from '@gantry/openstack';
import type { Cluster } from '../store/rows.ts';
import { OperationFailure } from './failures.ts';
import type { StepContext } from './verb.ts';

/** The caller themself, by the token they came with; undefined once that is used up. @throws SealBroken */
export function callerSession(context: StepContext): Session | undefined {
  const { caller } = context.operation;
  const token = caller.sealed_token === null ? undefined : context.sealer.open(caller.sealed_token);
  return token === undefined ? undefined : context.sessions.ofCaller(token);
}

/**
 * Heat delegates to itself whatever it needs later, and Keystone lets a user delegate but not a trust of theirs.
 * So a stack is ordered with the caller's own token, and through the trust only if that has expired or is for
 * another project.
 */
export async function inCallersName<T>(
  context: StepContext,
  cluster: Cluster,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const own = context.operation.caller.project_id === cluster.project_id;
  const caller = own ? callerSession(context) : undefined;
  const owner = context.sessions.ofOwner(cluster);
  try {
    if (caller) return await work(caller);
  } catch (error) {
    if (!(error instanceof OpenStackError && error.status === 401) || !owner) throw error;
  }
  if (owner) return work(owner);
  throw new OperationFailure('the cluster has lost its trust', 'Delete the cluster and create it again.');
}
