#!/usr/bin/env node
import { runCommandLine } from '../cli/entry.ts';

await runCommandLine(['magnum-conductor', ...process.argv.slice(2)], 'magnum-conductor');
