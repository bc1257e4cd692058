#!/usr/bin/env node
import { createCommandLine } from './cli/command-line.ts';
import { UserError } from './cli/exit.ts';

try {
  await createCommandLine().parseAsync();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`gantry: ${error.message}\n`);
  process.exitCode = 1;
}
