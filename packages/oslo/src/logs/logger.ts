import { pino, type Logger as PinoLogger } from 'pino';

/** Structured log with fixed keys; see pino for its methods. */
export type Logger = PinoLogger;

export interface LoggerOptions {
  readonly level?: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  /** A path to append to; standard error when absent. */
  readonly file?: string;
}

/** Makes the log of a process. Lines are written at once, so that a killed process has said what it did last. */
export function createLogger(name: string, options: LoggerOptions = {}): Logger {
  const destination = pino.destination({ dest: options.file ?? 2, sync: true, mkdir: true });
  return pino({ name, level: options.level ?? 'info', base: { name } }, destination);
}
