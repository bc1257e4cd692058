import { pino, type Logger as PinoLogger } from 'pino';

/** Structured log with fixed keys; see pino for its methods. */
export type Logger = PinoLogger;

export interface LoggerOptions {
  readonly level?: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  /** A path to append to; standard error when absent. Only its owner can read it. */
  readonly file?: string;
  /** Is given what opens the file anew, for when it was moved away. */
  readonly onReopen?: (reopen: () => void) => void;
}

/** How much is kept, in bytes, while the file can't be written; what is beyond is lost. */
const KEPT = 1 << 20;

/**
 * Makes the log of a process. Lines are written at once, so that a killed process has said what it did last. On a full
 * disk they are kept for when there is room again, and standard error is told once.
 *
 * @throws Error of the file system if the file can't be opened
 */
export function createLogger(name: string, options: LoggerOptions = {}): Logger {
  const dest = options.file ?? 2;
  const destination = pino.destination({ dest, sync: true, mkdir: true, mode: 0o600, maxLength: KEPT });
  let complained = false;
  // Without a listener, a line that can't be written would end the process.
  destination.on('error', (error: Error) => {
    if (complained || options.file === undefined) return;
    complained = true;
    process.stderr.write(`${name}: the log ${options.file} can't be written: ${error.message}\n`);
  });
  if (options.file !== undefined) options.onReopen?.(() => destination.reopen());
  return pino({ name, level: options.level ?? 'info', base: { name } }, destination);
}
