import { badRequest, conflict } from '../../../clusters/errors.ts';
import { notSupported } from '../../../clusters/life-cycle.ts';
import type { Driver } from '../../../drivers/driver.ts';
import type { NodeGroup } from '../../../store/rows.ts';
import type { ClusterWithGroups, Store } from '../../../store/store.ts';
import * as answers from '../../wire/answer-schemas.ts';
import { checkCloud } from '../cloud-checks.ts';
import { driverOf } from '../templates/cluster-type.ts';
import { warnOfLabels } from './label-events.ts';
import { oneCluster, visibleBeyond } from '../lookup.ts';
import { changesOf } from '../../wire/patch.ts';
import { nodegroupPatch, readNodegroupOperations } from './nodegroup-patch.ts';
import { checkName, newNodegroup, nodegroupFields } from './nodegroup-request.ts';
import { nodegroupDetail, nodegroupOrdered } from './nodegroup-view.ts';
import { oneNodegroup } from './one-nodegroup.ts';
import { orderChange } from './order-change.ts';
import { enforce, type PolicyName } from '../../policy/policies.ts';
import type { ApiReply, ApiRequest, Route } from '../../wire/route.ts';
import type { ApiServices } from '../services.ts';
import { checkRootDisk } from '../volume-rules.ts';
import { bodySchema, readObject } from '../../wire/wire-fields.ts';

const SINCE = { major: 1, minor: 9 } as const;

/** What changes `/v1/clusters/{cluster}/nodegroups` */
export function nodegroupChangeRoutes(services: ApiServices): Route[] {
  const { store, policies } = services;

  async function clusterFor(policy: PolicyName, request: ApiRequest): Promise<ClusterWithGroups> {
    const { context, params } = request;
    const visible = visibleBeyond(policies, 'cluster:update_all_projects', context);
    const cluster = await oneCluster(store, params['cluster'] ?? '', visible);
    enforce(policies, policy, context, cluster);
    const [shown] = await store.clusters.withGroups([cluster]);
    return shown ?? { cluster, nodegroups: [], template: undefined };
  }

  async function create(request: ApiRequest): Promise<ApiReply> {
    const shown = await clusterFor('nodegroup:create', request);
    const { cluster } = shown;
    const asked = readObject('nodegroup', request.body(), nodegroupFields);
    if (cluster.api_address === null) throw conflict('Cluster API address is not available yet');
    const row = newNodegroup(asked, shown, services.uuid());
    const driver = driverOf(services.drivers, shown);
    if (!driver.createNodegroup) {
      throw notSupported(`Creating a nodegroup in a cluster that uses the Magnum driver ${driver.name}`);
    }
    checkNodes(driver, row);
    const session = services.sessions.ofCaller(request.context.token);
    const { flavors } = await checkCloud(session, { image: asked.image_id, flavor: row.flavor_id });
    checkRootDisk(flavors, row.labels, services.settings.cinder.default_boot_volume_size);
    await orderChange(services, request, cluster, {
      verb: 'create-nodegroup',
      kind: 'nodegroup',
      parameters: { nodegroup: row.uuid },
      token: 'with its token',
      async also(inner) {
        // Again, because another of that name may have come first since.
        checkName(row.name, cluster.name, await inner.nodegroups.of(cluster.uuid));
        await inner.nodegroups.insert(row);
        const own = Object.entries(row.labels).filter(([key, value]) => cluster.labels[key] !== value);
        const about = { cluster_uuid: cluster.uuid, operation_uuid: null, coe: shown.template?.coe ?? '' };
        await warnOfLabels(inner, about, Object.fromEntries(own));
      },
    });
    return { status: 202, body: nodegroupOrdered(row, cluster, request.base) };
  }

  async function update(request: ApiRequest): Promise<ApiReply> {
    const operations = readNodegroupOperations(request.body());
    const shown = await clusterFor('nodegroup:update', request);
    const { cluster } = shown;
    const group = oneNodegroup(shown.nodegroups, request.params['ident'] ?? '');
    const after = nodegroupPatch(operations, group);
    const changes = changesOf(group, after);
    const former_labels = Object.keys(group.node_labels);
    if (changes.node_labels || changes.node_taints) {
      const driver = driverOf(services.drivers, shown);
      checkNodes(driver, after);
      if (!driver.membership) {
        throw notSupported(`Changing labels of nodes of the Magnum driver ${driver.name}`);
      }
      await orderChange(services, request, cluster, {
        verb: 'update-nodegroup',
        kind: 'nodegroup',
        parameters: { nodegroup: group.uuid, former_labels },
        also: async (inner) => void (await inner.nodegroups.update(group.uuid, changes)),
      });
    } else {
      // Nobody else has to know how many nodes there may be.
      await store.nodegroups.update(group.uuid, changes);
    }
    const now = { ...((await store.nodegroups.get(group.uuid)) ?? group), status: group.status };
    return { status: 202, body: nodegroupDetail(now, cluster, request.base) };
  }

  async function remove(request: ApiRequest): Promise<ApiReply> {
    const { cluster, nodegroups } = await clusterFor('nodegroup:delete', request);
    const group = oneNodegroup(nodegroups, request.params['ident'] ?? '');
    if (group.is_default) throw badRequest('Deleting a default nodegroup is not supported.');
    if (await isBeingDeleted(store, group)) return { status: 204 };
    await orderChange(services, request, cluster, {
      verb: 'delete-nodegroup',
      kind: 'nodegroup',
      parameters: { nodegroup: group.uuid },
      async also(inner) {
        // Whatever else was to be done to the group is not wanted any more.
        await inner.operations.supersede(
          cluster.uuid,
          ({ parameters }) => parameters['nodegroup'] === group.uuid,
        );
        await inner.nodegroups.update(group.uuid, { status: 'DELETE_IN_PROGRESS', status_reason: null });
      },
    });
    return { status: 204 };
  }

  const path = '/clusters/:cluster/nodegroups';
  return [
    {
      method: 'POST',
      path,
      since: SINCE,
      policies: ['nodegroup:create', 'cluster:update_all_projects'],
      summary: 'Add a node group to a cluster',
      request: bodySchema(nodegroupFields),
      responses: { 202: answers.nodegroupOrdered },
      handle: create,
    },
    {
      method: 'PATCH',
      path: `${path}/:ident`,
      since: SINCE,
      policies: ['nodegroup:update', 'cluster:update_all_projects'],
      summary: 'Change how many nodes a group may have, or how its nodes are labelled',
      request: answers.patch,
      responses: { 202: answers.nodegroup },
      handle: update,
    },
    {
      method: 'DELETE',
      path: `${path}/:ident`,
      since: SINCE,
      policies: ['nodegroup:delete', 'cluster:update_all_projects'],
      summary: 'Remove a node group that was added',
      responses: { 204: null },
      handle: remove,
    },
  ];
}

function checkNodes(driver: Driver, group: Pick<NodeGroup, 'node_labels' | 'node_taints'>): void {
  const wrong = driver.validateNodegroup?.(group);
  if (wrong !== undefined) throw badRequest(`${wrong}.`);
}

async function isBeingDeleted(store: Store, group: NodeGroup): Promise<boolean> {
  const operations = await store.operations.of(group.cluster_id);
  return operations.some(
    ({ verb, state, parameters }) =>
      verb === 'delete-nodegroup' &&
      (state === 'queued' || state === 'running') &&
      parameters['nodegroup'] === group.uuid,
  );
}
