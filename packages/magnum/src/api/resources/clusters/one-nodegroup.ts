import { notFound } from '../../../clusters/errors.ts';
import type { NodeGroup } from '../../../store/rows.ts';
import { asUuid } from '../../wire/ident.ts';

/**
 * A node group among those of its cluster, by UUID, name, or number.
 *
 * @throws MagnumError 404
 */
export function oneNodegroup(groups: readonly NodeGroup[], ident: string): NodeGroup {
  const uuid = asUuid(ident);
  const found =
    uuid === undefined
      ? (groups.find(({ name }) => name === ident) ?? groups.find(({ id }) => String(id) === ident))
      : groups.find((group) => group.uuid === uuid);
  if (found) return found;
  throw notFound(`Nodegroup ${ident} could not be found.`);
}

/** The group that a cluster's `node_count` is about. @throws MagnumError 404 */
export function defaultWorkers(groups: readonly NodeGroup[]): NodeGroup {
  const found = groups.find(({ is_default, role }) => is_default && role !== 'master');
  if (found) return found;
  throw notFound('Nodegroup default-worker could not be found.');
}
