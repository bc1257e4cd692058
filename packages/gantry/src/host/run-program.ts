import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { UserError } from '../cli/exit.ts';

export interface RunOptions {
  readonly signal?: AbortSignal;
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
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const ended: Promise<unknown[]> = once(child, 'close');
  let output = '';
  child.stdout.on('data', (data) => (output += String(data)));
  const tail: string[] = [];
  createInterface(child.stderr).on('line', (line) => {
    tail.push(line);
    if (tail.length > 20) tail.shift();
    options.onLine?.(line);
  });
  let code: unknown;
  try {
    [code] = await ended;
  } catch (error) {
    options.signal?.throwIfAborted();
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new ProgramError(
      missing ? `the program ${program} is not installed` : `${program}: ${String(error)}`,
      {
        cause: error,
      },
    );
  }
  options.signal?.throwIfAborted();
  if (code !== 0) throw new ProgramError(`${program} ended with ${String(code)}: ${tail.join('\n')}`.trim());
  return output;
}
