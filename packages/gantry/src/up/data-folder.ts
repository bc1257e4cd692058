import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
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
 * Makes the folder, readable by its owner only, or checks that it is one of ours.
 *
 * @throws UserError if it holds something else, is of another layout, or can't be written
 */
export function prepareDataFolder(folder: DataFolder): void {
  const marker = join(folder.path, 'gantry-data.json');
  try {
    mkdirSync(folder.path, { recursive: true, mode: 0o700 });
    if (!existsSync(marker)) {
      writePrivate(marker, `${JSON.stringify({ layout: LAYOUT })}\n`);
    }
  } catch (error) {
    throw new UserError(
      `${folder.path}: can't be used as data folder: ${reason(error)}. Name another with --data.`,
      {
        cause: error,
      },
    );
  }
  const layout = readLayout(marker);
  if (layout !== LAYOUT) {
    throw new UserError(
      `${folder.path} was written by another version of gantry (layout ${layout}, this one has ${LAYOUT}): ` +
        'use that version, or another folder with --data. Nothing was changed.',
    );
  }
}

function readLayout(marker: string): string | number {
  try {
    const { layout } = JSON.parse(readFileSync(marker, 'utf8')) as { layout?: unknown };
    return typeof layout === 'number' ? layout : 'unknown';
  } catch (error) {
    throw new UserError(`${marker}: not readable as JSON (${reason(error)}). Nothing was changed.`, {
      cause: error,
    });
  }
}

/** Says whether there is such a folder and it is one of ours. */
export function isDataFolder(folder: DataFolder): boolean {
  return existsSync(join(folder.path, 'gantry-data.json'));
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
