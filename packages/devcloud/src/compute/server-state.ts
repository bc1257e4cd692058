import { conflict } from '../http/fault.ts';
import type { ServerRow, VmState } from './tables.ts';

const PLAIN: Readonly<Record<VmState, string>> = {
  building: 'BUILD',
  active: 'ACTIVE',
  stopped: 'SHUTOFF',
  paused: 'PAUSED',
  suspended: 'SUSPENDED',
  resized: 'VERIFY_RESIZE',
  error: 'ERROR',
};

/** What `status` says: the state, coloured by some of the tasks under way (Nova's table of them). */
export function statusOf(server: Pick<ServerRow, 'vmState' | 'taskState'>): string {
  const { vmState, taskState } = server;
  if (taskState?.startsWith('rebuild') && ['active', 'stopped', 'error'].includes(vmState)) return 'REBUILD';
  if (taskState?.startsWith('resize_') && ['active', 'stopped'].includes(vmState)) return 'RESIZE';
  if (taskState === 'resize_reverting') return 'REVERT_RESIZE';
  if (vmState === 'active' && taskState?.startsWith('reboot')) {
    return taskState.endsWith('_hard') ? 'HARD_REBOOT' : 'REBOOT';
  }
  return PLAIN[vmState];
}

/**
 * Refuses what a server can't do in its state.
 *
 * @throws Fault 409 in Nova's words
 */
export function requireState(server: ServerRow, verb: string, states: readonly VmState[]): void {
  if (server.deleting) throw inState(server, verb, 'task_state', 'deleting');
  if (!states.includes(server.vmState)) throw inState(server, verb, 'vm_state', server.vmState);
  if (server.taskState !== null) throw inState(server, verb, 'task_state', server.taskState);
}

function inState(server: ServerRow, verb: string, kind: string, state: string) {
  return conflict(`Cannot '${verb}' instance ${server.id} while it is in ${kind} ${state}`);
}

/** @throws Fault 409 if the server is locked, for all but administrators */
export function requireUnlocked(server: ServerRow, isAdmin: boolean): void {
  if (server.lock && !isAdmin) throw conflict(`Instance ${server.id} is locked`);
}
