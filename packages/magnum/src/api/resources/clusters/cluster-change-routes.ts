import { badRequest, conflict } from '../../../clusters/errors.ts';
import { notSupported, refusal } from '../../../clusters/life-cycle.ts';
import { checkResize } from '../../../clusters/nodegroup-size.ts';
import type { Driver } from '../../../drivers/driver.ts';
import type { Cluster, ClusterTemplate, NodeGroup } from '../../../store/rows.ts';
import type { Change, ClusterWithGroups, Store, Visibility } from '../../../store/store.ts';
import * as answers from '../../wire/answer-schemas.ts';
import { clusterPatch, readClusterOperations } from './cluster-patch.ts';
import { driverOf } from '../templates/cluster-type.ts';
import { oneCluster, oneTemplate, visibleAcross, visibleBeyond } from '../lookup.ts';
import { atLeast } from '../../wire/microversion.ts';
import { defaultWorkers, oneNodegroup } from './one-nodegroup.ts';
import { orderChange, replaceQueuedSizes } from './order-change.ts';
import { textList } from '../../wire/patch-fields.ts';
import { enforce, type PolicyName } from '../../policy/policies.ts';
import type { ApiReply, ApiRequest, Route } from '../../wire/route.ts';
import type { ApiServices } from '../services.ts';
import {
  bodySchema,
  booleanOf,
  integer,
  mandatoryInteger,
  readObject,
  mandatoryText,
  text,
} from '../../wire/wire-fields.ts';

const ROLLBACK_SINCE = { major: 1, minor: 3 } as const;
const RESIZE_SINCE = { major: 1, minor: 7 } as const;
const UPGRADE_SINCE = { major: 1, minor: 8 } as const;
/** Before, a cluster had to keep a worker. */
const ZERO_NODES_SINCE = { major: 1, minor: 10 } as const;

const resizeFields = {
  node_count: mandatoryInteger({ min: 0 }),
  nodes_to_remove: textList(),
  nodegroup: text({ min: 1, max: 255 }),
} as const;

const upgradeFields = {
  cluster_template: mandatoryText({ min: 1, max: 255 }),
  max_batch_size: integer({ min: 1 }),
  nodegroup: text({ min: 1, max: 255 }),
} as const;

/** What changes a cluster: `PATCH /v1/clusters/{cluster}` and its `actions`. */
export function clusterChangeRoutes(services: ApiServices): Route[] {
  const { store, policies } = services;

  async function clusterFor(
    policy: PolicyName,
    visible: Visibility,
    { context, params }: ApiRequest,
  ): Promise<ClusterWithGroups> {
    const cluster = await oneCluster(store, params['ident'] ?? '', visible);
    enforce(policies, policy, context, cluster);
    const [shown] = await store.clusters.withGroups([cluster]);
    return shown ?? { cluster, nodegroups: [], template: undefined };
  }

  async function update(request: ApiRequest): Promise<ApiReply> {
    const rollback = rollbackIn(request);
    const operations = readClusterOperations(request.body());
    const visible = visibleAcross(policies, 'cluster:update_all_projects', request.context);
    const shown = await clusterFor('cluster:update', visible, request);
    const { cluster } = shown;
    const { group, nodeCount, health } = clusterPatch(operations, shown);
    if (nodeCount === 0) allowZero(request);
    if (health) {
      const { context } = request;
      const target = { project_id: cluster.project_id, user_id: context.userId };
      enforce(policies, 'cluster:update_health_status', context, target);
    }
    const ordered =
      nodeCount !== undefined &&
      (await orderWorkers(services, request, shown, { group, count: nodeCount, rollback, health }));
    if (health && !ordered) await store.clusters.update(cluster.uuid, health);
    return { status: 202, body: { uuid: cluster.uuid } };
  }

  async function resize(request: ApiRequest): Promise<ApiReply> {
    const visible = visibleBeyond(policies, 'cluster:update_all_projects', request.context);
    const shown = await clusterFor('cluster:resize', visible, request);
    const { cluster, nodegroups } = shown;
    const asked = readObject('cluster_resize_req', request.body(), resizeFields);
    if (asked.node_count === 0) allowZero(request);
    const group = groupIn(nodegroups, asked.nodegroup);
    const driver = driverOf(services.drivers, shown);
    const wrong = group.role === 'master' ? driver.validateMasterResize(asked.node_count) : undefined;
    if (wrong !== undefined) throw badRequest(wrong);
    checkResize(group.name, group, asked.node_count);
    resizing(driver);
    await orderChange(services, request, cluster, {
      verb: 'resize',
      kind: 'resize',
      parameters: {
        nodegroup: group.uuid,
        node_count: asked.node_count,
        nodes_to_remove: asked.nodes_to_remove,
        rollback: false,
      },
      also: (inner) => replaceQueuedSizes(inner, cluster, group.uuid),
    });
    return { status: 202, body: { uuid: cluster.uuid } };
  }

  async function upgrade(request: ApiRequest): Promise<ApiReply> {
    const { context } = request;
    if (!atLeast(request.version, UPGRADE_SINCE)) {
      throw badRequest('Cluster upgrade is not supported in the provided microversion.');
    }
    const visible = visibleAcross(policies, 'cluster:upgrade_all_projects', context);
    const shown = await clusterFor('cluster:upgrade', visible, request);
    const { cluster, template: current } = shown;
    const asked = readObject('cluster_upgrade_req', request.body(), upgradeFields);
    const template = await oneTemplate(store, asked.cluster_template, visible);
    const group = groupIn(shown.nodegroups, asked.nodegroup);
    if (!group.is_default && template.uuid !== cluster.cluster_template_id) {
      const name = current?.name ?? cluster.cluster_template_id;
      throw invalidTemplate(
        `Nodegroup ${group.name} can be upgraded only to match cluster's template (${name})`,
      );
    }
    const refused = refusal('upgrade', cluster.status);
    if (refused) throw refused;
    const driver = driverOf(services.drivers, shown);
    if (!driver.upgrade) throw notSupported(`Upgrading a cluster that uses the Magnum driver ${driver.name}`);
    checkKind(current, template);
    const wrong = driver.validateUpgrade?.(group, template);
    if (wrong?.kind === 'older') throw badRequest(`Received invalid tag for ${wrong.why}.`);
    if (wrong) throw invalidTemplate(wrong.why);
    await orderChange(services, request, cluster, {
      verb: 'upgrade',
      kind: 'upgrade',
      parameters: {
        nodegroup: group.uuid,
        cluster_template: template.uuid,
        max_batch_size: asked.max_batch_size ?? 1,
      },
    });
    return { status: 202, body: { uuid: cluster.uuid } };
  }

  const one = '/clusters/:ident';
  return [
    {
      method: 'PATCH',
      path: one,
      query: ['rollback'],
      policies: ['cluster:update', 'cluster:update_all_projects', 'cluster:update_health_status'],
      summary: 'Change how many workers a cluster has, or what is known of its health',
      request: answers.patch,
      responses: { 202: answers.accepted },
      handle: update,
    },
    {
      method: 'POST',
      path: `${one}/actions/resize`,
      since: RESIZE_SINCE,
      policies: ['cluster:resize', 'cluster:update_all_projects'],
      summary: 'Change how many nodes a node group has, and say which of them go',
      request: bodySchema(resizeFields),
      responses: { 202: answers.accepted },
      handle: resize,
    },
    {
      method: 'POST',
      path: `${one}/actions/upgrade`,
      since: RESIZE_SINCE,
      policies: ['cluster:upgrade', 'cluster:upgrade_all_projects'],
      summary: 'Bring a cluster to what another template says',
      request: bodySchema(upgradeFields),
      responses: { 202: answers.accepted },
      handle: upgrade,
    },
  ];
}

export interface WantedWorkers {
  readonly group: NodeGroup;
  readonly count: number;
  readonly rollback: boolean;
  /** Written with the order. */
  readonly health?: Change<Cluster> | undefined;
}

/**
 * Queues another size of the default workers, unless they have that size and nobody has ordered another.
 *
 * @returns whether anything was ordered
 */
export async function orderWorkers(
  services: ApiServices,
  request: ApiRequest,
  shown: ClusterWithGroups,
  { group, count, rollback, health }: WantedWorkers,
): Promise<boolean> {
  const { cluster } = shown;
  if (count === group.node_count && !(await isSizeQueued(services.store, group))) return false;
  resizing(driverOf(services.drivers, shown));
  await orderChange(services, request, cluster, {
    verb: 'update',
    kind: 'update',
    parameters: { nodegroup: group.uuid, node_count: count, nodes_to_remove: [], rollback },
    async also(store) {
      await replaceQueuedSizes(store, cluster, group.uuid);
      if (health) await store.clusters.update(cluster.uuid, health);
    },
  });
  return true;
}

/** @throws MagnumError 400 */
function allowZero({ version }: Pick<ApiRequest, 'version'>): void {
  if (atLeast(version, ZERO_NODES_SINCE)) return;
  throw badRequest('Resizing a nodegroup to zero is not supported in the provided microversion.');
}

/** @throws MagnumError 400 before the version that knows it, and for what is no boolean */
export function rollbackIn({ query, version }: Pick<ApiRequest, 'query' | 'version'>): boolean {
  const given = query['rollback'];
  if (given === undefined) return false;
  if (!atLeast(version, ROLLBACK_SINCE)) throw badRequest('Unknown argument: "rollback"');
  const rollback = booleanOf(given);
  if (rollback !== undefined) return rollback;
  throw badRequest(
    `Invalid input for field/attribute rollback. Value: '${given.slice(0, 200)}'. Wrong type.`,
  );
}

/** @throws MagnumError 400 */
function resizing(driver: Driver): void {
  if (!driver.resize) throw notSupported(`Resizing a cluster that uses the Magnum driver ${driver.name}`);
}

async function isSizeQueued(store: Store, group: NodeGroup): Promise<boolean> {
  const operations = await store.operations.of(group.cluster_id);
  return operations.some(
    ({ verb, state, parameters }) =>
      (verb === 'resize' || verb === 'update') &&
      (state === 'queued' || state === 'running') &&
      parameters['nodegroup'] === group.uuid,
  );
}

function groupIn(groups: readonly NodeGroup[], ident: string | null | undefined): NodeGroup {
  return ident === null || ident === undefined ? defaultWorkers(groups) : oneNodegroup(groups, ident);
}

/** The original leaves it to the driver what a template of another kind does to a cluster. */
function checkKind(from: ClusterTemplate | undefined, to: ClusterTemplate): void {
  if (!from) return;
  for (const field of ['coe', 'server_type', 'cluster_distro'] as const) {
    if (from[field] === to[field]) continue;
    throw invalidTemplate(`its ${field} is ${to[field]}, that of the cluster is ${from[field]}`);
  }
}

function invalidTemplate(why: string) {
  return conflict(`Cluster Template is not valid for upgrade: ${why}.`);
}
