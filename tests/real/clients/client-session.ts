import type { Release } from './debian-release.ts';
import { pythonSession } from './python-session.ts';

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

/** Starts the clients of `release`. @param folder holds clouds.yaml, and what commands read and write */
export async function clientSession(release: Release, folder: string): Promise<ClientSession> {
  const session = await pythonSession(release, folder, 'run-commands.py');
  return {
    folder: session.folder,
    run: async (line, cloud, program = 'openstack') =>
      (await session.ask([program, '--os-cloud', cloud, ...line.split(' ')])) as Said,
    close: () => session.close(),
  };
}
