import { existsSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { realCloud, type RealCloud } from './real-cloud.ts';

let cloud: RealCloud;
beforeAll(async () => void (cloud = await realCloud()));
afterAll(() => cloud.remove());

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
  leg:
    type: OS::Neutron::RouterInterface
    properties: {router: {get_resource: router}, subnet: {get_resource: subnet}}
  secret: {type: OS::Heat::RandomString, properties: {length: 20}}
outputs:
  secret: {value: {get_attr: [secret, value]}}
  net: {value: {get_resource: net}}
`;

/** A field of what the client printed as JSON. */
function field(printed: unknown, name: string): string {
  return String((printed as Record<string, unknown>)[name]);
}

async function until<T>(look: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> {
  return vi.waitFor(
    async () => {
      const value = await look();
      if (!wanted(value)) throw new Error(`still ${JSON.stringify(value)}`);
      return value;
    },
    { timeout: 120_000, interval: 500 },
  );
}

/** Asks a Docker API that wants to know who asks. */
function askWithoutCertificate(dockerHost: string): Promise<unknown> {
  const { hostname, port } = new URL(dockerHost);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path: '/info', rejectUnauthorized: false }, resolve).on('error', reject).end();
  });
}

describe("Debian's clients with the written clouds.yaml", () => {
  it('log in and see the catalog and the image', async () => {
    expect(field(await cloud.openstack('token issue -f json'), 'id')).toMatch(/\S{20}/);
    const catalog = await cloud.openstack('catalog list -f json');
    expect((catalog as { Type: string }[]).map((entry) => entry.Type).toSorted()).toEqual([
      'compute',
      'container-infra',
      'identity',
      'image',
      'network',
      'orchestration',
      'volumev3',
    ]);
    expect(await cloud.openstack('image list -f json')).toMatchObject([{ Name: 'server', Status: 'active' }]);
  });

  it('make a network, a server whose user data runs, and reach it by a floating IP', async () => {
    const userData = join(cloud.folder, 'user-data.sh');
    writeFileSync(
      userData,
      '#!/bin/sh\nmkdir /srv/page && echo the user data ran > /srv/page/index.html\n' +
        'systemd-run --unit=page python3 -m http.server --directory /srv/page 80\necho USER-DATA-RAN\n',
    );
    await cloud.openstack('network create net');
    await cloud.openstack('subnet create --network net --subnet-range 10.76.0.0/24 sub');
    await cloud.openstack('router create --external-gateway public rt');
    await cloud.openstack('router add subnet rt sub');
    await cloud.openstack('security group create web');
    await cloud.openstack('security group rule create --protocol tcp --dst-port 80 web');
    await cloud.openstack(
      'port create --network net --fixed-ip ip-address=10.76.0.50 --security-group web p',
    );
    await cloud.openstack(
      `server create --image server --flavor m1.small --port p --user-data ${userData} --wait srv`,
    );
    const shown = await cloud.openstack('server show srv -f json');
    expect(shown).toMatchObject({ status: 'ACTIVE', addresses: { net: ['10.76.0.50'] } });
    await until(
      () => cloud.openstack('console log show srv'),
      (text) => String(text).includes('USER-DATA-RAN'),
    );

    const floating = field(
      await cloud.openstack('floating ip create --port p public -f json'),
      'floating_ip_address',
    );
    const page = await until(
      async () => {
        const answer = await fetch(`http://${floating}/`, { signal: AbortSignal.timeout(2000) });
        return answer.text();
      },
      (text) => text !== '',
    );
    expect(page.trim()).toBe('the user data ran');
    expect(await cloud.openstack('port show p -f json')).toMatchObject({ status: 'ACTIVE' });

    await cloud.openstack('server delete --wait srv');
    await cloud.openstack(`floating ip delete ${floating}`);
    await cloud.openstack('router remove subnet rt sub');
    await cloud.openstack('router delete rt');
    await cloud.openstack('port delete p');
    await cloud.openstack('network delete net');
    await cloud.openstack('security group delete web');
  });

  it('make a stack from a HOT file', async () => {
    const template = join(cloud.folder, 'stack.yaml');
    writeFileSync(template, HOT);
    await cloud.openstack(`stack create --wait -t ${template} --parameter external=public st`);
    expect(field(await cloud.openstack('stack show st -f json'), 'stack_status')).toBe('CREATE_COMPLETE');
    expect(field(await cloud.openstack('stack output show st secret -f json'), 'output_value')).toHaveLength(
      20,
    );
    expect(await cloud.openstack('stack resource list st -f json')).toHaveLength(5);
    await cloud.openstack('stack delete --yes --wait st');
    expect(await cloud.openstack('stack list -f json')).toEqual([]);
  });

  it('make a Swarm whose Docker answers over TLS with the files of cluster config', async () => {
    await cloud.openstack(
      'coe cluster template create swarm --coe swarm-mode --image server --external-network public --flavor m1.small --master-flavor m1.small',
    );
    await cloud.openstack('coe cluster create sw --cluster-template swarm --master-count 1 --node-count 1');
    const shown = await until(
      () => cloud.openstack('coe cluster show sw -f json'),
      (cluster) => /_(COMPLETE|FAILED)$/.test(field(cluster, 'status')),
    );
    expect(field(shown, 'status')).toBe('CREATE_COMPLETE');
    const config = String(
      await cloud.openstack(`coe cluster config sw --dir ${cloud.folder} --output-certs`),
    );
    const env = Object.fromEntries(
      [...config.matchAll(/export (\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
    );
    expect(existsSync(join(cloud.folder, 'cert.pem'))).toBe(true);
    const nodes = await cloud.docker('node ls --format {{.Status}}:{{.ManagerStatus}}', env);
    expect(nodes.trim().split('\n').toSorted()).toEqual(['Ready:', 'Ready:Leader']);
    await expect(askWithoutCertificate(env['DOCKER_HOST'] ?? '')).rejects.toThrow(/certificate|alert/);

    await cloud.openstack('coe cluster delete sw');
    await until(
      () => cloud.openstack('coe cluster list -f json'),
      (clusters) => (clusters as unknown[]).length === 0,
    );
    await cloud.openstack('coe cluster template delete swarm');
    expect(await cloud.openstack('server list -f json')).toEqual([]);
    expect(await cloud.openstack('port list -f json')).toEqual([]);
  });
});
