import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { dataFolder } from '../up/data-folder.ts';

export type MagnumProcess = 'magnum-api' | 'magnum-conductor';

export interface MagnumLaunchOptions {
  /** Data folder of a cloud that runs: its Keystone, users and services are Magnum's too. */
  readonly cloud: string;
  /** Where configuration, database and logs are; the same for processes that belong together. */
  readonly folder: string;
  /** Where the API listens on the loopback interface. */
  readonly port: number;
  /** Folder of other commands than the clone's own. */
  readonly commands?: string;
}

/** A process of Magnum's. */
export interface LaunchedMagnum {
  readonly pid: number;
  /** Milliseconds from its start to its readiness: for the API, its first answer. */
  readonly readyMs: number;
  /** SIGTERM. @returns its exit status */
  stop(): Promise<number | undefined>;
}

const COMMANDS = fileURLToPath(new URL('../../bin/', import.meta.url));

/**
 * Starts a process of Magnum's beside an embedded cloud, with an SQLite database of its own, and waits until it is
 * ready.
 *
 * @throws Error with what it said, if it ends before
 */
export async function launchMagnum(
  name: MagnumProcess,
  { cloud, folder, port, commands = COMMANDS }: MagnumLaunchOptions,
): Promise<LaunchedMagnum> {
  const conf = join(folder, 'magnum.conf');
  const database = `[database]\nconnection = sqlite:///${join(folder, 'magnum.sqlite')}\n`;
  writeFileSync(conf, `${database}[api]\nhost = 127.0.0.1\nport = ${port}\n`);
  const files = [dataFolder(cloud).magnumConf, conf].flatMap((file) => ['--config-file', file]);
  const begin = performance.now();
  const child = spawn(process.execPath, [join(commands, `${name}.js`), ...files], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (data) => (said += String(data)));
  const ended = once(child, 'close').then(([code]) => (code === null ? undefined : Number(code)));
  const isReady = async (): Promise<boolean> =>
    name === 'magnum-api' ? answers(port) : said.includes('magnum-conductor is ready');
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}: ${said.trim()}`);
    await delay(2);
  }
  return {
    pid: child.pid ?? 0,
    readyMs: performance.now() - begin,
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
  await answer?.arrayBuffer();
  return answer !== undefined;
}
