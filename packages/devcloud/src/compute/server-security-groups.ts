import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { notFound, projectCaller } from '../http/fault.ts';
import { Closed, parseBody } from '../http/openstack-schema.ts';
import { noSecurityGroup, securityGroupFinder } from './asked-networks.ts';
import type { ComputeContext } from './context.ts';
import { ask } from './neighbour.ts';
import { portsOf } from './server-ports.ts';
import type { ServerRow } from './tables.ts';

const Asked = Closed({ name: Type.String({ minLength: 1 }) });

/**
 * Gives all ports of a server a security group of the caller's project, or takes it from them: the actions `addSecurityGroup` and
 * `removeSecurityGroup` of the Compute API.
 *
 * @throws Fault 404 for an unknown group, or one that no port has which is to lose it
 */
export async function changeSecurityGroups(
  context: ComputeContext,
  request: FastifyRequest,
  server: ServerRow,
  asked: unknown,
  change: 'add' | 'remove',
): Promise<void> {
  const { name } = parseBody(Asked, asked);
  const caller = projectCaller(request);
  const group = (await securityGroupFinder(context, caller))(name);
  if (group === undefined) throw notFound(noSecurityGroup(name, caller));
  const nova = context.novaCaller(server.projectId);
  const ports = await portsOf(context, nova, server.id);
  const concerned = ports.filter((port) => port.security_groups.includes(group) === (change === 'remove'));
  if (change === 'remove' && concerned.length === 0) {
    throw notFound(`Security group ${name} not associated with the instance ${server.id}`);
  }
  for (const port of concerned) {
    const others = port.security_groups.filter((id) => id !== group);
    await ask(context.cloud, nova, {
      service: 'network',
      method: 'PUT',
      path: `/v2.0/ports/${port.id}`,
      body: { port: { security_groups: change === 'add' ? [...others, group] : others } },
    });
  }
}
