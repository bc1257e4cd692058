import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { clientGroups, StoreFault } from '@gantry/magnum';
import { ConfigError, createLogger, describeProblem, type Logger } from '@gantry/oslo';
import { UserError } from '../cli/exit.ts';
import { assembleMagnum, type MagnumParts } from './assemble.ts';
import { loadMagnumConf, type ConfSources, type ProcessSettings } from './conf.ts';

export interface Assembled {
  readonly parts: MagnumParts;
  /** Those of the configuration files. */
  readonly folders: readonly string[];
}

/** Stops what was started. */
type Stop = () => Promise<void>;

/** A process of Magnum's, until SIGTERM: reads its configuration, assembles, and starts what it is for. */
export async function runMagnum(
  name: 'magnum-api' | 'magnum-conductor',
  sources: ConfSources,
  start: (assembled: Assembled) => Promise<Stop>,
): Promise<void> {
  const stopping = new AbortController();
  const end = (): void => stopping.abort();
  // A hang-up is what logrotate sends; it ends nothing.
  const hungUp = new Set<() => void>();
  process.once('SIGINT', end).once('SIGTERM', end);
  process.on('SIGHUP', () => hungUp.forEach((reopen) => reopen()));
  await explained(async () => {
    const { values, warnings, files } = loadMagnumConf({ ...sources, env: process.env });
    const log = logOf(name, values, (reopen) => hungUp.add(reopen));
    for (const warning of warnings) log.warn(describeProblem(warning));
    for (const option of ['use_syslog', 'use_journal'] as const) {
      if (values.DEFAULT[option]) log.warn(`[DEFAULT] ${option} has no effect: name a log_file or a log_dir`);
    }
    for (const group of clientGroups) {
      if (values[group].insecure) {
        log.warn(`[${group}] insecure has no effect: that of [keystone_auth] is for all services`);
      }
    }
    log.info({ files }, `${name} starts`);
    const folders = [...new Set([...files.map((file) => dirname(file)), ...sources.dirs])];
    const parts = await assembleMagnum(values, log);
    try {
      const stop = await start({ parts, folders });
      if (!stopping.signal.aborted) await once(stopping.signal, 'abort');
      log.info(`${name} stops`);
      await stop();
    } finally {
      await parts.store.close();
    }
  });
}

/** Turns what an operator can mend into its message alone. */
export async function explained(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof ConfigError || error instanceof StoreFault) {
      throw new UserError(error.message, { cause: error });
    }
    throw error;
  }
}

function logOf(
  name: string,
  { DEFAULT: { debug, log_dir, log_file } }: ProcessSettings,
  onReopen: (reopen: () => void) => void,
): Logger {
  const file = log_file ?? (log_dir === undefined ? undefined : `${name}.log`);
  return createLogger(name, {
    level: debug ? 'debug' : 'info',
    onReopen,
    ...(file !== undefined && { file: join(file.startsWith('/') ? '' : (log_dir ?? ''), file) }),
  });
}
