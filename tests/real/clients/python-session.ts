import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { debianRelease, type Release } from './debian-release.ts';

/** A Python program with a release's modules that answers each line of JSON by another. */
export interface PythonSession {
  /** The session's folder, as the program sees it. */
  readonly folder: string;
  ask(line: unknown): Promise<unknown>;
  close(): Promise<void>;
}

/** Starts `script`, a file beside this one. @param folder holds clouds.yaml, and what the program reads and writes */
export async function pythonSession(
  release: Release,
  folder: string,
  script: string,
): Promise<PythonSession> {
  copyFileSync(fileURLToPath(new URL(script, import.meta.url)), join(folder, script));
  const seen = release === 'bookworm' ? folder : '/mnt';
  const python = ['/usr/bin/python3', `${seen}/${script}`];
  // In a mount name space: that the folder is seen in the chroot ends with the process.
  const inside = 'mount --bind "$1" "$2/mnt" && shift && exec chroot "$@"';
  const [program = '', ...args] =
    release === 'bookworm'
      ? python
      : ['unshare', '--mount', 'sh', '-c', inside, 'sh', folder, await debianRelease(release), ...python];
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      LC_ALL: 'C.UTF-8',
      HOME: seen,
      // The client asks for the shell it is to write commands for.
      SHELL: '/bin/bash',
      OS_CLIENT_CONFIG_FILE: `${seen}/clouds.yaml`,
    },
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    folder: seen,
    async ask(line) {
      child.stdin.write(`${JSON.stringify(line)}\n`);
      const answer = await answers.next();
      if (answer.done === true) throw new Error(`${script} of ${release} ended before it answered`);
      return JSON.parse(answer.value) as unknown;
    },
    async close() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'close');
      child.stdin.end();
      await ended;
    },
  };
}
