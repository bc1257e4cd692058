import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Target } from '../targets.ts';
import { stestrConf, tempestConf } from './tempest-conf.ts';

/** What Tempest says of a test: `ok`, `FAILED`, `SKIPPED`; and what it printed of it. */
export interface Verdict {
  readonly word: string;
  readonly printed: string;
}

const PREFIX = 'magnum_tempest_plugin.tests.api.v1.';

/**
 * Runs tests of the plug-in in a folder of their own.
 *
 * @param tests as in `test_bay.BayTest.test_create_bay_with_zero_masters`
 * @param concurrency how many processes share them, a class each
 * @returns a verdict for each; `missing`, with all that was printed, for what Tempest did not come to
 */
export async function runTempest(
  target: Target,
  folder: string,
  tests: readonly string[],
  concurrency: number,
): Promise<ReadonlyMap<string, Verdict>> {
  mkdirSync(folder, { recursive: true });
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  file('.stestr.conf', stestrConf);
  const conf = file('tempest.conf', tempestConf(target, folder));
  const patterns = tests.map((test) => `${PREFIX}${test}`.replaceAll('.', '\\.') + '(\\[|$)\n');
  const list = file('tests', patterns.join(''));
  const child = spawn(
    '/usr/bin/tempest',
    ['run', '--config-file', conf, '--include-list', list, '--concurrency', String(concurrency)],
    {
      cwd: folder,
      // Debian's Python, whatever other one the machine has.
      env: { PATH: '/usr/bin:/bin', HOME: folder, LC_ALL: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text));
  }
  await once(child, 'close');
  return verdictsIn(printed, tests);
}

/** A test is closed by a line as `{0} NAME[tags] [1.234567s] ... ok`; of one that failed the reasons follow. */
function verdictsIn(printed: string, tests: readonly string[]): ReadonlyMap<string, Verdict> {
  const found = new Map<string, Verdict>();
  for (const part of printed.split(/^(?=\{\d+\} )/m)) {
    const [, name = '', word = ''] = /^\{\d+\} ([\w.]+)[^\n]* \.\.\. (\w+)/.exec(part) ?? [];
    const test = tests.find((each) => PREFIX + each === name);
    if (test !== undefined) found.set(test, { word, printed: part });
  }
  return new Map(tests.map((test) => [test, found.get(test) ?? { word: 'missing', printed }]));
}
