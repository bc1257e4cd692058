import { readdir, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineFolder } from './engine-folder.ts';

/** A process that belongs to an engine. */
export interface EngineProcess {
  readonly pid: number;
  readonly parent: number;
  /** Ticks since boot at its start: pid and this together are never used twice. */
  readonly started: string;
  readonly kind: 'dockerd' | 'other';
}

/** An engine's dockerd, containerd and shims: those whose command line names its exec-root, and nobody else's. */
export async function engineProcesses(engine: EngineFolder): Promise<EngineProcess[]> {
  return (await allProcesses())
    .filter((each) => each.commandLine.some((part) => part.includes(engine.execRoot)))
    .map(({ commandLine, ...process }) => ({
      ...process,
      kind: commandLine[0]?.endsWith('dockerd') ? 'dockerd' : 'other',
    }));
}

/**
 * Kills what is left of an engine: first the containers (children of its shims, who would live on as orphans),
 * then shims, containerd and dockerd. Their mounts go with them, being in name spaces that only they hold.
 * @returns how many processes there were
 */
export async function killEngine(engine: EngineFolder): Promise<number> {
  let killed = 0;
  // Again, as a shim may be starting one while it is looked at.
  for (let round = 0; round < 50; round += 1) {
    const own = await engineProcesses(engine);
    if (own.length === 0) break;
    const parents = new Set(own.map((each) => each.pid));
    const children = (await allProcesses()).filter(
      (each) => parents.has(each.parent) && !parents.has(each.pid),
    );
    const all = [...own.filter((each) => each.kind === 'dockerd'), ...children, ...own];
    for (const { pid } of all) signal(pid, 'SIGKILL');
    if (round === 0) killed = new Set(all.map((each) => each.pid)).size;
    await gone(all.map((each) => each.pid));
  }
  await removeCgroups(engine);
  return killed;
}

/** False if there is no such process. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** Waits until none of `pids` is there, but not for ever: a process in an uninterruptible sleep is not waited for. */
export async function gone(pids: readonly number[], milliseconds = 2000): Promise<boolean> {
  const deadline = Date.now() + milliseconds;
  while (Date.now() < deadline) {
    const left = await Promise.all(pids.map(isAlive));
    if (!left.includes(true)) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

/** A zombie is dead: it only waits for its parent to look. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat !== undefined && !/^\d+ \(.*\) [ZX]/s.test(stat);
}

interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly started: string;
  readonly commandLine: readonly string[];
}

async function allProcesses(): Promise<ProcessInfo[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map((pid) => readProcess(Number(pid)).catch(() => undefined)));
  return found.filter((each) => each !== undefined);
}

async function readProcess(pid: number): Promise<ProcessInfo | undefined> {
  const [stat, commandLine] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/cmdline`, 'utf8'),
  ]);
  // The name, in parentheses, may contain anything; fields are counted from after it (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields;
  if (state === undefined || state === 'Z' || state === 'X') return undefined;
  return { pid, parent: Number(parent), started: fields[19] ?? '', commandLine: commandLine.split('\0') };
}

/** Control groups of killed containers stay until someone removes them: the innermost first. */
async function removeCgroups(engine: EngineFolder): Promise<void> {
  const hierarchies = await readdir('/sys/fs/cgroup').catch(() => []);
  for (const root of ['', ...hierarchies])
    await removeTree(join('/sys/fs/cgroup', root, engine.cgroupParent));
}

async function removeTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(folder, entry.name));
  await rmdir(folder).catch(() => undefined);
}
