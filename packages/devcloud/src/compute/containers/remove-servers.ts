import { join } from 'node:path';
import type { Logger } from '@gantry/oslo';
import { CLOUD_LABEL, SERVER_LABEL } from './container-config.ts';
import type { DockerEngine } from './docker-engine.ts';
import { MachineRecords } from './machine-record.ts';
import { Machines } from './machines.ts';

/**
 * Removes all servers of a cloud from an engine, with their volumes, NICs and loop devices, and those alone.
 * `stateDir` is the hypervisor's: it knows also of servers whose container is gone.
 * @returns how many there were
 */
export async function removeServers(
  engine: DockerEngine,
  cloudId: string,
  stateDir: string,
  log: Logger,
): Promise<number> {
  const label = `${CLOUD_LABEL}=${cloudId}`;
  const records = new MachineRecords(join(stateDir, 'servers'));
  const machines = new Machines({ engine, cloudId, records, log, defaultImage: '' });
  const found = (await engine.listContainers([label])).flatMap(({ Labels }) => Labels[SERVER_LABEL] ?? []);
  const ids = new Set([...found, ...(await records.ids())]);
  await Promise.all([...ids].map((id) => machines.remove(id)));
  for (const volume of await engine.listVolumes([label])) await engine.removeVolume(volume);
  return ids.size;
}
