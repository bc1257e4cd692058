import {
  EndpointNotFound,
  loadBalancerClient,
  networkClient,
  orUndefined,
  type LoadBalancer,
  type Session,
} from '@gantry/openstack';
import type { DriverContext } from '../../driver.ts';

/** Whether the cloud has load balancers (Octavia). */
export async function hasLoadBalancers(session: Session): Promise<boolean> {
  try {
    await session.endpoint('load-balancer');
    return true;
  } catch (error) {
    if (error instanceof EndpointNotFound) return false;
    throw error;
  }
}

/**
 * Begins to remove the load balancers that Kubernetes has made for its services, with their floating IPs. Heat knows
 * nothing of them, and can't delete a network that they have ports on.
 *
 * @returns whether none is left
 */
export async function removeLoadBalancers({ cluster, session, signal }: DriverContext): Promise<boolean> {
  if (!(await hasLoadBalancers(session))) return true;
  const client = loadBalancerClient(session);
  const all = await client.list({ project_id: cluster.project_id }, signal);
  const left = all.filter((one) => isOf(cluster.uuid, one));
  for (const { id, vip_port_id, provisioning_status } of left) {
    // Octavia lets nobody touch one that it is working on; it is looked at again.
    if (provisioning_status.startsWith('PENDING_')) continue;
    if (vip_port_id !== null) await removeFloatingIps(session, vip_port_id, signal);
    await orUndefined(client.delete(id, signal));
  }
  return left.length === 0;
}

/** The cloud provider writes whose they are. Source: cloud-provider-openstack, "loadbalancer". */
function isOf(uuid: string, { description, provisioning_status }: LoadBalancer): boolean {
  if (description === null || provisioning_status === 'DELETED') return false;
  return description.startsWith('Kubernetes ') && description.includes(` from cluster ${uuid}`);
}

async function removeFloatingIps(session: Session, port_id: string, signal: AbortSignal): Promise<void> {
  const { floatingIps } = networkClient(session);
  for (const { id } of await floatingIps.list({ port_id }, signal)) {
    await orUndefined(floatingIps.delete(id, signal));
  }
}
