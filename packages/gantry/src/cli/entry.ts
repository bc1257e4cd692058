const NODE = 24;

/**
 * Runs a command line to its end.
 *
 * @param args what stands behind the program's name
 * @param program what messages begin with
 */
export async function runCommandLine(args: readonly string[], program: string): Promise<void> {
  // An older one would stop at the first thing that it doesn't know, without a word that helps.
  if (Number.parseInt(process.versions.node) < NODE) {
    process.stderr.write(`${program}: needs Node ${NODE} or later; this is ${process.versions.node}\n`);
    process.exitCode = 1;
    return;
  }
  const { enableCompileCache } = process.getBuiltinModule('node:module');
  const { homedir } = process.getBuiltinModule('node:os');
  const { join } = process.getBuiltinModule('node:path');
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
