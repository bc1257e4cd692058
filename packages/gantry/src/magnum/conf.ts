import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { foreignOptions, magnumOptions } from '@gantry/magnum';
import { loadConfig, option, type Loaded, type Values } from '@gantry/oslo';

const { boolean, integer, text } = option;

/** What of `magnum.conf` the processes look at; names and defaults are the original's, but for group `gantry`. */
export const processOptions = {
  ...magnumOptions,
  DEFAULT: {
    ...magnumOptions.DEFAULT,
    debug: boolean({ default: false }),
    log_file: text({ deprecated: ['logfile'], help: 'path, from log_dir on; without it: standard error' }),
    log_dir: text({ deprecated: ['logdir'], help: 'folder for a log of the process’s name' }),
    graceful_shutdown_timeout: integer({
      default: 60,
      min: 0,
      help: 'seconds for requests under way when the process is told to end; 0: as long as they take',
    }),
    use_syslog: boolean({ default: false, help: 'no use: logs go to a file or to standard error' }),
    use_journal: boolean({ default: false, help: 'no use: a service’s standard error is in the journal' }),
  },
  api: {
    ...magnumOptions.api,
    workers: integer({ min: 1, help: 'no use: one process serves them all; start more of them for more' }),
    enabled_ssl: boolean({ default: false }),
    ssl_cert_file: text({ help: 'PEM file: the certificate, then those that signed it' }),
    ssl_key_file: text({ help: 'PEM file' }),
  },
  gantry: {
    ...magnumOptions.gantry,
    sealing_key_file: text({
      help: 'file with the key that seals callers’ tokens in the database, the same for all of a cloud; without it, it is made from the password of Magnum’s own user',
    }),
  },
} as const;

export type ProcessSettings = Values<typeof processOptions>;

export interface ConfSources {
  /** `--config-file`, in order. */
  readonly files: readonly string[];
  /** `--config-dir` */
  readonly dirs: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Where oslo.config looks if it is told nothing: the first that is there. */
function usualPlaces(name: string): string[] {
  const places = [join(homedir(), '.magnum'), homedir(), '/etc/magnum', '/etc'];
  const found = places.map((place) => join(place, name)).find((path) => existsSync(path));
  return found === undefined ? [] : [found];
}

/** Reads `magnum.conf`. @throws ConfigError with file, line and option of everything that is wrong */
export function loadMagnumConf({ files, dirs, env }: ConfSources): Loaded<typeof processOptions> {
  const told = files.length > 0 || dirs.length > 0;
  return loadConfig(processOptions, {
    files: told ? files : usualPlaces('magnum.conf'),
    dirs: told ? dirs : usualPlaces('magnum.conf.d'),
    ...(env && { env }),
    foreign: foreignOptions,
  });
}
