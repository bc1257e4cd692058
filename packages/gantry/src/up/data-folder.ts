import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../cli/exit.ts';

/** The layout of a data folder. A folder of another number is refused, never converted silently. */
const LAYOUT = 1;

/** Where one embedded cloud keeps everything it has. All paths are absolute. */
export interface DataFolder {
  readonly path: string;
  readonly state: string;
  readonly magnum: string;
  readonly magnumConf: string;
  readonly images: string;
  readonly servers: string;
  readonly volumes: string;
  readonly kuryr: string;
  readonly log: string;
  readonly cloudsYaml: string;
  readonly openrc: string;
  readonly secrets: string;
  readonly settings: string;
  /** The pid of the process that uses the folder stands here while it runs. */
  readonly pid: string;
}

/** `$XDG_DATA_HOME/gantry`, or `~/.local/share/gantry`. Source: XDG Base Directory Specification. */
export function defaultDataFolder(): string {
  return join(process.env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'gantry');
}

export function dataFolder(path: string): DataFolder {
  const root = resolve(path);
  const at = (name: string): string => join(root, name);
  return {
    path: root,
    state: at('cloud.sqlite'),
    magnum: at('magnum.sqlite'),
    magnumConf: at('magnum.conf'),
    images: at('images'),
    servers: at('servers'),
    volumes: at('volumes'),
    kuryr: at('kuryr'),
    log: at('gantry.log'),
    cloudsYaml: at('clouds.yaml'),
    openrc: at('openrc'),
    secrets: at('secrets.json'),
    settings: at('settings.json'),
    pid: at('gantry.pid'),
  };
}

/**
 * Makes the folder, readable by its owner only, or checks that it is one of ours and whole.
 *
 * @throws UserError if it holds something else, is of another layout, misses what it had, or can't be written
 */
export function prepareDataFolder(folder: DataFolder): void {
  if (isDataFolder(folder)) {
    checkLayout(folder);
    accessSync(folder.path, constants.R_OK | constants.W_OK | constants.X_OK);
    return;
  }
  try {
    makeFolder(folder.path);
  } catch (error) {
    throw new UserError(
      `${folder.path}: can't be used as data folder: ${reason(error)}. Name another with --data.`,
      { cause: error },
    );
  }
  const strange = readdirSync(folder.path).filter((name) => !HARMLESS.has(name));
  if (strange.length > 0) {
    throw new UserError(
      `${folder.path} is no data folder of gantry and not empty (${strange.slice(0, 3).join(', ')}…): ` +
        'name another with --data. Nothing was changed.',
    );
  }
  // It may have been made by its user for us, and open to others.
  chmodSync(folder.path, 0o700);
  writeMarker(folder, { layout: LAYOUT });
}

/** Node's own recursive mkdir never ends where a folder is there and takes no others: in /proc for instance. */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/** Notes that a cloud was ready in this folder: from now on, what is missing of it was lost, not never made. */
export function noteComplete(folder: DataFolder): void {
  if (readMarker(folder).complete !== true) writeMarker(folder, { layout: LAYOUT, complete: true });
}

/** What a cloud can't be started without once it was there. */
const ESSENTIAL = ['state', 'magnum', 'secrets', 'settings'] as const;

/** In the top of an empty file system, and left of a marker that could not be written. */
const HARMLESS = new Set(['lost+found', 'gantry-data.json.new']);

/** Names in a data folder that are ours, SQLite's and half-written ones included. */
const OURS =
  /^(?:gantry-data\.json|(?:cloud|magnum)\.sqlite(?:-wal|-shm|-journal)?|magnum\.conf|images|servers|volumes|kuryr|gantry\.log|clouds\.yaml|openrc|secrets\.json|settings\.json|gantry\.pid)(?:\.new)?$/;

function checkLayout(folder: DataFolder): void {
  const { layout, complete } = readMarker(folder);
  if (layout !== LAYOUT) {
    throw new UserError(
      `${folder.path} was written by another version of gantry (layout ${String(layout)}, this one has ${LAYOUT}): ` +
        'use that version, or another folder with --data. Nothing was changed.',
    );
  }
  if (complete !== true) return;
  for (const path of ESSENTIAL.map((name) => folder[name])) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found && found.size > 0) continue;
    throw new UserError(
      `${path} is ${found ? 'empty' : 'missing'}, and the cloud in ${folder.path} can't do without it: put back a ` +
        `copy, or remove that cloud with \`gantry down --purge --data ${folder.path}\`. Nothing was changed.`,
    );
  }
}

function markerOf(folder: DataFolder): string {
  return join(folder.path, 'gantry-data.json');
}

function writeMarker(folder: DataFolder, marker: object): void {
  writePrivate(markerOf(folder), `${JSON.stringify(marker)}\n`);
}

function readMarker(folder: DataFolder): { readonly layout?: unknown; readonly complete?: unknown } {
  return readOwn(markerOf(folder));
}

/** Reads a JSON object that we wrote. @throws UserError if it is none any more */
export function readOwn(path: string): Readonly<Record<string, unknown>> {
  const text = readFileSync(path, 'utf8');
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    // Said below, as for JSON that is no object.
  }
  throw new UserError(
    `${path}: damaged: it is not the JSON that it was: put back a copy. Nothing was changed.`,
  );
}

/** Says whether there is such a folder and it is one of ours. */
export function isDataFolder(folder: DataFolder): boolean {
  return existsSync(markerOf(folder));
}

/**
 * Removes a data folder, but nothing that somebody else has put there.
 *
 * @returns what was left for that reason
 */
export function removeDataFolder(folder: DataFolder): readonly string[] {
  const names = readdirSync(folder.path);
  // Without its marker it would be a stranger's to the next `down`: it goes last.
  const ours = names.filter((name) => OURS.test(name) && name !== 'gantry-data.json');
  for (const name of ours) rmSync(join(folder.path, name), { recursive: true, force: true });
  rmSync(markerOf(folder), { force: true });
  const left = names.filter((name) => !OURS.test(name));
  if (left.every((name) => name === 'lost+found')) {
    try {
      rmdirSync(folder.path);
    } catch {
      // The top of a file system stays.
    }
  }
  return left.filter((name) => name !== 'lost+found');
}

/** Writes a file that only its owner may read, so that a reader sees the old text or the new, never a half. */
export function writePrivate(path: string, text: string): void {
  const fresh = `${path}.new`;
  const descriptor = openSync(fresh, 'w', 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
  renameSync(fresh, path);
}

export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
