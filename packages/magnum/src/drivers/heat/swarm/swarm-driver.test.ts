import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { exampleCluster } from '../../../store/example-rows.ts';
import type { ClusterTemplate } from '../../../store/rows.ts';
import type { Observation } from '../../driver.ts';
import { given, heatOptionsInTest, orderOf as orderBy, type Given, type Order } from '../driver-in-test.ts';
import { swarmDriver } from './swarm-driver.ts';

const options = heatOptionsInTest;

const orderOf = (over: Given): Promise<Order> => orderBy(swarmDriver(options), over);

describe('the stack that is ordered for a Swarm', () => {
  test('bears a name that Heat allows and that is the same each time, the time-out, and whose it is', async () => {
    const order = await orderOf({ cluster: { create_timeout: 15 } });
    expect(order.stack_name).toMatch(/^my-swarm-1-[a-z2-7]{12}$/);
    expect((await orderOf({})).stack_name).toBe(order.stack_name);
    expect(order.timeout_mins).toBe(15);
    expect(order.tags.split(',')).toContain(exampleCluster().uuid);
  });

  test('has as many managers and workers as the node groups say, and tells nodes the addresses of their region', async () => {
    const { parameters } = await orderOf({ masters: { node_count: 5 } });
    expect(parameters).toMatchObject({
      number_of_secondary_masters: 4,
      number_of_nodes: 7,
      master_flavor: 'big',
      node_flavor: 'small',
      docker_volume_size: 20,
      auth_url: 'http://internal/v3',
      magnum_url: 'http://internal/v1',
    });
    expect(parameters).not.toHaveProperty('master_docker_volume_size');
  });

  test('gives nodes no trust unless the operator wants that', async () => {
    expect((await orderOf({})).parameters).not.toHaveProperty('trust_id');
    const { context, sent } = given({});
    await swarmDriver({ ...options, clusterUserTrust: true }).create(context);
    expect((JSON.parse(String(sent.at(-1)?.body)) as Order).parameters['trust_id']).toBe('trust');
  });

  test('declares every parameter it is given, and is given every one without a default', async () => {
    const order = await orderOf({
      template: {
        http_proxy: 'http://proxy',
        https_proxy: 'http://proxy',
        no_proxy: 'localhost',
        insecure_registry: '10.0.0.9:5000',
        docker_storage_driver: 'overlay2',
        external_network_id: 'public',
      },
      cluster: {
        labels: { registry_mirrors: 'http://mirror', availability_zone: 'nova', docker_volume_type: 'ssd' },
        keypair: 'key',
        fixed_network: 'net',
        fixed_subnet: 'sub',
      },
    });
    const { parameters } = parse(order.template) as { parameters: Record<string, { default?: unknown }> };
    expect(Object.keys(order.parameters).filter((name) => !(name in parameters))).toEqual([]);
    const required = Object.keys(parameters).filter((name) => parameters[name]?.default === undefined);
    expect(required.filter((name) => !(name in order.parameters))).toEqual([]);
  });

  test('hides the password, and brings along every file that its templates name', async () => {
    const order = await orderOf({});
    const { parameters } = parse(order.template) as { parameters: Record<string, { hidden?: boolean }> };
    expect(parameters['trustee_password']?.hidden).toBe(true);
    const texts = [order.template, ...Object.values(order.files)];
    const named = texts.flatMap((text) =>
      [...text.matchAll(/(?:get_file|type): (\S+\.(?:yaml|sh))$/gm)].map(([, name]) => name ?? ''),
    );
    expect(new Set(named)).toEqual(new Set(Object.keys(order.files)));
    expect(Object.keys(order.files)).toContain('node.yaml');
  });

  test('asks for no more than Nova takes as user data', async () => {
    const { files } = await orderOf({});
    const scripts = Object.values(files).join('').length + 8192;
    expect(Math.ceil(scripts / 3) * 4).toBeLessThan(65_535);
  });
});

test('an even number of managers is refused as the original words it', () => {
  const driver = swarmDriver(options);
  expect(driver.validateMasterSize(2)).toBe(
    'master nodegroup size of 2 is invalid, size cannot be an even number.',
  );
  expect([1, 3, 5].map((count) => driver.validateMasterSize(count))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

describe('a complete stack', () => {
  const outputs = {
    api_address: '172.24.4.10',
    swarm_primary_master: ['172.24.4.10'],
    swarm_secondary_masters: ['172.24.4.11', '172.24.4.12'],
    swarm_nodes: ['172.24.4.13'],
    discovery_url: 'swarm://10.0.0.5:2377',
    docker_version: '{"node": "20.10.24"}',
  };
  const stack = {
    id: 'stack-1',
    stack_name: 'x',
    stack_status: 'CREATE_COMPLETE',
    stack_status_reason: '',
    parameters: {},
    tags: null,
    outputs: Object.entries(outputs).map(([output_key, output_value]) => ({ output_key, output_value })),
  };
  const observe = (template: Partial<ClusterTemplate>): Promise<Observation> =>
    swarmDriver(options).observe(
      given({
        template,
        cluster: { stack_id: 'stack-1' },
        answer: () => ({ status: 200, headers: {}, body: { stack } }),
      }).context,
    );

  test("gives the address of Docker's API with TLS, all addresses and the version of Docker", async () => {
    expect(await observe({})).toMatchObject({
      status: 'CREATE_COMPLETE',
      attributes: {
        apiAddress: 'tcp://172.24.4.10:2376',
        coeVersion: '20.10.24',
        nodeAddresses: new Map([
          ['default-master', ['172.24.4.10', '172.24.4.11', '172.24.4.12']],
          ['default-worker', ['172.24.4.13']],
        ]),
      },
    });
  });

  test('without TLS gives the other port', async () => {
    expect(await observe({ tls_disabled: true })).toMatchObject({
      attributes: { apiAddress: 'tcp://172.24.4.10:2375' },
    });
  });
});
