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
  let owner: Owner;
  try {
    owner = JSON.parse(readFileSync(folder.pid, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
  return startOf(owner.pid) === owner.started ? owner.pid : undefined;
}

/** @throws UserError if another process has it */
export function own(folder: DataFolder): void {
  const other = ownerOf(folder);
  if (other !== undefined) {
    throw new UserError(
      `gantry is running already with --data ${folder.path} (process ${other}). ` +
        `Stop that one with Ctrl-C or \`gantry down --data ${folder.path}\`, or name another folder.`,
    );
  }
  const owner: Owner = { pid: process.pid, started: startOf(process.pid) ?? '' };
  writePrivate(folder.pid, `${JSON.stringify(owner)}\n`);
}

export function disown(folder: DataFolder): void {
  if (ownerOf(folder) === process.pid) rmSync(folder.pid, { force: true });
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
