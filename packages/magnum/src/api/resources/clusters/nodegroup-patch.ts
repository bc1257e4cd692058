import { checkNodeLabels, readTaints } from '../../../clusters/node-labels.ts';
import { checkBounds } from '../../../clusters/nodegroup-size.ts';
import type { NodeGroup } from '../../../store/rows.ts';
import {
  applyPatch,
  readPatch,
  SERVICES_OWN,
  type PatchOperation,
  type PatchRules,
} from '../../wire/patch.ts';
import { writtenLabels, writtenObjects } from '../../wire/patch-fields.ts';
import { integer } from '../../wire/wire-fields.ts';

const RULES: PatchRules = {
  internal: [
    ...SERVICES_OWN,
    'cluster_id',
    'name',
    'docker_volume_size',
    'labels',
    'flavor_id',
    'image_id',
    'node_addresses',
    'node_count',
    'role',
    'is_default',
    'stack_id',
    'status',
    'status_reason',
    'version',
  ],
  mandatory: [],
};

const read = {
  bound: integer({ min: 0 }),
  labels: writtenLabels(),
  taints: writtenObjects(),
};

export type NodegroupPatch = Pick<
  NodeGroup,
  'min_node_count' | 'max_node_count' | 'node_labels' | 'node_taints'
>;

/** The body of a PATCH of a node group. @throws MagnumError 400 naming the operation that is wrong */
export function readNodegroupOperations(body: unknown): PatchOperation[] {
  return readPatch(body, RULES);
}

/**
 * @returns what a PATCH of a node group comes to, as a whole
 * @throws MagnumError 400, or 409 for numbers, labels and taints that can't be
 */
export function nodegroupPatch(operations: readonly PatchOperation[], group: NodeGroup): NodegroupPatch {
  const { min_node_count, max_node_count, node_labels, node_taints } = group;
  const before = { min_node_count, max_node_count, node_labels, node_taints };
  const { patched } = applyPatch(before, operations);
  const labels = read.labels.read('node_labels', patched['node_labels']) ?? {};
  const after = {
    min_node_count: read.bound.read('min_node_count', patched['min_node_count']) ?? 0,
    max_node_count: read.bound.read('max_node_count', patched['max_node_count']) ?? null,
    node_labels: labels,
    node_taints: readTaints(
      group.name,
      group.role,
      read.taints.read('node_taints', patched['node_taints']) ?? [],
    ),
  };
  checkBounds(group.name, { ...after, node_count: group.node_count });
  checkNodeLabels(group.name, group.role, labels);
  return after;
}
