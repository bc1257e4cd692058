import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface LaunchOptions {
  readonly data: string;
  /** `HOST:PORT` */
  readonly listen: string;
  readonly servers: 'containers' | 'simulated';
  /** Socket of the Docker engine that has the servers. */
  readonly docker?: string;
  /** Where that engine looks for network drivers; without it Kuryr is off. */
  readonly kuryrSocket?: string;
  /** Options of Node itself, `--import` of a fault for instance. */
  readonly nodeOptions?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Path of another `gantry` than the clone's own. */
  readonly command?: string;
  /** Ends it before it is ready. */
  readonly signal?: AbortSignal;
  /** Runs it in a session of its own, where the terminal's Ctrl-C doesn't reach it. */
  readonly ownSession?: boolean;
}

/** A `gantry up` in a process of its own. */
export interface Launched {
  readonly pid: number;
  readonly url: string;
  /** Ctrl-C, and what that process had to say at its end: its exit status, undefined if a signal ended it. */
  stop(): Promise<number | undefined>;
  /** `kill -9` */
  kill(): Promise<void>;
  /** Resolves when the process ended, by itself or not. */
  readonly ended: Promise<number | undefined>;
  /** Milliseconds, as it said itself. */
  readonly readyMs: number;
}

const COMMAND = fileURLToPath(new URL('../../bin/gantry.js', import.meta.url));

/** Starts `gantry up` and waits until it is ready. @throws Error with what it said, if it ends before */
export async function launchGantry(options: LaunchOptions): Promise<Launched> {
  const command = [...(options.nodeOptions ?? []), options.command ?? COMMAND, ...upArguments(options)];
  const child = spawn(process.execPath, command, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    detached: options.ownSession ?? false,
  });
  const abort = (): void => void child.kill('SIGTERM');
  options.signal?.addEventListener('abort', abort, { once: true });
  const ended = once(child, 'close').then(([code]) => (code === null ? undefined : Number(code)));
  const readyMs = await readiness(child, ended).finally(() =>
    options.signal?.removeEventListener('abort', abort),
  );
  return {
    pid: child.pid ?? 0,
    url: `http://${options.listen}`,
    readyMs,
    ended,
    async stop() {
      child.kill('SIGINT');
      return ended;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** What a user would type behind `gantry`. */
export function upArguments(options: LaunchOptions): string[] {
  const { data, listen, servers, docker, kuryrSocket } = options;
  return [
    ...['up', '--data', data, '--listen', listen, '--servers', servers],
    ...(docker === undefined ? [] : ['--docker', docker]),
    ...(kuryrSocket === undefined ? ['--no-kuryr'] : ['--kuryr-socket', kuryrSocket]),
  ];
}

async function readiness(child: ChildProcess, ended: Promise<number | undefined>): Promise<number> {
  let said = '';
  const ready = new Promise<number>((resolve) => {
    const listen = (data: unknown): void => {
      said += String(data);
      const found = /gantry is ready in (\d+) ms/.exec(said);
      if (found) resolve(Number(found[1]));
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
  });
  const broken = ended.then((code) => {
    throw new Error(`gantry up ended with ${code ?? 'a signal'}: ${said.trim()}`);
  });
  // After readiness, an end is what `ended` tells.
  broken.catch(() => undefined);
  return Promise.race([ready, broken]);
}
