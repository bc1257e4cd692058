import type { Query, Session } from '../session/session.ts';
import { collection } from './collection.ts';

/** Source: Octavia API v2, "Load Balancers". */
export interface LoadBalancer {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  /** `ACTIVE`, `ERROR`, `DELETED`, or `PENDING_…`, in which it can't be changed. */
  readonly provisioning_status: string;
  readonly vip_port_id: string | null;
}

export interface LoadBalancerClient {
  list(query?: Query, signal?: AbortSignal): Promise<LoadBalancer[]>;
  /** Begins to delete it with its listeners, pools and all they have. @throws OpenStackError 404, 409 */
  delete(id: string, signal?: AbortSignal): Promise<void>;
}

const service = 'load-balancer';
const path = '/lbaas/loadbalancers';

export function loadBalancerClient(session: Session): LoadBalancerClient {
  const balancers = collection<LoadBalancer>(session, {
    service,
    path,
    singular: 'loadbalancer',
    plural: 'loadbalancers',
  });
  return {
    list: (query, signal) => balancers.list(query, signal),
    async delete(id, signal) {
      const query = { cascade: true };
      await session.ask(service, {
        method: 'DELETE',
        path: `${path}/${encodeURIComponent(id)}`,
        query,
        signal,
        retries: 3,
      });
    },
  };
}
