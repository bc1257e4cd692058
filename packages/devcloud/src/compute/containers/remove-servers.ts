import { join } from 'node:path';
import type { Logger } from '@gantry/oslo';
import { CLOUD_LABEL, SERVER_LABEL } from './container-config.ts';
import type { DockerEngine } from './docker-engine.ts';
import { MachineRecords } from './machine-record.ts';
import { Machines } from './machines.ts';

/** A folder that is not there has no records, and removing them does nothing. */
const NOWHERE = '/nonexistent';

/**
 * Removes all servers of a cloud from an engine, with their volumes, NICs and loop devices, and those alone.
 * `stateDir` is the hypervisor's: it knows also of servers whose container is gone; undefined: it is lost.
 * @returns how many there were
 */
export async function removeServers(
  engine: DockerEngine,
  cloudId: string,
  stateDir: string | undefined,
  log: Logger,
): Promise<number> {
  const label = `${CLOUD_LABEL}=${cloudId}`;
  const records = new MachineRecords(stateDir === undefined ? NOWHERE : join(stateDir, 'servers'));
  const machines = new Machines({ engine, cloudId, records, log, defaultImage: '' });
  const found = (await engine.listContainers([label])).flatMap(({ Labels }) => Labels[SERVER_LABEL] ?? []);
  const ids = new Set([...found, ...(await records.ids())]);
  await Promise.all([...ids].map((id) => machines.remove(id)));
  for (const volume of await engine.listVolumes([label])) await engine.removeVolume(volume);
  return ids.size;
}

/** Ids of the clouds that have servers on an engine. */
export async function cloudsWithServers(engine: DockerEngine): Promise<string[]> {
  const containers = await engine.listContainers([CLOUD_LABEL]);
  return [...new Set(containers.flatMap(({ Labels }) => Labels[CLOUD_LABEL] ?? []))];
}
