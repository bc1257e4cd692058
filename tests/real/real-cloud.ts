import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DockerEngine } from '@gantry/devcloud';
import type { Session } from '@gantry/openstack';
import { createLogger } from '@gantry/oslo';
import { cloudSession, ensureImages, freePort, launchGantry, removeCloud, startEngine } from 'gantry';

/** A Docker engine of its own, and `gantry up` with real servers on it: for the tests of one file. */
export interface RealCloud {
  readonly folder: string;
  /** `unix://…` of the engine. */
  readonly dockerHost: string;
  readonly session: Session;
  /** Runs Debian's `openstack` with `OS_CLOUD=gantry`; JSON is parsed. @throws with what it said */
  openstack(line: string, options?: { cloud?: 'gantry' | 'gantry-admin' }): Promise<unknown>;
  docker(line: string, env?: Readonly<Record<string, string>>): Promise<string>;
  /** Removes all of it. */
  remove(): Promise<void>;
}

const run = promisify(execFile);

export async function realCloud(): Promise<RealCloud> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-real-'));
  const data = join(folder, 'data');
  const log = createLogger('real', { level: 'warn' });
  const engine = await startEngine({ folder: join(folder, 'engine'), log });
  await ensureImages({ cache: '.cache/images', engine: new DockerEngine(engine.socket), log });
  const gantry = await launchGantry({
    data,
    listen: `127.0.0.1:${await freePort()}`,
    servers: 'containers',
    docker: engine.socket,
    kuryrSocket: join(engine.pluginsFolder, 'kuryr.sock'),
  });
  const dockerHost = `unix://${engine.socket}`;
  // The client asks for the shell it is to write commands for.
  const environment = { LC_ALL: 'C.UTF-8', HOME: folder, SHELL: '/bin/bash' };
  // Debian's client is Debian's Python's, whatever other Python a machine has first in its PATH.
  const path = `/usr/bin:/bin:/usr/sbin:/sbin`;
  return {
    folder,
    dockerHost,
    session: cloudSession(data),
    async openstack(line, options = {}) {
      const env = {
        ...environment,
        PATH: path,
        OS_CLIENT_CONFIG_FILE: join(data, 'clouds.yaml'),
        OS_CLOUD: options.cloud ?? 'gantry',
      };
      const { stdout } = await run('/usr/bin/openstack', words(line), {
        env,
        cwd: folder,
        maxBuffer: 2 ** 26,
      });
      return /-f json/.test(line) ? JSON.parse(stdout) : stdout;
    },
    async docker(line, env = { DOCKER_HOST: dockerHost }) {
      const { stdout } = await run('docker', words(line), { env: { ...environment, PATH: path, ...env } });
      return stdout;
    },
    async remove() {
      await gantry.stop();
      await removeCloud({ data, purge: true, docker: engine.socket, quiet: true });
      await engine.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Splits a command line as a shell would, single quotes included. */
function words(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|\S)+/g)].map(([word]) => word.replaceAll("'", ''));
}
