import type { ClusterStatus, OperationState } from '../store/rows.ts';
import { badRequest, type MagnumError } from './errors.ts';

/** What a user can do to a cluster that is there. */
export type ChangeKind = 'update' | 'resize' | 'upgrade' | 'rotate' | 'nodegroup';

const WORDS: Readonly<Record<ChangeKind, string>> = {
  update: 'Updating a cluster',
  resize: 'Resizing a cluster',
  upgrade: 'Upgrading a cluster',
  rotate: 'Updating a cluster',
  nodegroup: 'Changing the node groups of a cluster',
};

/**
 * Whether a cluster in this state can be changed. Clients of the original see its refusals of upgrades and
 * rotations, so these stay: only when nothing is under way and nothing has failed. The others it promised and then
 * dropped without a word; here they wait behind what is under way, and are a way out of an update that failed.
 *
 * @returns why not; undefined if it can
 */
export function refusal(kind: ChangeKind, given: ClusterStatus | null): MagnumError | undefined {
  const status = given ?? 'None';
  const settled = status.endsWith('_COMPLETE') && status !== 'DELETE_COMPLETE';
  if (settled) return undefined;
  const patient = kind === 'update' || kind === 'resize' || kind === 'nodegroup';
  const leadsOut = ['UPDATE_FAILED', 'ROLLBACK_FAILED', 'RESUME_FAILED'].includes(status);
  const underWay = ['CREATE_IN_PROGRESS', 'UPDATE_IN_PROGRESS', 'ROLLBACK_IN_PROGRESS'].includes(status);
  if (patient && (leadsOut || underWay)) return undefined;
  return notSupported(`${WORDS[kind]} when status is "${status}"`);
}

/** @param what `Upgrading a cluster of the driver swarm` */
export function notSupported(what: string): MagnumError {
  return badRequest(`${what} is not supported.`);
}

/** Whether an operation in this state is still to be carried out, or is being. */
export function isUnfinished(state: OperationState): boolean {
  return state === 'queued' || state === 'running';
}
