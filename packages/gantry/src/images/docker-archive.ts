import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { runProgram } from '../host/run-program.ts';

export interface ImageDescription {
  /** `nginx:latest` */
  readonly reference: string;
  /** Docker's image configuration: `Cmd`, `Env`, `Labels`… */
  readonly config: Readonly<Record<string, unknown>>;
  readonly architecture: string;
  readonly created: Date;
}

/**
 * Makes the archive that `docker load` takes out of a root file system, without an engine. `rootfs` (a plain
 * tar) is moved into the archive's making and gone afterwards. Format: Docker Image Specification v1.2.
 */
export async function writeDockerArchive(
  rootfs: string,
  description: ImageDescription,
  output: string,
): Promise<void> {
  const folder = await mkdtemp(join(dirname(output), 'archive-'));
  try {
    const digest = await sha256(rootfs);
    const layer = `${digest}.tar`;
    await rename(rootfs, join(folder, layer));
    const config = JSON.stringify({
      architecture: description.architecture,
      os: 'linux',
      config: description.config,
      rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
      history: [{ created: description.created.toISOString(), created_by: 'mmdebstrap' }],
      created: description.created.toISOString(),
    });
    const configName = `${createHash('sha256').update(config).digest('hex')}.json`;
    await writeFile(join(folder, configName), config);
    const manifest = [{ Config: configName, RepoTags: [description.reference], Layers: [layer] }];
    await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
    await runProgram('tar', [
      '--create',
      '--file',
      output,
      '--directory',
      folder,
      'manifest.json',
      configName,
      layer,
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
