import type { Driver } from '../driver/context.ts';
import { portRecord } from './recover-port.ts';
import { idTags } from '../networks/tags.ts';
import type { PortRecord } from '../ports/records.ts';

/** The port of an endpoint: from the journal or, for one of the original's, by its tags. */
export async function findEndpoint(
  driver: Driver,
  endpointId: string,
  signal: AbortSignal,
): Promise<PortRecord | undefined> {
  const known = driver.journal.ports.find((port) => port.endpointId === endpointId);
  if (known || driver.reconciled()) return known;
  const [port] = await driver.neutron.ports.list({ tags: idTags(endpointId).join(',') }, signal);
  if (!port) return undefined;
  const record = portRecord(driver, port, 'attached');
  driver.journal.ports.put(record);
  return record;
}
