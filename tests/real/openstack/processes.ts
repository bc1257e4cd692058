import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** One process (with its children, in a session of its own) that outlives this program; known by run/NAME.json. */
export interface ProcessSpec {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What every process of OpenStack gets: Debian's Python first, whatever other Python the machine has. */
export const debianEnvironment = (folder: string) => ({
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C.UTF-8',
  HOME: join(folder, 'state'),
});

interface Running {
  readonly pid: number;
  readonly started: string | undefined;
  /** Undefined if an older version of this program started it. */
  readonly command?: readonly string[];
}

/** Starts it, unless it runs; by another command than this, it is stopped first. Its output goes to log/NAME.out. */
export async function start(folder: string, { name, command, env }: ProcessSpec): Promise<void> {
  const present = running(folder, name);
  if (present) {
    if (present.command?.join(' ') === command.join(' ')) return;
    await stop(folder, name);
  }
  const output = openSync(join(folder, 'log', `${name}.out`), 'a');
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: '/',
    detached: true,
    env: { ...debianEnvironment(folder), ...env },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  child.on('error', () => undefined);
  if (child.pid === undefined) throw new Error(`${program} cannot be started`);
  const record: Running = { pid: child.pid, started: startTime(child.pid), command };
  writeFileSync(join(folder, 'run', `${name}.json`), JSON.stringify(record));
  child.unref();
}

/** The process's id while it runs. */
export function pidOf(folder: string, name: string): number | undefined {
  return running(folder, name)?.pid;
}

/** The start time tells a process from a later one that got the same id. */
function running(folder: string, name: string): Running | undefined {
  try {
    const record: Running = JSON.parse(readFileSync(join(folder, 'run', `${name}.json`), 'utf8'));
    return record.started !== undefined && startTime(record.pid) === record.started ? record : undefined;
  } catch {
    return undefined;
  }
}

/** TERM to the process and its children, KILL to what is left of them after `patience` milliseconds. */
export async function stop(folder: string, name: string, patience = 5000): Promise<void> {
  const pid = pidOf(folder, name);
  if (pid !== undefined) {
    signalGroup(pid, 'SIGTERM');
    const deadline = Date.now() + patience;
    while (signalGroup(pid, 0) && Date.now() < deadline) await delay(50);
    signalGroup(pid, 'SIGKILL');
  }
  rmSync(join(folder, 'run', `${name}.json`), { force: true });
}

/** Megabytes of memory of the process and its children, shared pages counted in part. */
export function memoryOf(pids: readonly number[]): number {
  let kilobytes = 0;
  for (const pid of pids) {
    try {
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
      kilobytes += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
    } catch {
      // It ended meanwhile.
    }
  }
  return Math.round(kilobytes / 1024);
}

function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

/** In clock ticks since the machine's start; undefined for a process that is gone or only waited for. */
function startTime(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
