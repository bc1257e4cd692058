import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloudSession, freePort, launchGantry, launchMagnum } from 'gantry';
import { median, publish, result } from './result.ts';

const ROUNDS = 7;

/**
 * From an empty folder to "ready", with simulated servers, and what the process takes of memory then. Beside it, Magnum's
 * two processes on a database of their own. All in the form that is published, which the commands of a clone run too.
 */
export async function benchStart(): Promise<void> {
  const started: number[] = [];
  const again: number[] = [];
  const memory: number[] = [];
  const answered: number[] = [];
  const both: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const data = mkdtempSync(join(tmpdir(), 'gantry-bench-'));
    const listen = `127.0.0.1:${await freePort()}`;
    for (const times of [started, again]) {
      const begin = performance.now();
      const gantry = await launchGantry({ data, listen, servers: 'simulated' });
      times.push(performance.now() - begin);
      await cloudSession(data).ask('container-infra', { method: 'GET', path: '/clusters' });
      memory.push(residentMiB(gantry.pid));
      if (times === again) {
        const options = { cloud: data, folder: mkdtempSync(join(data, 'magnum-')), port: await freePort() };
        const api = await launchMagnum('magnum-api', options);
        const conductor = await launchMagnum('magnum-conductor', options);
        answered.push(api.readyMs);
        both.push(residentMiB(api.pid) + residentMiB(conductor.pid));
        await conductor.stop();
        await api.stop();
      }
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
  publish('magnum-start', 'first answer under 500 ms, both under 150 MiB', [
    result('magnum-api, start until its first answer', 'ms', median(answered)),
    result('magnum-api and magnum-conductor, resident memory', 'MiB', median(both)),
  ]);
}

function residentMiB(pid: number): number {
  const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(found?.[1]) / 1024;
}
