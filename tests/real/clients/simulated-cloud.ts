import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, launchGantry, removeCloud } from 'gantry';
import { clientSession, type ClientSession } from './client-session.ts';
import type { Release } from './debian-release.ts';

/** `gantry up` with simulated servers, and a release's clients that have its `clouds.yaml`. */
export interface SimulatedCloud {
  readonly client: ClientSession;
  /** The session's folder, as this process sees it. */
  readonly folder: string;
  remove(): Promise<void>;
}

/** @param env settings of Gantry */
export async function simulatedCloud(
  release: Release,
  env: Readonly<Record<string, string>> = {},
): Promise<SimulatedCloud> {
  const top = mkdtempSync(join(tmpdir(), 'gantry-clients-'));
  const data = join(top, 'data');
  const folder = join(top, 'folder');
  mkdirSync(folder);
  const listen = `127.0.0.1:${await freePort()}`;
  const gantry = await launchGantry({ data, listen, servers: 'simulated', env });
  copyFileSync(join(data, 'clouds.yaml'), join(folder, 'clouds.yaml'));
  const client = await clientSession(release, folder);
  return {
    client,
    folder,
    async remove() {
      await client.close();
      await gantry.stop();
      await removeCloud({ data, purge: true, quiet: true });
      rmSync(top, { recursive: true, force: true });
    },
  };
}

/** Files that commands read: `disk.raw`, `client.csr`, `key` and `key.pub`. */
export function writeInputs(folder: string): void {
  writeFileSync(join(folder, 'disk.raw'), Buffer.alloc(65_536));
  const csr = [
    ...['-newkey', 'rsa:2048', '-nodes', '-keyout', '/dev/null'],
    '-subj',
    '/O=system:masters/CN=admin',
  ];
  execFileSync('openssl', ['req', ...csr, '-out', join(folder, 'client.csr')], { stdio: 'ignore' });
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
}
