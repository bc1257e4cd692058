import type { NodeGroup } from '../../../store/rows.ts';
import { DriverRefusal, type DriverContext, type LeavingNode, type Membership } from '../../driver.ts';
import type { SwarmApi, SwarmConnector, SwarmNode } from './swarm-api.ts';

/** Workers of a Swarm as they come and go, through the API of its managers. */
export function swarmMembership(
  connect: SwarmConnector,
  hostsOf: (context: DriverContext, group: NodeGroup) => Promise<readonly string[]>,
): Membership {
  return {
    drain: (context, leaving) =>
      withManagers(connect, context, async (managers) => {
        const nodes = listed(await managers.nodes(), leaving);
        for (const node of nodes) {
          if (node.Spec.Availability !== 'drain') await managers.changeNode(node, { Availability: 'drain' });
        }
        // Nobody knows what still runs on one that doesn't answer.
        const ready = nodes.filter(({ Status }) => Status.State === 'ready');
        const tasks = await Promise.all(ready.map(({ ID }) => managers.tasksOn(ID)));
        return tasks.every((count) => count === 0);
      }),
    readmit: (context, staying) =>
      withManagers(connect, context, async (managers) => {
        for (const node of listed(await managers.nodes(), staying)) {
          if (node.Spec.Availability === 'drain') await managers.changeNode(node, { Availability: 'active' });
        }
      }),
    forget: (context, gone) =>
      withManagers(connect, context, async (managers) => {
        for (const node of listed(await managers.nodes(), gone)) await managers.removeNode(node.ID);
      }),
    label: (context, group, former) =>
      withManagers(connect, context, async (managers) => {
        const hosts = await hostsOf(context, group);
        for (const node of await managers.nodes()) {
          if (!hosts.includes(node.Description.Hostname)) continue;
          const kept = Object.entries(node.Spec.Labels ?? {}).filter(([key]) => !former.includes(key));
          await managers.changeNode(node, {
            Labels: { ...Object.fromEntries(kept), ...group.node_labels },
          });
        }
      }),
  };
}

/** Managers are never touched, whatever their names are. */
function listed(nodes: readonly SwarmNode[], wanted: readonly LeavingNode[]): SwarmNode[] {
  const hosts = new Set(wanted.map(({ host }) => host));
  return nodes.filter(({ Spec, Description }) => Spec.Role === 'worker' && hosts.has(Description.Hostname));
}

async function withManagers<T>(
  connect: SwarmConnector,
  context: DriverContext,
  work: (managers: SwarmApi) => Promise<T>,
): Promise<T> {
  const { cluster, template, signal } = context;
  if (cluster.api_address === null)
    throw new DriverRefusal("the address of the Swarm's managers is not known");
  const credentials = template?.tls_disabled === true ? undefined : await context.credentials();
  const managers = connect(cluster.api_address, credentials, signal);
  try {
    return await work(managers);
  } finally {
    await managers.close();
  }
}
