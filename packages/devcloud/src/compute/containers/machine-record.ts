import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerSpec } from '../hypervisor.ts';
import type { NicLink } from './nic-links.ts';
import { nicName, serverSeed } from './seed.ts';

/** What has to be known of a server's container to bring it up again without being asked. */
export interface MachineRecord {
  readonly id: string;
  /** What it shall be doing: a machine found otherwise after an outage is put right. */
  readonly wanted: 'running' | 'stopped';
  readonly nics: readonly (NicLink & { readonly portId: string })[];
  readonly volumes: readonly { readonly volumeId: string; readonly device: string; readonly path: string }[];
}

/** Keeps machines' records and cloud-init's seeds in a folder, one folder a server. */
export class MachineRecords {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  seedFolder(id: string): string {
    return join(this.#folder, id, 'seed');
  }

  async read(id: string): Promise<MachineRecord | undefined> {
    const text = await readFile(join(this.#folder, id, 'machine.json'), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as MachineRecord);
  }

  async write(record: MachineRecord): Promise<void> {
    await mkdir(join(this.#folder, record.id), { recursive: true, mode: 0o700 });
    await this.#replace(join(this.#folder, record.id, 'machine.json'), JSON.stringify(record));
  }

  async change(id: string, change: (record: MachineRecord) => MachineRecord): Promise<void> {
    const record = await this.read(id);
    if (record) await this.write(change(record));
  }

  /** Only root of this host, and of the server, can read it: user data has secrets in it. */
  async writeSeed(spec: ServerSpec): Promise<void> {
    const folder = this.seedFolder(spec.id);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const [name, content] of Object.entries(serverSeed(spec)))
      await this.#replace(join(folder, name), content);
  }

  async remove(id: string): Promise<void> {
    await rm(join(this.#folder, id), { recursive: true, force: true });
  }

  async ids(): Promise<string[]> {
    return await readdir(this.#folder).catch(() => []);
  }

  /** A crash leaves the old content or the new, never a part. */
  async #replace(path: string, content: string | Uint8Array): Promise<void> {
    await writeFile(`${path}.new`, content, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }
}

export function recordOf(spec: ServerSpec, wanted: MachineRecord['wanted']): MachineRecord {
  return {
    id: spec.id,
    wanted,
    nics: spec.nics.map((nic, index) => ({
      portId: nic.portId,
      tapName: nic.tapName,
      name: nicName(index),
      mac: nic.mac,
      mtu: nic.mtu,
    })),
    volumes: spec.volumes.flatMap(({ volumeId, device, path }) =>
      path === undefined ? [] : [{ volumeId, device, path }],
    ),
  };
}
