import { access, constants, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../cli/exit.ts';
import { runProgram, ProgramError } from './run-program.ts';

/** Packages are missing and can't be installed; the message says what to do. */
export class PackagesError extends UserError {
  override readonly name: string = 'PackagesError';
}

/** A package counts as there if a program of it is, wherever that came from. */
export interface NeededPackage {
  readonly name: string;
  readonly program: string;
}

export const DOCKER: NeededPackage = { name: 'docker.io', program: 'dockerd' };
export const MMDEBSTRAP: NeededPackage = { name: 'mmdebstrap', program: 'mmdebstrap' };
export const IPROUTE: NeededPackage = { name: 'iproute2', program: 'ip' };
export const IPTABLES: NeededPackage = { name: 'iptables', program: 'iptables' };

/** Another apt may be at work; it is waited for this long, in milliseconds. */
const LOCK_PATIENCE = 5 * 60_000;

const POLICY = '/usr/sbin/policy-rc.d';
/** Exit code 101 of invoke-rc.d's policy layer: the action is forbidden. */
const FORBID_ALL = '#!/bin/sh\n# Put here by gantry for the time of an installation.\nexit 101\n';

/**
 * Installs what is missing of `needed` from Debian's packages, and says so through `say` before it does. The
 * services that come along are not started. Does nothing where all is there.
 *
 * @param signal ends it, but not while packages are being installed: dpkg would be left halfway
 * @throws {@link PackagesError} without root, off Debian, or when apt fails
 */
export async function ensureDebianPackages(
  needed: readonly NeededPackage[],
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  if (process.getuid?.() === 0) await forgetPolicy();
  const missing = [];
  for (const each of needed) if (!(await hasProgram(each.program))) missing.push(each.name);
  if (missing.length === 0) return;
  const command = `apt-get install --no-install-recommends ${missing.join(' ')}`;
  if (!(await hasProgram('apt-get'))) {
    throw new PackagesError(
      `${missing.join(' and ')} must be installed first; this machine has no apt-get to do it with`,
    );
  }
  if (process.getuid?.() !== 0) throw new PackagesError(`as root, run first: ${command}`);
  say(`Installing from Debian: ${missing.join(', ')}`);
  const restore = await forbidStarts();
  try {
    await aptGet(['update'], signal);
    const install = ['install', '--yes', '--no-install-recommends', ...missing];
    await aptGet(['--download-only', ...install], signal);
    await aptGet(install, undefined);
    signal?.throwIfAborted();
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    throw new PackagesError(`${command} failed: ${error.message}`, { cause: error });
  } finally {
    await restore();
  }
}

async function aptGet(args: string[], signal: AbortSignal | undefined): Promise<void> {
  const deadline = Date.now() + LOCK_PATIENCE;
  for (;;) {
    try {
      await runProgram('apt-get', ['--quiet', ...args], {
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' },
        ownSession: true,
        ...(signal ? { signal } : {}),
      });
      return;
    } catch (error) {
      const locked = error instanceof ProgramError && error.message.includes('Could not get lock');
      if (!locked || Date.now() > deadline) throw error;
      await delay(1000, undefined, { signal });
    }
  }
}

/** Keeps packages from starting their daemons. @returns the way back to how it was */
async function forbidStarts(): Promise<() => Promise<void>> {
  const before = await readFile(POLICY, 'utf8').catch(() => undefined);
  // The machine's own policy stands.
  if (before !== undefined) return async () => undefined;
  await writeFile(POLICY, FORBID_ALL, { mode: 0o755 });
  return forgetPolicy;
}

/** Ours may have been left by a run that was killed. */
async function forgetPolicy(): Promise<void> {
  const policy = await readFile(POLICY, 'utf8').catch(() => undefined);
  if (policy === FORBID_ALL) await rm(POLICY, { force: true });
}

async function hasProgram(name: string): Promise<boolean> {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  const found = await Promise.all(
    folders.map((folder) =>
      access(`${folder}/${name}`, constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
