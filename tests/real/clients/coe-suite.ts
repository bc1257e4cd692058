import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clusterCommands } from './cluster-commands.ts';
import { coeOptions, magnumOptions } from './command-help.ts';
import { magnumCommands } from './magnum-commands.ts';
import { nodegroupCommands, otherCommands } from './other-commands.ts';
import type { Release } from './debian-release.ts';
import { sidClusterCommands, sidNodegroupCommands, sidTemplateCommands } from './sid-commands.ts';
import { pythonSession, type PythonSession } from './python-session.ts';
import { sdkCalls } from './sdk-calls.ts';
import { tryCalls } from './try-calls.ts';
import { simulatedCloud, writeInputs, type SimulatedCloud } from './simulated-cloud.ts';
import { templateCommands } from './template-commands.ts';
import { tryCommands, type Facts } from './try-commands.ts';

/** What there must be before the first `coe` command. */
const beforehand = [
  'image create $image --file $folder/disk.raw --property os_distro=fedora-coreos',
  'image create plain --file $folder/disk.raw',
  'keypair create mykey --public-key $folder/key.pub',
  'network create own',
  'subnet create own-subnet --network own --subnet-range 10.50.0.0/24',
];

/** Tests of a release's `openstack coe`, the older `magnum` where it has it, and openstacksdk. @param env settings of Gantry */
export function coeSuite(release: Release, env: Readonly<Record<string, string>> = {}): void {
  describe(`Magnum's clients of Debian ${release}`, () => {
    let cloud: SimulatedCloud;
    let sdk: PythonSession;
    const facts: Facts = new Map([['image', 'coreos']]);

    beforeAll(async () => {
      cloud = await simulatedCloud(release, env);
      writeInputs(cloud.folder);
      facts.set('folder', cloud.client.folder);
      facts.set('csr', `${cloud.client.folder}/client.csr`);
      for (const line of beforehand) {
        const typed = line.replace('$image', 'coreos').replaceAll('$folder', cloud.client.folder);
        expect(await cloud.client.run(typed, 'gantry')).toMatchObject({ code: 0 });
      }
      const token = await cloud.client.run('token issue -f value -c project_id', 'gantry');
      facts.set('project', token.stdout.trim());
      facts.set('csrText', readFileSync(join(cloud.folder, 'client.csr'), 'utf8'));
      sdk = await pythonSession(release, cloud.folder, 'run-calls.py');
    });
    afterAll(async () => {
      await sdk.close();
      await cloud.remove();
    });

    const tables = {
      templateCommands,
      sidTemplateCommands,
      clusterCommands,
      sidClusterCommands,
      nodegroupCommands,
      sidNodegroupCommands,
      otherCommands,
      magnumCommands,
    };
    for (const commands of Object.values(tables)) {
      tryCommands(commands, { release, session: () => cloud.client, facts });
    }

    tryCalls(sdkCalls, { release, session: () => sdk, facts });

    test('every command and every option of its help has been tried', async () => {
      const typed = Object.values(tables)
        .flat()
        .filter(({ on }) => on === undefined || on.includes(release))
        .map(({ type }) => `${type} `.replaceAll('=', ' '));
      const helps = [await coeOptions(cloud.client), await magnumOptions(cloud.client)];
      for (const [command, options] of helps.flatMap((help) => [...help])) {
        const tried = typed.filter((line) => line.startsWith(`${command} `));
        expect(tried, command).not.toEqual([]);
        const missing = options.filter((option) => !tried.some((line) => line.includes(` ${option} `)));
        expect(missing, command).toEqual([]);
      }
    }, 600_000);
  });
}
