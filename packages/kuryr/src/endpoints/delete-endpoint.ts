import type { Driver } from '../driver/context.ts';
import type { Chore } from '../ports/records.ts';
import { releasePort } from '../ports/release-port.ts';
import { findEndpoint } from './endpoints.ts';

/**
 * DeleteEndpoint: takes the container off the wire, in the background. Its port goes with ReleaseAddress, which Docker
 * sends next to the IPAM driver it used; if that isn't us, it goes now.
 */
export async function deleteEndpoint(driver: Driver, endpointId: string, signal: AbortSignal): Promise<void> {
  const { journal, chores } = driver;
  const port = await findEndpoint(driver, endpointId, signal);
  if (!port) return;
  if (port.foreignIpam === true) {
    let owed: Chore[] = [];
    journal.together(() => {
      owed = releasePort(driver, port);
    });
    await chores.attempt(owed, signal);
    return;
  }
  journal.together(() => {
    journal.ports.put({ ...port, phase: 'detached', since: driver.now() });
    chores.add({ kind: 'unplug', portId: port.id });
  });
  chores.hasten();
}
