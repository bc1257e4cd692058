import { openPorts, removeGroup } from '../endpoints/expose-ports.ts';
import { forgetPool, retirePool } from '../ipam/release-pool.ts';
import { forgetNetwork, leaveNetwork, removeNetwork } from '../networks/delete-network.ts';
import { deletePort, forgetPort, markPort, restorePort, unplug } from '../ports/port-duties.ts';
import type { Task } from '../ports/records.ts';
import type { Driver } from './context.ts';

/** Carries out one task of the journal. */
export function perform(driver: Driver, task: Task, signal: AbortSignal): Promise<void> {
  switch (task.kind) {
    case 'forget-port':
      return forgetPort(driver, task, signal);
    case 'forget-pool':
      return forgetPool(driver, task, signal);
    case 'forget-network':
      return forgetNetwork(driver, task, signal);
    case 'mark-port':
      return markPort(driver, task, signal);
    case 'delete-port':
      return deletePort(driver, task, signal);
    case 'restore-port':
      return restorePort(driver, task, signal);
    case 'expose-ports':
      return openPorts(driver, task, signal);
    case 'remove-group':
      return removeGroup(driver, task, signal);
    case 'remove-network':
      return removeNetwork(driver, task, signal);
    case 'leave-network':
      return leaveNetwork(driver, task, signal);
    case 'retire-pool':
      return retirePool(driver, task, signal);
    case 'unplug':
      return unplug(driver, task);
  }
}
