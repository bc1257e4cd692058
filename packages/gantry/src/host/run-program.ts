import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { UserError } from '../cli/exit.ts';

export interface RunOptions {
  /** Aborted, it ends the program, and waits until it has ended. */
  readonly signal?: AbortSignal;
  /** How it does that: SIGTERM unless given. */
  readonly killSignal?: NodeJS.Signals;
  /** Runs it in a session of its own, where the terminal's Ctrl-C doesn't reach it. */
  readonly ownSession?: boolean;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Each line of standard error as it comes. */
  readonly onLine?: (line: string) => void;
}

/** A program that could not be started, or ended with anything but 0. The message ends with its last words. */
export class ProgramError extends UserError {
  override readonly name: string = 'ProgramError';
}

/** Runs a program to its end and returns its standard output. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: options.env ?? process.env,
    detached: options.ownSession ?? false,
    killSignal: options.killSignal ?? 'SIGTERM',
    ...(options.signal ? { signal: options.signal } : {}),
  });
  let failure: Error | undefined;
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
    child.once('error', (error) => {
      failure = error;
      // One that was aborted is still there, and at work.
      if (child.pid === undefined) resolve(null);
    });
  });
  let output = '';
  child.stdout.on('data', (data) => (output += String(data)));
  const tail: string[] = [];
  createInterface(child.stderr).on('line', (line) => {
    tail.push(line);
    if (tail.length > 20) tail.shift();
    options.onLine?.(line);
  });
  const code = await ended;
  options.signal?.throwIfAborted();
  if (failure) {
    const missing = 'code' in failure && failure.code === 'ENOENT';
    throw new ProgramError(
      missing ? `the program ${program} is not installed` : `${program}: ${String(failure)}`,
      { cause: failure },
    );
  }
  if (code !== 0) throw new ProgramError(`${program} ended with ${String(code)}: ${tail.join('\n')}`.trim());
  return output;
}
