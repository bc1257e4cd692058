import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloudSession, freePort, launchGantry } from 'gantry';
import { median, publish, result } from './result.ts';

const ROUNDS = 7;

/** From an empty folder to "ready", with simulated servers, and what the process takes of memory then. */
export async function benchStart(): Promise<void> {
  const started: number[] = [];
  const again: number[] = [];
  const memory: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const data = mkdtempSync(join(tmpdir(), 'gantry-bench-'));
    const listen = `127.0.0.1:${await freePort()}`;
    for (const times of [started, again]) {
      const begin = performance.now();
      const gantry = await launchGantry({ data, listen, servers: 'simulated' });
      times.push(performance.now() - begin);
      await cloudSession(data).ask('container-infra', { method: 'GET', path: '/clusters' });
      memory.push(residentMiB(gantry.pid));
      await gantry.stop();
    }
    rmSync(data, { recursive: true });
  }
  publish('start', 'under 1000 ms', [
    result('gantry up, first start until ready, simulated servers', 'ms', median(started)),
    result('gantry up, next start until ready, simulated servers', 'ms', median(again)),
  ]);
  publish('memory', 'under 200 MiB', [
    result('gantry up, resident memory, simulated servers', 'MiB', median(memory)),
  ]);
}

function residentMiB(pid: number): number {
  const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(found?.[1]) / 1024;
}
