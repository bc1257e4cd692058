import { readFileSync, rmSync } from 'node:fs';
import { UserError } from '../cli/exit.ts';
import { writePrivate, type DataFolder } from './data-folder.ts';

/** A process, told apart from a later one with the same number by the time of its start. */
interface Owner {
  readonly pid: number;
  /** Clock ticks between boot and its start: field 22 of /proc/PID/stat. */
  readonly started: string;
}

/** The process that runs the cloud of this folder, if one does. What a killed one left behind is no owner. */
export function ownerOf(folder: DataFolder): number | undefined {
  const owner = readOwner(folder);
  return owner && startOf(owner.pid) === owner.started ? owner.pid : undefined;
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
  const owner: Owner = { pid: process.pid, started: startOf(process.pid) ?? '' };
  writePrivate(folder.pid, `${JSON.stringify(owner)}\n`);
}

export function disown(folder: DataFolder): void {
  if (ownerOf(folder) === process.pid) rmSync(folder.pid, { force: true });
}

function readOwner(folder: DataFolder): Owner | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(folder.pid, 'utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    const { pid, started } = value as { pid?: unknown; started?: unknown };
    return typeof pid === 'number' && pid > 0 && typeof started === 'string' ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
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
