import { execFileSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLogger } from '@gantry/oslo';
import { ensureImages } from 'gantry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineFolder } from '../../packages/gantry/src/engine/engine-folder.ts';
import { engineProcesses } from '../../packages/gantry/src/engine/engine-processes.ts';
import { usersMachine, type UsersMachine } from './users-machine.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = join(REPOSITORY, '.cache');

let machine: UsersMachine;
let before: string[];

beforeAll(async () => {
  const log = createLogger('demo', { level: 'silent' });
  await ensureImages({ cache: join(CACHE, 'images'), log });
  machine = await usersMachine(join(CACHE, 'images'));
  before = await machine.state();
}, 900_000);

afterAll(() => machine.remove());

interface Demo {
  readonly pid: number;
  /** Resolves when it has said that. */
  until(says: RegExp): Promise<void>;
  /** All it said, and how it ended, when nobody is left who could say more. */
  readonly ended: Promise<{ readonly said: string; readonly code: number | null }>;
}

function makeDemo(): Demo {
  const child: ChildProcess = machine.start(REPOSITORY, 'make', 'demo', 'EXIT=1');
  let said = '';
  const closed = once(child, 'close') as Promise<[number | null]>;
  const listening = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text) => {
      said += String(text);
      for (const look of listening) look();
    });
  }
  return {
    pid: child.pid ?? 0,
    until: (says) =>
      new Promise((resolve, reject) => {
        const look = (): void => void (says.test(said) && resolve());
        listening.add(look);
        void closed.then(() => reject(new Error(`never said ${String(says)}:\n${said}`)));
      }),
    ended: closed.then(([code]) => ({ said, code })),
  };
}

async function expectNothingLeft(): Promise<void> {
  const engine = engineFolder(join(CACHE, 'demo/engine'));
  expect(await engineProcesses(engine)).toEqual([]);
  const hierarchies = ['', ...readdirSync('/sys/fs/cgroup')];
  const groups = hierarchies.map((name) => join('/sys/fs/cgroup', name, engine.cgroupParent));
  expect(groups.filter((group) => existsSync(group))).toEqual([]);
  expect(existsSync(join(CACHE, 'demo'))).toBe(false);
  expect(readdirSync(join(CACHE, 'images')).filter((name) => !name.endsWith('.tar'))).toEqual([]);
  expect(await machine.state()).toEqual(before);
}

describe('make demo on the machine of a user who has a Docker', () => {
  it.each<[string, RegExp, readonly NodeJS.Signals[]]>([
    ['by Ctrl-C while its engine starts', /A cloud of its own/, ['SIGINT']],
    ['by kill while images are loaded', /server: loading/, ['SIGTERM']],
    ['by Ctrl-C while its cloud starts', /gantry up/, ['SIGINT']],
    ['by its terminal being closed while a container starts', /docker run --net=bar/, ['SIGHUP']],
    ['by Ctrl-C, twice, while servers boot', /making membership/, ['SIGINT', 'SIGINT']],
    ['by Ctrl-C while a cluster is deleted', /deleting /, ['SIGINT']],
  ])(
    'leaves nothing, ended %s',
    async (_, moment, signals) => {
      const demo = makeDemo();
      await demo.until(moment);
      for (const signal of signals) process.kill(-demo.pid, signal);
      const { said, code } = await demo.ended;
      expect(code).not.toBe(0);
      expect(said).toMatch(/Nothing of it is left/);
      await expectNothingLeft();
    },
    600_000,
  );

  it('shows both journeys after one that was killed, and leaves nothing of either', async () => {
    const killed = makeDemo();
    await killed.until(/making membership/);
    const [demo] = execFileSync('pgrep', ['-g', String(killed.pid), '-f', 'demo/demo.ts'], {
      encoding: 'utf8',
    }).split('\n');
    process.kill(Number(demo), 'SIGKILL');
    await killed.ended;
    expect(await machine.state()).not.toEqual(before);

    const { said, code } = await makeDemo().ended;
    expect(said).toMatch(/Welcome to nginx!/);
    expect(said).toMatch(/device_owner +compute:kuryr/);
    expect(said.match(/Ready +Active/g)).toHaveLength(3);
    expect(said.match(/web\.\d .* Running .*->80\/tcp/g)).toHaveLength(3);
    expect(code).toBe(0);
    await expectNothingLeft();
  }, 900_000);
});
