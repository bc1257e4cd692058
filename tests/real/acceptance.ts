import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort, launchGantry, removeCloud } from 'gantry';
import { parse } from 'yaml';
import { password, serviceUrl } from './openstack/addresses.ts';
import { playAgents } from './openstack/agents.ts';
import { down, up } from './openstack/openstack.ts';

/**
 * The acceptance suite, against whichever of these the command line names:
 * `original`, Magnum 15.0.1 on the real OpenStack of ./openstack, in .cache/openstack;
 * `gantry`, an embedded cloud with simulated servers.
 * Exits with 1 if a test failed.
 */
const say = (line: string) => void process.stdout.write(`${line}\n`);

const runs = {
  async original(): Promise<boolean> {
    const folder = resolve('.cache/openstack');
    const over = new AbortController();
    try {
      await up(folder, {}, say);
      const agents = playAgents(over.signal);
      const passed = await suite({
        TARGET: 'original',
        COE: 'kubernetes',
        AUTH_URL: serviceUrl.keystone,
        ADMIN_PASSWORD: password,
      });
      over.abort();
      await agents;
      return passed;
    } finally {
      over.abort();
      await down(folder);
    }
  },

  async gantry(): Promise<boolean> {
    const data = mkdtempSync(join(tmpdir(), 'gantry-acceptance-'));
    try {
      const listen = `127.0.0.1:${await freePort()}`;
      // As the release of the original: with bays and bay models, without what came after them.
      const env = { OS_GANTRY__MAX_MICROVERSION: '1.10' };
      const gantry = await launchGantry({ data, listen, servers: 'simulated', env });
      const { clouds } = parse(readFileSync(join(data, 'clouds.yaml'), 'utf8')) as {
        clouds: { 'gantry-admin': { auth: { auth_url: string; password: string } } };
      };
      const { auth } = clouds['gantry-admin'];
      const failed: string[] = [];
      for (const COE of ['kubernetes', 'swarm-mode']) {
        say(`-- with clusters of ${COE}`);
        const target = { TARGET: 'gantry', COE, AUTH_URL: auth.auth_url, ADMIN_PASSWORD: auth.password };
        if (!(await suite(target))) failed.push(COE);
      }
      await gantry.stop();
      return failed.length === 0;
    } finally {
      await removeCloud({ data, purge: true, quiet: true });
      rmSync(data, { recursive: true, force: true });
    }
  },
};

async function suite(settings: Readonly<Record<string, string>>): Promise<boolean> {
  const named = Object.entries(settings).map(([name, value]) => [`GANTRY_ACCEPTANCE_${name}`, value]);
  const child = spawn('node_modules/.bin/vitest', ['run', '--config', 'vitest.acceptance.config.ts'], {
    env: { ...process.env, ...(Object.fromEntries(named) as Record<string, string>) },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0;
}

let passed = true;
for (const name of process.argv.slice(2)) {
  if (name !== 'original' && name !== 'gantry') throw new Error(`"original" or "gantry", not "${name}"`);
  say(`== the acceptance suite against ${name}`);
  passed = (await runs[name]()) && passed;
}
process.exitCode = passed ? 0 : 1;
