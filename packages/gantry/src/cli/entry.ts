import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Runs a command line to its end.
 *
 * @param args what stands behind the program's name
 * @param program what messages begin with
 */
export async function runCommandLine(args: readonly string[], program: string): Promise<void> {
  // Without it, most of the time until a process is ready goes into reading the same sources again.
  enableCompileCache(join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'gantry'));
  const [{ createCommandLine }, { UserError }] = await Promise.all([
    import('./command-line.ts'),
    import('./exit.ts'),
  ]);
  try {
    await createCommandLine().parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`${program}: ${error.message}\n`);
    process.exitCode = 1;
  }
}
