import type { Driver } from '../driver/context.ts';
import type { Chore, PortRecord } from './records.ts';

/**
 * Forgets a port and writes down what is left to do about it: host links, then the port itself.
 * The caller attempts these chores. Call it within `journal.together`.
 */
export function releasePort({ journal, chores }: Driver, port: PortRecord): Chore[] {
  journal.ports.remove(port.id);
  const owed: Chore[] = [];
  if (port.phase === 'attached') owed.push(chores.add({ kind: 'unplug', portId: port.id }));
  owed.push(
    port.before
      ? chores.add({
          kind: 'restore-port',
          portId: port.id,
          before: port.before,
          ...(port.endpointId === undefined ? {} : { endpointId: port.endpointId }),
        })
      : chores.add({ kind: 'delete-port', portId: port.id }),
  );
  // In the background: nobody waits for a security group to go.
  if (port.exposed === true) chores.add({ kind: 'remove-group', portId: port.id });
  return owed;
}
