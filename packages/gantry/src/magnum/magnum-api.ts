#!/usr/bin/env node
import { runCommandLine } from '../cli/entry.ts';

await runCommandLine(['magnum-api', ...process.argv.slice(2)], 'magnum-api');
