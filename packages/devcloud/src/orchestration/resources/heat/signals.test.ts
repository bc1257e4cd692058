import { beforeEach, describe, expect, test } from 'vitest';
import { startHeat, type TestHeat } from '../../heat-for-tests.ts';

let heat: TestHeat;

beforeEach(async () => {
  heat = await startHeat();
});

async function idOf(name: string): Promise<string> {
  const { headers } = await heat.ask('GET', `/stacks/${name}`);
  return String(headers['location']).split('/').at(-1) ?? '';
}

async function until(done: () => Promise<boolean>): Promise<void> {
  while (!(await done())) await new Promise((resolve) => setImmediate(resolve));
}

async function statusOf(resource: string): Promise<string | undefined> {
  return (await heat.resources('one')).find((row) => row.resource_name === resource)?.resource_status;
}

describe('a wait condition', () => {
  const template = (count = 1, handle: object = {}): object => ({
    resources: {
      handle: { type: 'OS::Heat::WaitConditionHandle', ...handle },
      wait: {
        type: 'OS::Heat::WaitCondition',
        properties: { handle: { get_resource: 'handle' }, timeout: 600, count },
      },
    },
    outputs: {
      curl: { value: { get_attr: ['handle', 'curl_cli'] } },
      endpoint: { value: { get_attr: ['handle', 'endpoint'] } },
      token: { value: { get_attr: ['handle', 'token'] } },
      reference: { value: { get_resource: 'handle' } },
      data: { value: { get_attr: ['wait', 'data'] } },
    },
  });

  async function begin(body = template()): Promise<{ path: string; token: string }> {
    expect((await heat.create('one', body)).status).toBe(201);
    await until(async () => (await statusOf('wait')) === 'CREATE_IN_PROGRESS');
    const endpoint = String(await heat.output('one', 'endpoint'));
    return { path: `/${new URL(endpoint).pathname}`, token: String(await heat.output('one', 'token')) };
  }

  test('is complete when its handle got as many signals as it wants, each id counted once', async () => {
    const { path, token } = await begin(template(2));
    expect(await heat.output('one', 'curl')).toBe(
      `curl -i -X POST -H 'X-Auth-Token: ${token}' -H 'Content-Type: application/json' -H 'Accept: application/json' http://inside${path.slice(1)}`,
    );
    expect((await heat.ask('POST', path, { status: 'SUCCESS', id: 'a', data: 1 }, token)).status).toBe(200);
    await heat.ask('POST', path, { status: 'SUCCESS', id: 'a', data: 2 }, token);
    expect(await statusOf('wait')).toBe('CREATE_IN_PROGRESS');
    await heat.ask('POST', path, { status: 'SUCCESS', id: 'b', data: { x: 1 } }, token);
    expect(await heat.settled('one')).toMatchObject({ stack_status: 'CREATE_COMPLETE' });
    expect(JSON.parse(String(await heat.output('one', 'data')))).toEqual({ a: 2, b: { x: 1 } });
  });

  test('takes a signal without a body as success, and one of a wrong form not at all', async () => {
    const { path, token } = await begin();
    expect((await heat.ask('POST', path, { status: 'GOOD' }, token)).body.error).toMatchObject({
      type: 'ValueError',
      message: 'Metadata format invalid',
    });
    expect(await statusOf('wait')).toBe('CREATE_IN_PROGRESS');
    await heat.ask('POST', path, undefined, token);
    expect(await heat.settled('one')).toMatchObject({ stack_status: 'CREATE_COMPLETE' });
  });

  test('fails with the reason that was signalled', async () => {
    const { path, token } = await begin(template(3));
    await heat.ask('POST', path, { status: 'FAILURE', reason: 'disk is full' }, token);
    expect(await heat.settled('one')).toMatchObject({
      stack_status_reason: 'Resource CREATE failed: WaitConditionFailure: resources.wait: disk is full',
    });
  });

  test('fails when its time is up, which a restart does not give it anew', async () => {
    const { path, token } = await begin(template(2));
    await heat.ask('POST', path, { id: 'a', reason: 'first' }, token);
    heat.clock.advance(400_000);
    await heat.running.stop().catch(() => undefined);
    const again = await startHeat({
      world: heat.world,
      store: { ...heat.store, close: () => undefined },
      clock: heat.clock,
    });
    heat.clock.advance(201_000);
    heat = again;
    expect(await heat.settled('one')).toMatchObject({
      stack_status_reason:
        'Resource CREATE failed: WaitConditionTimeout: resources.wait: 1 of 2 received - first',
    });
  });

  test('has a token that opens its own signal and nothing else', async () => {
    const { path, token } = await begin();
    expect((await heat.ask('POST', path, {}, 'wrong')).status).toBe(401);
    expect((await heat.ask('GET', '/stacks', undefined, token)).status).toBe(401);
    expect((await heat.ask('POST', path.replace('/handle/', '/wait/'), {}, token)).status).toBe(401);
    expect((await heat.ask('POST', path, {}, 'other')).status).toBe(403);
  });

  test('may be signalled at an address that is the secret itself', async () => {
    await heat.create('one', template(1, { properties: { signal_transport: 'CFN_SIGNAL' } }));
    await until(async () => (await statusOf('wait')) === 'CREATE_IN_PROGRESS');
    const url = new URL(String(await heat.output('one', 'reference')));
    expect(url.origin).toBe('http://inside');
    expect((await heat.ask('PUT', `/${url.pathname}x`, {}, '')).status).toBe(404);
    expect((await heat.ask('PUT', `/${url.pathname}`, { status: 'SUCCESS' }, '')).status).toBe(200);
    expect(await heat.settled('one')).toMatchObject({ stack_status: 'CREATE_COMPLETE' });
  });
});

describe('a software deployment', () => {
  const template = (transport = 'HEAT_SIGNAL', actions = ['CREATE', 'UPDATE']): object => ({
    parameters: { who: { type: 'string', default: 'world' } },
    resources: {
      server: {
        type: 'OS::Nova::Server',
        properties: {
          name: 's',
          flavor: 'm1.small',
          image: 'linux',
          user_data_format: 'SOFTWARE_CONFIG',
          user_data: '#!/bin/sh\n',
        },
      },
      config: {
        type: 'OS::Heat::SoftwareConfig',
        properties: {
          group: 'script',
          config: 'echo $who',
          inputs: [{ name: 'who' }, { name: 'mood', default: 'fine' }],
          outputs: [{ name: 'result' }, { name: 'fault', error_output: true }],
        },
      },
      deploy: {
        type: 'OS::Heat::SoftwareDeployment',
        properties: {
          config: { get_resource: 'config' },
          server: { get_resource: 'server' },
          input_values: { who: { get_param: 'who' }, extra: 1 },
          signal_transport: transport,
          actions,
        },
      },
    },
    outputs: {
      result: { value: { get_attr: ['deploy', 'result'] } },
      code: { value: { get_attr: ['deploy', 'deploy_status_code'] } },
    },
  });

  async function begin(body = template()): Promise<string> {
    expect((await heat.create('one', body)).status).toBe(201);
    await until(async () =>
      (await heat.resources('one')).some(
        (row) => row.resource_name === 'deploy' && row.physical_resource_id !== '',
      ),
    );
    return `/stacks/one/${await idOf('one')}/resources`;
  }

  async function inputs(path: string): Promise<Record<string, unknown>> {
    const { body } = await heat.ask('GET', `${path}/server/metadata`);
    const [deployment] = body.metadata.deployments;
    return Object.fromEntries(
      deployment.inputs.map((input: { name: string; value: unknown }) => [input.name, input.value]),
    );
  }

  test('waits for its server, which reads what to do from its metadata and answers', async () => {
    const path = await begin();
    expect(await inputs(path)).toMatchObject({
      who: 'world',
      mood: 'fine',
      extra: 1,
      deploy_action: 'CREATE',
      deploy_resource_name: 'deploy',
    });
    const [sent] = heat.world.of('servers');
    const userData = Buffer.from(String(sent?.['user_data']), 'base64').toString();
    const metadataUrl = new URL(/"metadata_url": "([^"]+)"/.exec(userData)?.[1] ?? '');
    const read = await heat.ask('GET', `/${metadataUrl.pathname}`, undefined, '');
    expect(read.body).toMatchObject({ deployments: [{ group: 'script', config: 'echo $who' }] });
    const { deploy_signal_id: signal } = await inputs(path);
    await heat.ask('POST', `/${new URL(String(signal)).pathname}`, { deploy_status_code: 0, result: 42 }, '');
    expect(await heat.settled('one')).toMatchObject({ stack_status: 'CREATE_COMPLETE' });
    expect(await heat.output('one', 'result')).toBe(42);
    expect(await heat.output('one', 'code')).toBe(0);
  });

  test('fails by its exit status, or by an output that means an error', async () => {
    const path = await begin();
    await heat.ask('POST', `${path}/deploy/signal`, { deploy_status_code: 3, fault: 'broken' });
    expect(await heat.settled('one')).toMatchObject({
      stack_status_reason:
        'Resource CREATE failed: Error: resources.deploy: Deployment to server failed: Error in fault: broken, deploy_status_code: Deployment exited with non-zero status code: 3',
    });
  });

  test('is deployed anew by an update of its inputs, and only for the actions it is for', async () => {
    const path = await begin();
    await heat.ask('POST', `${path}/deploy/signal`, {});
    await heat.settled('one');
    await heat.ask('PATCH', `/stacks/one/${await idOf('one')}`, { parameters: { who: 'moon' } });
    await until(async () => (await statusOf('deploy')) === 'UPDATE_IN_PROGRESS');
    await until(async () => (await inputs(path))['who'] === 'moon');
    await heat.ask('POST', `${path}/deploy/signal`, {});
    expect(await heat.settled('one')).toMatchObject({ stack_status: 'UPDATE_COMPLETE' });
    expect((await heat.ask('GET', '/software_configs')).body.software_configs).toHaveLength(2);

    await heat.create('two', template('HEAT_SIGNAL', ['UPDATE']));
    expect(await heat.settled('two')).toMatchObject({ stack_status: 'CREATE_COMPLETE' });
  });

  test('with NO_SIGNAL waits for nobody; transports that need other services are refused', async () => {
    await heat.create('one', template('NO_SIGNAL'));
    expect(await heat.settled('one')).toMatchObject({ stack_status: 'CREATE_COMPLETE' });
    const { status, body } = await heat.create('two', template('TEMP_URL_SIGNAL'));
    expect([status, body.error.message]).toEqual([
      400,
      'resources.deploy: signal_transport TEMP_URL_SIGNAL is not supported: this cloud has no object store (swift) service',
    ]);
  });

  test('may be changed by the deployments API, and leaves no configuration behind', async () => {
    await begin();
    const { body } = await heat.ask('GET', '/software_deployments');
    const [deployment] = body.software_deployments;
    await heat.ask('PUT', `/software_deployments/${deployment.id}`, {
      status: 'COMPLETE',
      output_values: { result: 'x' },
    });
    expect(await heat.settled('one')).toMatchObject({ stack_status: 'CREATE_COMPLETE' });
    expect(await heat.output('one', 'result')).toBe('x');
    await heat.ask('DELETE', `/stacks/one/${await idOf('one')}`);
    await heat.settled('one').catch(() => undefined);
    expect((await heat.ask('GET', '/software_configs')).body.software_configs).toEqual([]);
    expect((await heat.ask('GET', '/software_deployments')).body.software_deployments).toEqual([]);
  });
});

test('user data is put together of its parts, as cloud-init reads them, and Ignition is left Ignition', async () => {
  const part = (config: string): object => ({ type: 'OS::Heat::SoftwareConfig', properties: { config } });
  const serverWith = (properties: object): object => ({
    type: 'OS::Nova::Server',
    properties: { flavor: 'm1.small', image: 'linux', ...properties },
  });
  await heat.create('one', {
    resources: {
      script: part('#!/bin/sh\necho hi'),
      umlaut: part('#cloud-config\n# ü'),
      mime: {
        type: 'OS::Heat::MultipartMime',
        properties: {
          parts: [
            { config: { get_resource: 'script' }, filename: 'a.sh' },
            { config: { get_resource: 'umlaut' } },
          ],
        },
      },
      raw: serverWith({ name: 'raw', user_data_format: 'RAW', user_data: { get_resource: 'mime' } }),
      ignition: serverWith({
        name: 'ignition',
        user_data_format: 'SOFTWARE_CONFIG',
        user_data: '{"ignition": {"version": "3.0.0"}, "storage": {"files": [{"path": "/etc/x"}]}}',
      }),
    },
  });
  expect(await heat.settled('one')).toMatchObject({ stack_status: 'CREATE_COMPLETE' });
  const dataOf = (name: string): string =>
    Buffer.from(
      String(heat.world.of('servers').find((row) => row['name'] === name)?.['user_data']),
      'base64',
    ).toString();
  const raw = dataOf('raw');
  expect(raw).toMatch(/^Content-Type: multipart\/mixed; boundary="=+\w+=="\nMIME-Version: 1\.0\n\n/);
  expect(raw).toContain('Content-Type: text/x-shellscript; charset="us-ascii"');
  expect(raw).toContain('Content-Disposition: attachment; filename="a.sh"\n\n#!/bin/sh\necho hi\n--');
  expect(raw).toContain(Buffer.from('#cloud-config\n# ü').toString('base64'));
  const ignition = JSON.parse(dataOf('ignition'));
  expect(ignition.storage.files.map((file: { path: string }) => file.path)).toEqual([
    '/etc/x',
    '/var/lib/heat-cfntools/cfn-init-data',
    '/var/lib/cloud/data/cfn-init-data',
  ]);
});
