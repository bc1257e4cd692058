#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

// Without it, most of the time until `gantry up` is ready goes into reading the same sources again.
enableCompileCache(join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'gantry'));

const [{ createCommandLine }, { UserError }] = await Promise.all([
  import('./cli/command-line.ts'),
  import('./cli/exit.ts'),
]);
try {
  await createCommandLine().parseAsync();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`gantry: ${error.message}\n`);
  process.exitCode = 1;
}
