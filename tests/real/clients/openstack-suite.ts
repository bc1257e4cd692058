import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import type { Release } from './debian-release.ts';
import {
  identityCommands,
  imageCommands,
  limitCommands,
  networkCommands,
  serverCommands,
  stackCommands,
} from './openstack-commands.ts';
import { simulatedCloud, type SimulatedCloud } from './simulated-cloud.ts';
import { tryCommands, type Facts } from './try-commands.ts';

const HOT = `
heat_template_version: 2018-08-31
parameters:
  external: {type: string, constraints: [{custom_constraint: neutron.network}]}
resources:
  net: {type: OS::Neutron::Net}
  subnet:
    type: OS::Neutron::Subnet
    properties: {network: {get_resource: net}, cidr: 10.77.0.0/24}
  router:
    type: OS::Neutron::Router
    properties: {external_gateway_info: {network: {get_param: external}}}
outputs:
  net: {value: {get_resource: net}}
`;

/** Tests of what a release's `openstack` does with devcloud's own services. */
export function openstackSuite(release: Release): void {
  describe(`openstack of Debian ${release}`, () => {
    let cloud: SimulatedCloud;
    const facts: Facts = new Map();
    beforeAll(async () => {
      cloud = await simulatedCloud(release);
      writeFileSync(join(cloud.folder, 'stack.yaml'), HOT);
      facts.set('folder', cloud.client.folder);
    });
    afterAll(() => cloud.remove());

    const tables = [
      ...[identityCommands, imageCommands, limitCommands],
      ...[networkCommands, serverCommands, stackCommands],
    ];
    tryCommands(tables.flat(), { release, session: () => cloud.client, facts });
  });
}
