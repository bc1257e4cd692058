import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from 'gantry';
import { start, stop } from '../real/openstack/processes.ts';
import type { FloorPlan } from './floor.ts';

/** Something that answers as Magnum's API does. */
export interface Server {
  readonly url: string;
  stop(): Promise<void>;
}

/** Ours, one process, with the configuration and the database of the original. */
export async function startOurs(folder: string): Promise<Server> {
  const port = await freePort();
  const program = fileURLToPath(new URL('../../packages/gantry/bin/magnum-api.js', import.meta.url));
  const args = ['--config-file', join(folder, 'etc/magnum/magnum.conf')];
  return answering(port, launch([program, ...args], { OS_API__PORT: String(port), OS_DEFAULT__LOG_DIR: '' }));
}

/** The original as Debian ships it, but for its slow path. */
export async function startMended(folder: string): Promise<Server> {
  const name = 'magnum-api-mended';
  const port = await freePort();
  const ini = join(folder, 'etc/uwsgi', `${name}.ini`);
  const wsgi = fileURLToPath(new URL('mended-magnum.wsgi', import.meta.url));
  const shipped = readFileSync(join(folder, 'etc/uwsgi/magnum-api.ini'), 'utf8');
  const mended = shipped
    .replace(/^wsgi-file\s*=.*$/m, `wsgi-file = ${wsgi}`)
    .replace(/^http-socket\s*=.*$/m, `http-socket = 127.0.0.1:${port}`)
    .replace(/^logto\s*=.*$/m, `logto = ${folder}/log/${name}.log`);
  writeFileSync(ini, mended);
  await start(folder, { name, command: ['/usr/bin/uwsgi_python311', '--ini', ini] });
  return { url: await untilAnswered(port), stop: () => stop(folder, name) };
}

/** The floor; `plan` is kept in a file. */
export async function startFloor(file: string, plan: Omit<FloorPlan, 'port'>): Promise<Server> {
  const port = await freePort();
  writeFileSync(file, JSON.stringify({ ...plan, port } satisfies FloorPlan));
  return answering(port, launch([fileURLToPath(new URL('floor.ts', import.meta.url)), file]));
}

function launch(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function answering(port: number, child: ChildProcess): Promise<Server> {
  // Rejects if it can't be started.
  await once(child, 'spawn');
  return {
    url: await untilAnswered(port),
    async stop() {
      const ended = once(child, 'close');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function untilAnswered(port: number): Promise<string> {
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 1; ; tries += 1) {
    try {
      await fetch(url, { signal: AbortSignal.timeout(10_000) }).then((answer) => answer.arrayBuffer());
      return url;
    } catch (error) {
      if (tries === 600) throw error;
      await delay(100);
    }
  }
}
