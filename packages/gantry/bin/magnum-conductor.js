#!/usr/bin/env node
import { run } from './run.js';

await run('magnum-conductor', 'magnum/magnum-conductor.ts');
