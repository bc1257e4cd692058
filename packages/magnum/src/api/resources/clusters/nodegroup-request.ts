import { badRequest, conflict } from '../../../clusters/errors.ts';
import { inheritedLabels } from '../../../clusters/labels.ts';
import { checkNodeLabels, readTaints } from '../../../clusters/node-labels.ts';
import { checkBounds } from '../../../clusters/nodegroup-size.ts';
import type { New, NodeGroup } from '../../../store/rows.ts';
import type { ClusterWithGroups } from '../../../store/store.ts';
import { writtenLabels, writtenObjects } from '../../wire/patch-fields.ts';
import {
  boolean,
  ignored,
  integer,
  labels,
  mandatoryText,
  readOnly,
  short,
  text,
  type Read,
} from '../../wire/wire-fields.ts';

/** The fields of a node group in requests. */
export const nodegroupFields = {
  id: ignored(),
  uuid: ignored(),
  name: mandatoryText(short),
  cluster_id: readOnly(),
  project_id: readOnly(),
  docker_volume_size: integer({ min: 1 }),
  labels: labels(),
  links: readOnly(),
  flavor_id: text(short),
  image_id: text(short),
  node_addresses: readOnly(),
  node_count: integer({ min: 0 }),
  role: text(short),
  min_node_count: integer({ min: 0 }),
  max_node_count: integer({ min: 0 }),
  is_default: ignored(),
  stack_id: readOnly(),
  status: ignored(),
  status_reason: readOnly(),
  version: ignored(),
  merge_labels: boolean(),
  labels_overridden: ignored(),
  labels_added: ignored(),
  labels_skipped: ignored(),
  node_labels: writtenLabels(),
  node_taints: writtenObjects(),
  created_at: readOnly(),
  updated_at: readOnly(),
} as const;

export type NodegroupRequest = Read<typeof nodegroupFields>;

/**
 * The row of a node group that is asked for, checked by itself and against the cluster's other groups.
 *
 * @throws MagnumError 409 for names and numbers, 400 for a role, as in the original
 */
export function newNodegroup(
  asked: NodegroupRequest,
  { cluster, nodegroups, template }: ClusterWithGroups,
  uuid: string,
): New<NodeGroup> {
  const { name } = asked;
  const role = asked.role ?? 'worker';
  checkName(name, cluster.name, nodegroups);
  const size = {
    node_count: asked.node_count ?? 1,
    min_node_count: asked.min_node_count ?? 0,
    max_node_count: asked.max_node_count ?? null,
  };
  checkBounds(name, size);
  const node_labels = asked.node_labels ?? {};
  checkNodeLabels(name, role, node_labels);
  const node_taints = readTaints(name, role, asked.node_taints ?? []);
  if (role === 'master') throw badRequest('Creating master nodegroups is currently not supported.');
  return {
    uuid,
    name,
    cluster_id: cluster.uuid,
    project_id: cluster.project_id,
    docker_volume_size: asked.docker_volume_size ?? null,
    labels: inheritedLabels(cluster.labels, asked.labels, asked.merge_labels === true),
    flavor_id: asked.flavor_id ?? cluster.flavor_id,
    image_id: asked.image_id ?? template?.image_id ?? null,
    node_addresses: [],
    ...size,
    role,
    is_default: false,
    stack_id: null,
    status: 'CREATE_IN_PROGRESS',
    status_reason: null,
    version: null,
    node_labels,
    node_taints,
  };
}

/** @throws MagnumError 409 */
export function checkName(name: string, clusterName: string, groups: readonly NodeGroup[]): void {
  if (!groups.some((group) => group.name === name)) return;
  throw conflict(`A node group with name ${name} already exists in the cluster ${clusterName}.`);
}
