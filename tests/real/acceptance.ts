import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { say, testNamedTargets, type Target } from './targets.ts';

/** The acceptance suite, once for each kind of cluster, against whichever targets the command line names. */
async function suites({ magnum, coes, authUrl, password }: Target): Promise<boolean> {
  let passed = true;
  for (const coe of coes) {
    say(`-- with clusters of ${coe}`);
    const settings = { TARGET: magnum, COE: coe, AUTH_URL: authUrl, ADMIN_PASSWORD: password };
    passed = (await suite(settings)) && passed;
  }
  return passed;
}

async function suite(settings: Readonly<Record<string, string>>): Promise<boolean> {
  const named = Object.entries(settings).map(([name, value]) => [`GANTRY_ACCEPTANCE_${name}`, value]);
  const child = spawn('node_modules/.bin/vitest', ['run', '--config', 'vitest.acceptance.config.ts'], {
    env: { ...process.env, ...(Object.fromEntries(named) as Record<string, string>) },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0;
}

await testNamedTargets('the acceptance suite', suites);
