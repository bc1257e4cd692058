import { badRequest, conflict } from './errors.ts';

/** How many nodes a group has and may have. No maximum is null or 0. */
export interface NodegroupSize {
  readonly node_count: number;
  readonly min_node_count: number;
  readonly max_node_count: number | null;
}

/**
 * The bounds of a group that is made, or that gets other bounds.
 *
 * @throws MagnumError 409, in the original's words
 */
export function checkBounds(name: string, size: NodegroupSize): void {
  const { node_count: count, min_node_count: min, max_node_count: max } = size;
  const bounded = max !== null && max !== 0;
  if (bounded && min > max) {
    throw invalid(name, 'max_node_count', `min_node_count (${min})`, `max_node_count (${max})`);
  }
  if (bounded && count > max) {
    throw invalid(name, 'max_node_count', `node_count (${count})`, `max_node_count (${max})`);
  }
  if (min > count) {
    throw invalid(name, 'min_node_count', `min_node_count (${min})`, `node_count (${count})`);
  }
}

/** @throws MagnumError 400 for a size that the group's bounds don't allow */
export function checkResize(name: string, size: NodegroupSize, count: number): void {
  const { min_node_count: min, max_node_count: max } = size;
  const bounded = max !== null && max !== 0;
  if (count >= min && (!bounded || count <= max)) return;
  const range = `min_node_count = ${min}, max_node_count = ${max ?? 'None'}`;
  throw badRequest(`Resizing ${name} outside the allowed range: ${range}`);
}

function invalid(group: string, attribute: string, smaller: string, larger: string) {
  return conflict(`${attribute} for ${group} is invalid (${smaller} should be less or equal to ${larger}).`);
}
