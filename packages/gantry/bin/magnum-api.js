#!/usr/bin/env node
import { run } from './run.js';

await run('magnum-api', 'magnum/magnum-api.ts');
