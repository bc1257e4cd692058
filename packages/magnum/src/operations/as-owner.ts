import { OpenStackError, type Session } from '@gantry/openstack';
import type { Cluster } from '../store/rows.ts';
import type { Sessions } from './sessions.ts';

/**
 * Does something to a cluster in its owner's name; or, where the owner can't act any more, because they, their
 * role, the trust or its trustee are gone, in Magnum's own.
 */
export async function asOwner<T>(
  sessions: Sessions,
  cluster: Cluster,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const owner = sessions.ofOwner(cluster);
  if (owner) {
    try {
      return await work(owner);
    } catch (error) {
      if (!isLockedOut(error)) throw error;
    }
  }
  return work(await sessions.ofServiceIn(cluster.project_id));
}

/** Refused for who asks, not for what is asked. Keystone says 404 of a trust that is gone. */
export function isLockedOut(error: unknown): boolean {
  if (!(error instanceof OpenStackError)) return false;
  return (
    error.status === 401 ||
    error.status === 403 ||
    (error.status === 404 && error.url.endsWith('/auth/tokens'))
  );
}
