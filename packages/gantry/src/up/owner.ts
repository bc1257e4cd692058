import { readFileSync, rmSync, statSync } from 'node:fs';
import { UserError } from '../cli/exit.ts';
import { writePrivate, type DataFolder } from './data-folder.ts';

/** A process, told apart from a later one with the same number by the time of its start. */
interface Owner {
  readonly pid: number;
  /** Clock ticks between boot and its start: field 22 of /proc/PID/stat. */
  readonly started: string;
  /** Which folder it runs in, so that the same file in a copy of that folder says nothing of the copy. */
  readonly folder: string;
}

/** The process that runs the cloud of this folder, if one does. What a killed one left behind is no owner. */
export function ownerOf(folder: DataFolder): number | undefined {
  const owner = readOwner(folder);
  const runs = owner?.folder === identityOf(folder) && startOf(owner.pid) === owner.started;
  return runs ? owner.pid : undefined;
}

/** @throws UserError if another process has it */
export function refuseOther(folder: DataFolder): void {
  const other = ownerOf(folder);
  if (other === undefined) return;
  throw new UserError(
    `gantry is running already with --data ${folder.path} (process ${other}). ` +
      `Stop that one with Ctrl-C or \`gantry down --data ${folder.path}\`, or name another folder.`,
  );
}

/** To be called by the process that has the folder's state file, and so is the only one. */
export function own(folder: DataFolder): void {
  const { pid } = process;
  const owner: Owner = { pid, started: startOf(pid) ?? '', folder: identityOf(folder) };
  writePrivate(folder.pid, `${JSON.stringify(owner)}\n`);
}

export function disown(folder: DataFolder): void {
  if (ownerOf(folder) === process.pid) rmSync(folder.pid, { force: true });
}

function readOwner(folder: DataFolder): Owner | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(folder.pid, 'utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    const { pid, started, folder: where } = value as { pid?: unknown; started?: unknown; folder?: unknown };
    if (typeof pid !== 'number' || typeof started !== 'string' || typeof where !== 'string') return undefined;
    return { pid, started, folder: where };
  } catch {
    return undefined;
  }
}

function identityOf(folder: DataFolder): string {
  const { dev, ino } = statSync(folder.path);
  return `${dev}:${ino}`;
}

function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : fields[18];
  } catch {
    return undefined;
  }
}
