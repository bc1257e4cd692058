import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DockerEngine } from '@gantry/devcloud';
import { createLogger } from '@gantry/oslo';
import type { Session } from '@gantry/openstack';
import { cloudSession, ensureImages, freePort, launchGantry, removeCloud, startEngine } from 'gantry';

/** A Docker engine and a cloud with real servers, for one bench. */
export interface Machine {
  readonly docker: string;
  readonly session: Session;
}

/** Makes the machine, hands it to `work`, and removes all of it, whatever came of that. Root only. */
export async function withMachine(work: (machine: Machine) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-bench-'));
  const data = join(folder, 'data');
  const log = createLogger('bench', { level: 'warn' });
  const engine = await startEngine({
    folder: join(folder, 'engine'),
    log,
    bridge: { cidr: '172.31.255.1/24' },
  });
  try {
    await ensureImages({ cache: '.cache/images', engine: new DockerEngine(engine.socket), log });
    const gantry = await launchGantry({
      data,
      listen: `127.0.0.1:${await freePort()}`,
      servers: 'containers',
      docker: engine.socket,
      kuryrSocket: join(engine.pluginsFolder, 'kuryr.sock'),
    });
    try {
      await work({ docker: engine.socket, session: cloudSession(data) });
    } finally {
      await gantry.stop();
      await removeCloud({ data, purge: true, docker: engine.socket, quiet: true });
    }
  } finally {
    await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
