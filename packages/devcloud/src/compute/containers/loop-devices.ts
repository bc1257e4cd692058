import { stat } from 'node:fs/promises';
import { hostProgram } from './host-program.ts';

/** Numbers of a block device. */
export interface DeviceNumber {
  readonly major: number;
  readonly minor: number;
}

/** Makes `file` a block device of this host, if it isn't one already. */
export async function attachLoop(file: string): Promise<DeviceNumber> {
  const [existing] = await loopsOf(file);
  const device = existing ?? (await hostProgram('losetup', ['--find', '--show', file])).trim();
  const { rdev } = await stat(device);
  // makedev(3): 12 bits of the major between the two parts of the minor.
  return { major: (rdev >> 8) & 0xfff, minor: (rdev & 0xff) | ((rdev >> 12) & 0xfff00) };
}

/** No device of this host stands for `file` afterwards; one in use goes when it no longer is. */
export async function detachLoops(file: string): Promise<void> {
  for (const device of await loopsOf(file)) await hostProgram('losetup', ['--detach', device]);
}

async function loopsOf(file: string): Promise<string[]> {
  const listed = await hostProgram('losetup', ['--associated', file, '--noheadings', '--output', 'NAME']);
  return listed
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
