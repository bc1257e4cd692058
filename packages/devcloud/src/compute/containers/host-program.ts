import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { HypervisorError } from '../hypervisor.ts';

/**
 * Runs a program of this host, `input` on its standard input, and returns what it printed.
 * @throws {@link HypervisorError} with the program's words
 */
export async function hostProgram(program: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.on('data', (data) => (output += String(data)));
  child.stderr.on('data', (data) => (errors += String(data)));
  // A program that ends without reading breaks the pipe; its exit code says what went wrong.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  let code: unknown;
  try {
    [code] = await once(child, 'close');
  } catch (error) {
    throw new HypervisorError(`this host has no program ${program}`, { cause: error });
  }
  if (code !== 0)
    throw new HypervisorError(
      `${program} ${args.join(' ')}: ${errors.trim() || `ended with ${String(code)}`}`,
    );
  return output;
}
