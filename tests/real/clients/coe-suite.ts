import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clusterCommands } from './cluster-commands.ts';
import { coeOptions, magnumOptions } from './command-help.ts';
import { magnumCommands } from './magnum-commands.ts';
import { nodegroupCommands, otherCommands } from './other-commands.ts';
import type { Release } from './debian-release.ts';
import { sidClusterCommands, sidNodegroupCommands, sidTemplateCommands } from './sid-commands.ts';
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

/** Tests of a release's `openstack coe` and, where it has it, the older `magnum`. @param env settings of Gantry */
export function coeSuite(release: Release, env: Readonly<Record<string, string>> = {}): void {
  describe(`openstack coe and magnum of Debian ${release}`, () => {
    let cloud: SimulatedCloud;
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
    });
    afterAll(() => cloud.remove());

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
