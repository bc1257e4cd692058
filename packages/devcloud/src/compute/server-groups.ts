import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { badRequest, forbidden, notFound, projectCaller } from '../http/fault.ts';
import { Closed, Name, OsInteger, parseBody, python } from '../http/openstack-schema.ts';
import { minor, param, queryOf, type ComputeContext } from './context.ts';
import { limitOf } from './quota.ts';
import { GROUP_POLICIES, type GroupPolicy, type ServerGroupRow } from './tables.ts';

const CreateUntil63 = Closed({
  server_group: Closed({
    name: Name,
    policies: Type.Array(Type.String(), { minItems: 1, maxItems: 1 }),
  }),
});
const CreateFrom64 = Closed({
  server_group: Closed({
    name: Name,
    policy: Type.String(),
    rules: Type.Optional(
      Closed({ max_server_per_host: Type.Optional(OsInteger({ minimum: 1, maximum: 0x7fffffff })) }),
    ),
  }),
});

export function serverGroupRoutes(app: FastifyInstance, context: ComputeContext): void {
  const { groups } = context.tables;

  const find = (request: FastifyRequest): ServerGroupRow => {
    const id = param(request, 'group');
    const group = groups.get(id);
    const caller = projectCaller(request);
    if (!group || (group.projectId !== caller.projectId && !caller.isAdmin)) {
      throw notFound(`Instance group ${id} could not be found.`);
    }
    return group;
  };

  app.get('/os-server-groups', async (request) => {
    const caller = projectCaller(request);
    const query = queryOf(request);
    const all = 'all_projects' in query && caller.isAdmin;
    const own = all ? groups.all() : groups.by('project', caller.projectId);
    const from = Number(query['offset'] ?? 0);
    const count = Number(query['limit'] ?? 1000);
    return { server_groups: own.slice(from, from + count).map((group) => view(request, group)) };
  });

  app.get('/os-server-groups/:group', async (request) => ({ server_group: view(request, find(request)) }));

  app.post('/os-server-groups', async (request) => {
    const caller = projectCaller(request);
    const asked = askedGroup(request);
    if (
      groups.by('project', caller.projectId).length >= limitOf(context, caller.projectId, 'server_groups')
    ) {
      throw forbidden('Quota exceeded, too many server groups.');
    }
    const group = groups.put({
      id: context.cloud.uuid(),
      ...asked,
      projectId: caller.projectId,
      userId: caller.userId,
    });
    return { server_group: view(request, group) };
  });

  app.delete('/os-server-groups/:group', async (request, reply) => {
    groups.delete(find(request).id);
    return reply.code(204).send();
  });

  function view(request: FastifyRequest, group: ServerGroupRow): object {
    const version = minor(request);
    const members = context.tables.servers.by('group', group.id).filter(({ deleting }) => !deleting);
    return {
      id: group.id,
      name: group.name,
      ...(version >= 64
        ? { policy: group.policy, rules: group.rules }
        : { policies: [group.policy], metadata: {} }),
      members: members.map(({ id }) => id),
      ...(version >= 13 ? { project_id: group.projectId, user_id: group.userId } : {}),
    };
  }
}

function askedGroup(request: FastifyRequest): Pick<ServerGroupRow, 'name' | 'policy' | 'rules'> {
  const version = minor(request);
  if (version < 64) {
    const { name, policies } = parseBody(CreateUntil63, request.body).server_group;
    return { name, policy: policyOf(version, '0', policies[0] ?? ''), rules: {} };
  }
  const asked = parseBody(CreateFrom64, request.body).server_group;
  const policy = policyOf(version, 'policy', asked.policy);
  const most = asked.rules?.max_server_per_host;
  if (most !== undefined && policy !== 'anti-affinity') {
    throw badRequest('Only anti-affinity policy supports rules.');
  }
  return {
    name: asked.name,
    policy,
    rules: most === undefined ? {} : { max_server_per_host: Number(most) },
  };
}

/** The soft policies came with 2.15. */
function policyOf(version: number, field: string, text: string): GroupPolicy {
  const known = GROUP_POLICIES.filter((policy) => version >= 15 || !policy.startsWith('soft-'));
  const policy = known.find((candidate) => candidate === text);
  if (policy) return policy;
  throw badRequest(
    `Invalid input for field/attribute ${field}. Value: ${text}. ${python(text)} is not one of ${python([...known].toSorted())}`,
  );
}
