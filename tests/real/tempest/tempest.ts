import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { login } from '../openstack/cloud.ts';
import { say, testNamedTargets, type Target } from '../targets.ts';
import { oneByOne, passOnTheOriginal } from './expected.ts';
import { runTempest, type Verdict } from './run-tempest.ts';
import { names } from './tempest-conf.ts';

/**
 * Debian's magnum-tempest-plugin, against whichever targets the command line names. Whatever passes on the original has to
 * pass; the process ends with 1 if something failed, was skipped or didn't run.
 */
async function plugin(target: Target): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-tempest-'));
  try {
    await makeResources(target);
    const { [oneByOne]: single = [], ...shared } = passOnTheOriginal;
    const verdicts = new Map<string, Verdict>();
    const run = async (name: string, tests: readonly string[], concurrency: number) => {
      const got = await runTempest(target, join(folder, name), tests, concurrency);
      for (const [test, verdict] of got) {
        verdicts.set(test, verdict);
        say(`${verdict.word.padEnd(7)} ${test}`);
      }
      const reasons = new Set([...got.values()].filter(failed).map(({ printed }) => printed));
      for (const printed of reasons) say(printed.slice(-PRINTED));
    };
    const full = (kind: string, tests: readonly string[]) => tests.map((test) => `${kind}.${test}`);
    await run(
      'shared',
      Object.entries(shared).flatMap(([kind, tests]) => full(kind, tests)),
      2,
    );
    const queue = full(oneByOne, single);
    const worker = async (name: string) => {
      for (let test = queue.shift(); test !== undefined; test = queue.shift()) await run(name, [test], 1);
    };
    await Promise.all([worker('first'), worker('second')]);
    return summary([...verdicts.values()]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Characters of what Tempest says of a failure: the end, where the reason stands. */
const PRINTED = 6000;

/** Closes as vitest does: CI counts such lines. */
function summary(verdicts: readonly Verdict[]): boolean {
  const all = verdicts.length;
  const wrong = verdicts.filter(failed).length;
  say(`\n      Tests  ${wrong > 0 ? `${wrong} failed | ` : ''}${all - wrong} passed (${all})\n`);
  return wrong === 0;
}

const failed = ({ word }: Verdict): boolean => word !== 'ok';

/** An image that Magnum takes for Fedora CoreOS, and a flavor; the plug-in makes its key pairs itself. */
async function makeResources({ authUrl, password }: Target): Promise<void> {
  const admin = await login(`${authUrl}/v3`, 'admin', password, 'admin');
  const { flavor, image } = names;
  await admin.call('compute', 'POST', '/flavors', {
    flavor: { id: flavor, name: flavor, ram: 2048, vcpus: 2, disk: 10 },
  });
  const found = await admin.call('image', 'GET', `/v2/images?name=${image}`);
  if ((found['images'] as readonly unknown[]).length > 0) return;
  const formats = { container_format: 'bare', disk_format: 'raw' };
  const wanted = { name: image, visibility: 'public', os_distro: 'fedora-coreos', ...formats };
  const { id } = await admin.call('image', 'POST', '/v2/images', wanted);
  await admin.upload('image', `/v2/images/${String(id)}/file`, new Uint8Array(65_536));
}

await testNamedTargets('the tempest plug-in', plugin);
