import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { debianRelease, type Release } from './debian-release.ts';

/** What a command left. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `magnum` is the older of the two; what it does, `openstack coe` does now. */
export type Program = 'openstack' | 'magnum';

/** A release's clients, ready to run one command after the other. */
export interface ClientSession {
  /** The session's folder, as the clients see it. */
  readonly folder: string;
  /** @param line what is typed behind the program's name, `openstack` unless said */
  run(line: string, cloud: 'gantry' | 'gantry-admin', program?: Program): Promise<Said>;
  close(): Promise<void>;
}

const RUNNER = fileURLToPath(new URL('run-commands.py', import.meta.url));

/** Starts the clients of `release`. @param folder holds clouds.yaml, and what commands read and write */
export async function clientSession(release: Release, folder: string): Promise<ClientSession> {
  copyFileSync(RUNNER, join(folder, 'run-commands.py'));
  const seen = release === 'bookworm' ? folder : '/mnt';
  const python = ['/usr/bin/python3', `${seen}/run-commands.py`];
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
    async run(line, cloud, program = 'openstack') {
      child.stdin.write(`${JSON.stringify([program, '--os-cloud', cloud, ...line.split(' ')])}\n`);
      const answer = await answers.next();
      if (answer.done === true) throw new Error(`the clients of ${release} ended before they answered`);
      return JSON.parse(answer.value) as Said;
    },
    async close() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'close');
      child.stdin.end();
      await ended;
    },
  };
}
