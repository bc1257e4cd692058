import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync } from 'node:fs';
import { access, constants, mkdir, readFile, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { DockerEngine } from '@gantry/devcloud';
import type { Logger } from '@gantry/oslo';
import { UserError } from '../cli/exit.ts';
import { ProgramError, runProgram } from '../host/run-program.ts';
import { engineFolder, type EngineFolder } from './engine-folder.ts';
import { engineProcesses, gone, killEngine, signal } from './engine-processes.ts';

export interface EngineOptions {
  /** Holds all that the engine has: images, containers, socket, log. */
  readonly folder: string;
  readonly log: Logger;
  /** The engine's default network, where containers shall be on it: `{ cidr: '172.30.0.1/24' }`. */
  readonly bridge?: { readonly cidr: string };
  /** How long dockerd may take to answer, in milliseconds. */
  readonly patience?: number;
  readonly signal?: AbortSignal;
}

/** A Docker engine that is ours alone, beside whatever else runs on the machine. */
export interface Engine {
  /** Path of the Unix socket its API is on. */
  readonly socket: string;
  /** A plug-in's socket put here is one in the engine's `/run/docker/plugins`. */
  readonly pluginsFolder: string;
  readonly pid: number;
  /** Ends it and everything it runs; its data stays. Can be called again. */
  stop(): Promise<void>;
}

/** The engine can't be started here; the message says why and what to do. */
export class EngineError extends UserError {
  override readonly name: string = 'EngineError';
}

/** Fixed paths of dockerd, each of which is something else in the engine's mount name space. */
const MOUNT_POINTS = ['/run/docker', '/run/containerd', '/etc/docker'];

/** A default network that nobody is on. Source: RFC 5737, addresses that no network has. */
const UNUSED_CIDR = '192.0.2.1/30';

/** Run in the new mount name space; `$1` plug-ins, `$2` configuration, then dockerd and its arguments. */
const PREPARE_AND_RUN = `set -e
mount -t tmpfs -o mode=0711 gantry /run/docker
mount -t tmpfs -o mode=0711 gantry /run/containerd
mkdir /run/docker/plugins
mount --bind "$1" /run/docker/plugins
mount --bind "$2" /etc/docker
shift 2
exec "$@"`;

/**
 * Starts a Docker engine of our own, or takes over the one that an earlier process started in `folder` and left
 * running. What a killed one left behind is cleared away first.
 *
 * dockerd's plug-in folder and the places where it looks for a containerd and for its configuration are fixed
 * paths. So it gets a mount name space of its own, in which they are other folders: the machine's Docker is
 * neither seen nor disturbed.
 *
 * @throws {@link EngineError}
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const running = await findEngine(options.folder, options.log);
  if (running) return running;
  const paths = engineFolder(options.folder);
  const dockerd = await findDockerd();
  await requireRights();
  for (const folder of [paths.dataRoot, paths.pluginsFolder, paths.etcFolder]) {
    await mkdir(folder, { recursive: true, mode: 0o710 });
  }
  // They are only mounted over, and stay: removing a mount point takes away the mounts of every engine on it.
  for (const folder of MOUNT_POINTS) await mkdir(folder, { recursive: true });
  await makeBridge(paths.bridge, options.bridge?.cidr ?? UNUSED_CIDR);
  try {
    const pid = await launch(dockerd, paths, options);
    await warnOfSlowStorage(paths, options.log);
    options.log.info({ socket: paths.socket, pid }, 'a Docker engine of our own is up');
    return engineAt(paths, pid, options.log);
  } catch (error) {
    await clear(paths);
    throw error;
  }
}

/**
 * The engine that runs in `folder`, if it answers. One that doesn't, and what is left of one that was killed,
 * is cleared away.
 */
export async function findEngine(folder: string, log: Logger): Promise<Engine | undefined> {
  const paths = engineFolder(folder);
  const processes = await engineProcesses(paths);
  const pid = processes.find((each) => each.kind === 'dockerd')?.pid;
  if (pid !== undefined && (await answers(paths.socket))) return engineAt(paths, pid, log);
  if (processes.length > 0) {
    log.warn({ folder, processes: processes.length }, 'clearing away what a killed Docker engine left');
  }
  await clear(paths);
  return undefined;
}

function engineAt(paths: EngineFolder, pid: number, log: Logger): Engine {
  let stopping: Promise<void> | undefined;
  return {
    socket: paths.socket,
    pluginsFolder: paths.pluginsFolder,
    pid,
    stop: () => (stopping ??= stopEngine(paths, pid, log)),
  };
}

/** dockerd ends its containers and its containerd when asked to; what it leaves is killed. */
async function stopEngine(paths: EngineFolder, pid: number, log: Logger): Promise<void> {
  signal(pid, 'SIGTERM');
  const orderly = await gone([pid], 20_000);
  if (!orderly) log.warn({ pid }, 'dockerd did not end by itself; killing it');
  await clear(paths);
}

async function clear(paths: EngineFolder): Promise<void> {
  await killEngine(paths);
  await rm(paths.socket, { force: true });
  await rm(paths.pidFile, { force: true });
  await runProgram('ip', ['link', 'delete', paths.bridge]).catch(() => undefined);
}

async function findDockerd(): Promise<string> {
  const path = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin', '/usr/local/bin'];
  for (const folder of path.filter((each) => each !== '')) {
    const candidate = join(folder, 'dockerd');
    const usable = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return candidate;
  }
  throw new EngineError(
    'there is no dockerd on this machine: install Docker (on Debian: apt-get install docker.io)',
  );
}

async function requireRights(): Promise<void> {
  if (process.getuid?.() !== 0) throw new EngineError('a Docker engine of our own needs root');
  try {
    await runProgram('unshare', ['--mount', '--propagation', 'private', 'true']);
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    throw new EngineError(
      `this machine does not allow mount name spaces (CAP_SYS_ADMIN is missing): ${error.message}`,
      { cause: error },
    );
  }
}

/** A bridge of our own, as `docker0` may be another engine's. */
async function makeBridge(name: string, cidr: string): Promise<void> {
  try {
    await runProgram('ip', ['link', 'add', name, 'type', 'bridge']);
    await runProgram('ip', ['address', 'add', cidr, 'dev', name]);
    await runProgram('ip', ['link', 'set', name, 'up']);
  } catch (error) {
    throw new EngineError(`can't make the bridge ${name} with ${cidr}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function dockerdArguments(paths: EngineFolder): string[] {
  return [
    `--data-root=${paths.dataRoot}`,
    `--exec-root=${paths.execRoot}`,
    `--pidfile=${paths.pidFile}`,
    `--host=unix://${paths.socket}`,
    `--cgroup-parent=${paths.cgroupParent}`,
    // systemd's driver would need a systemd, and a slice where this names a group.
    '--exec-opt=native.cgroupdriver=cgroupfs',
    // Told to have none, dockerd removes docker0 from the machine, which is the default network of the user's Docker.
    `--bridge=${paths.bridge}`,
    // Firewall rules are for the whole machine, and this is only a guest on it.
    '--iptables=false',
    '--ip6tables=false',
    '--ip-masq=false',
    '--ip-forward=false',
    '--shutdown-timeout=10',
  ];
}

/** @returns the pid of dockerd, which answers by then. It is in a session of its own: Ctrl-C is for us to hear. */
async function launch(dockerd: string, paths: EngineFolder, options: EngineOptions): Promise<number> {
  await rm(paths.logFile, { force: true });
  const log = openSync(paths.logFile, 'a', 0o600);
  const command = [paths.pluginsFolder, paths.etcFolder, dockerd, ...dockerdArguments(paths)];
  const child = spawn(
    'unshare',
    ['--mount', '--propagation=private', '--', '/bin/sh', '-c', PREPARE_AND_RUN, 'sh', ...command],
    { stdio: ['ignore', log, log], detached: true },
  );
  closeSync(log);
  const ended = once(child, 'exit').then(() => true);
  child.unref();
  const deadline = Date.now() + (options.patience ?? 60_000);
  while (!(await answers(paths.socket))) {
    options.signal?.throwIfAborted();
    const over = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 50, false))]);
    if (over || Date.now() > deadline || child.pid === undefined) {
      throw new EngineError(
        `dockerd ${over ? 'did not start' : 'did not answer in time'}: ${await lastWords(paths.logFile)} ` +
          `(its log: ${paths.logFile})`,
      );
    }
  }
  // unshare and sh have become dockerd by exec.
  if (child.pid === undefined) throw new EngineError('dockerd did not start');
  return child.pid;
}

async function answers(socket: string): Promise<boolean> {
  const engine = new DockerEngine(socket);
  try {
    await engine.ping(AbortSignal.timeout(5000));
    return true;
  } catch {
    return false;
  } finally {
    await engine.close();
  }
}

async function warnOfSlowStorage(paths: EngineFolder, log: Logger): Promise<void> {
  const engine = new DockerEngine(paths.socket);
  try {
    const { Driver } = await engine.info();
    if (Driver === 'overlay2') return;
    log.warn(
      { driver: Driver, folder: paths.dataRoot },
      'Docker can not use overlay2 in this folder and is slower and larger than it could be; ' +
        'a folder on ext4 or xfs would change that',
    );
  } finally {
    await engine.close();
  }
}

/** The last line of dockerd's log that speaks of a failure. */
async function lastWords(logFile: string): Promise<string> {
  const lines = (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n');
  const failure = lines.findLast((line) => /level=(fatal|error)|failed|cannot|denied/i.test(line));
  return failure ?? lines.at(-1) ?? 'it said nothing';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
