#!/usr/bin/env node
import { runCommandLine } from './cli/entry.ts';

await runCommandLine(process.argv.slice(2), 'gantry');
