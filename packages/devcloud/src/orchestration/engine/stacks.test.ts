import { beforeEach, describe, expect, test } from 'vitest';
import { startHeat, type TestHeat } from '../heat-for-tests.ts';

const value = (given: unknown): object => ({ type: 'OS::Heat::Value', properties: { value: given } });
const net = (name: string): object => ({ type: 'OS::Neutron::Net', properties: { name } });
const server = (properties: object = {}): object => ({
  type: 'OS::Nova::Server',
  properties: { name: 'web', flavor: 'm1.small', image: 'linux', user_data_format: 'RAW', ...properties },
});

let heat: TestHeat;

beforeEach(async () => {
  heat = await startHeat();
});

async function pathOf(name: string): Promise<string> {
  const { headers } = await heat.ask('GET', `/stacks/${name}`);
  return `/stacks/${name}/${String(headers['location']).split('/').at(-1)}`;
}

async function update(name: string, body: object, method: 'PUT' | 'PATCH' = 'PATCH'): Promise<number> {
  const template =
    'template' in body
      ? { template: { heat_template_version: '2021-04-16', ...(body.template as object) } }
      : {};
  return (await heat.ask(method, await pathOf(name), { ...body, ...template })).status;
}

async function eventsOf(name: string): Promise<string[]> {
  const { body } = await heat.ask('GET', `${await pathOf(name)}/events`);
  return body.events.map(
    (event: Record<string, string>) => `${event['resource_name']} ${event['resource_status']}`,
  );
}

describe('creation', () => {
  test('makes things as they hang on each other, side by side where they do not, and tells in events', async () => {
    await heat.create('one', {
      resources: {
        last: value({ get_attr: ['middle', 'value'] }),
        middle: { ...value({ get_resource: 'net' }), depends_on: 'other' },
        net: net('n'),
        other: net('o'),
      },
      outputs: { id: { value: { get_attr: ['last', 'value'] }, description: 'the id' } },
    });
    expect(await heat.settled('one')).toMatchObject({
      stack_status: 'CREATE_COMPLETE',
      stack_status_reason: 'Stack CREATE completed successfully',
    });
    expect(await heat.output('one', 'id')).toBe(
      heat.world.of('networks').find((row) => row['name'] === 'n')?.id,
    );
    const events = await eventsOf('one');
    expect(events.slice(0, 3)).toEqual([
      'one CREATE_IN_PROGRESS',
      'net CREATE_IN_PROGRESS',
      'other CREATE_IN_PROGRESS',
    ]);
    expect(events.slice(-3)).toEqual([
      'last CREATE_IN_PROGRESS',
      'last CREATE_COMPLETE',
      'one CREATE_COMPLETE',
    ]);
  });

  test('waits for subnets of a network without being told, as addresses come from them', async () => {
    const network = { get_resource: 'net' };
    await heat.create('one', {
      resources: {
        port: { type: 'OS::Neutron::Port', properties: { network } },
        net: net('n'),
        subnet: { type: 'OS::Neutron::Subnet', properties: { network, cidr: '10.0.0.0/24' } },
      },
    });
    await heat.settled('one');
    expect(heat.world.calls.map((call) => call.split('/').at(-1))).toEqual(['networks', 'subnets', 'ports']);
  });

  test('that fails says what failed, where and why, and stops the rest', async () => {
    heat.world.refuse = (method, path) =>
      method === 'POST' && path.endsWith('/ports')
        ? { status: 409, message: 'No more addresses' }
        : undefined;
    await heat.create('one', {
      resources: {
        net: net('n'),
        port: { type: 'OS::Neutron::Port', properties: { network: { get_resource: 'net' } } },
        never: value({ get_resource: 'port' }),
        waits: {
          type: 'OS::Heat::WaitCondition',
          properties: { handle: { get_resource: 'handle' }, timeout: 600 },
        },
        handle: { type: 'OS::Heat::WaitConditionHandle' },
      },
    });
    expect(await heat.settled('one')).toMatchObject({
      stack_status: 'CREATE_FAILED',
      stack_status_reason: 'Resource CREATE failed: Conflict: resources.port: No more addresses (HTTP 409)',
    });
    const states = Object.fromEntries((await heat.resources('one')).map((row) => [row.resource_name, row]));
    expect(states['port']?.resource_status).toBe('CREATE_FAILED');
    expect(states['waits']?.resource_status_reason).toContain(
      'CREATE aborted (another resource of the stack failed)',
    );
    expect(states['never']).toBeUndefined();
  });

  test('of a server that goes to ERROR gives its fault', async () => {
    heat.world.refuse = (method, path, body) => {
      if (method === 'POST' && path.endsWith('/servers')) {
        Object.assign((body as { server: object }).server, {
          status: 'ERROR',
          fault: { message: 'No valid host', code: 500 },
        });
      }
      return undefined;
    };
    await heat.create('one', { resources: { server: server() } });
    expect(await heat.settled('one')).toMatchObject({
      stack_status_reason:
        'Resource CREATE failed: ResourceInError: resources.server: Went to status ERROR due to "Message: No valid host, Code: 500"',
    });
  });

  test('asks again when a neighbour fails, without making anything twice', async () => {
    let failures = 0;
    heat.world.refuse = (method, path, body) => {
      if (method !== 'POST' || !path.endsWith('/networks') || ++failures > 2) return undefined;
      // The second request works, but its answer is lost.
      if (failures === 2)
        heat.world.add('networks', { ...(body as { network: object }).network, status: 'ACTIVE' });
      return { status: 503, message: 'busy' };
    };
    await heat.create('one', { resources: { net: { type: 'OS::Neutron::Net' } } });
    expect(await heat.settled('one')).toMatchObject({ stack_status: 'CREATE_COMPLETE' });
    expect(heat.world.of('networks')).toHaveLength(1);
  });

  test('with rollback takes back what was made', async () => {
    heat.world.refuse = (method, path) =>
      method === 'POST' && path.endsWith('/servers') ? { status: 400, message: 'no' } : undefined;
    await heat.create(
      'one',
      { resources: { net: net('n'), server: { ...server(), depends_on: 'net' } } },
      { disable_rollback: false },
    );
    expect(await heat.settled('one')).toMatchObject({ stack_status: 'ROLLBACK_COMPLETE' });
    expect(heat.world.of('networks')).toEqual([]);
  });

  test('that takes longer than allowed ends as timed out, nested stacks too', async () => {
    const wait = {
      type: 'OS::Heat::ResourceGroup',
      properties: {
        count: 1,
        resource_def: { type: 'OS::Heat::TestResource', properties: { wait_secs: 9999 } },
      },
    };
    await heat.create('one', { resources: { wait } }, { timeout_mins: 1 });
    for (let round = 0; round < 20; round++) await new Promise((resolve) => setImmediate(resolve));
    heat.clock.advance(61_000);
    expect(await heat.settled('one')).toMatchObject({
      stack_status: 'CREATE_FAILED',
      stack_status_reason: 'Timed out',
    });
    expect((await heat.resources('one', 1)).map((row) => row.resource_status)).toEqual([
      'CREATE_FAILED',
      'CREATE_FAILED',
    ]);
  });
});

describe('update', () => {
  test('changes in place what can be, replaces what cannot, adds and deletes, and leaves the rest alone', async () => {
    await heat.create('one', {
      resources: {
        same: net('same'),
        renamed: net('before'),
        again: server({ key_name: '' }),
        gone: net('gone'),
      },
    });
    await heat.settled('one');
    const before = Object.fromEntries(
      (await heat.resources('one')).map((row) => [row.resource_name, row.physical_resource_id]),
    );
    expect(
      await update('one', {
        template: {
          resources: {
            same: net('same'),
            renamed: net('after'),
            again: server({ availability_zone: 'az2' }),
            fresh: net('fresh'),
          },
        },
      }),
    ).toBe(202);
    expect(await heat.settled('one')).toMatchObject({ stack_status: 'UPDATE_COMPLETE' });
    const after = Object.fromEntries(
      (await heat.resources('one')).map((row) => [row.resource_name, row.physical_resource_id]),
    );
    expect(after).toMatchObject({ same: before['same'], renamed: before['renamed'] });
    expect(after['again']).not.toBe(before['again']);
    expect(
      heat.world
        .of('networks')
        .map((row) => String(row['name']))
        .toSorted(),
    ).toEqual(['after', 'fresh', 'same']);
    expect(heat.world.of('servers').map((row) => row.id)).toEqual([after['again']]);
    const events = await eventsOf('one');
    expect(events.filter((event) => event.startsWith('same'))).toEqual([
      'same CREATE_IN_PROGRESS',
      'same CREATE_COMPLETE',
    ]);
    // The new one is there before the old one goes.
    expect(events.lastIndexOf('again CREATE_COMPLETE')).toBeLessThan(
      events.indexOf('again DELETE_IN_PROGRESS'),
    );
  });

  test('with existing keeps what it does not name, and clears what it is told to', async () => {
    const template = {
      parameters: { a: { type: 'string', default: 'A' }, b: { type: 'string', default: 'B' } },
      resources: { v: value({ list_join: ['', [{ get_param: 'a' }, { get_param: 'b' }]] }) },
      outputs: { v: { value: { get_attr: ['v', 'value'] } } },
    };
    await heat.create('one', template, { parameters: { a: '1', b: '2' } });
    await heat.settled('one');
    await update('one', { parameters: { b: '3' } });
    await heat.settled('one');
    expect(await heat.output('one', 'v')).toBe('13');
    await update('one', { clear_parameters: ['a'] });
    await heat.settled('one');
    expect(await heat.output('one', 'v')).toBe('A3');
    await update('one', { template }, 'PUT');
    await heat.settled('one');
    expect(await heat.output('one', 'v')).toBe('AB');
  });

  test('that fails is rolled back to what was, with the very same things', async () => {
    await heat.create(
      'one',
      { resources: { net: net('before'), server: server() } },
      { disable_rollback: false },
    );
    await heat.settled('one');
    const [original] = heat.world.of('servers');
    heat.world.refuse = (method, path) =>
      method === 'POST' && path.endsWith('/ports') ? { status: 400, message: 'no' } : undefined;
    await update('one', {
      template: {
        resources: {
          net: net('after'),
          server: server({ availability_zone: 'az2' }),
          port: {
            type: 'OS::Neutron::Port',
            properties: { network: { get_resource: 'net' } },
            depends_on: 'server',
          },
        },
      },
      disable_rollback: false,
    });
    expect(await heat.settled('one')).toMatchObject({ stack_status: 'ROLLBACK_COMPLETE' });
    expect(heat.world.of('networks')).toMatchObject([{ name: 'before' }]);
    expect(heat.world.of('servers').map((row) => row.id)).toEqual([original?.id]);
    expect((await heat.resources('one')).map((row) => row.resource_name).toSorted()).toEqual([
      'net',
      'server',
    ]);
  });

  test('makes a resource anew whose creation had failed', async () => {
    heat.world.refuse = (method, path) =>
      method === 'POST' && path.endsWith('/networks') ? { status: 400, message: 'no' } : undefined;
    await heat.create('one', { resources: { net: net('n') } });
    expect(await heat.settled('one')).toMatchObject({ stack_status: 'CREATE_FAILED' });
    heat.world.refuse = () => undefined;
    await update('one', {});
    expect(await heat.settled('one')).toMatchObject({ stack_status: 'UPDATE_COMPLETE' });
    expect(heat.world.of('networks')).toHaveLength(1);
  });

  test('is refused while another is under way, and may be cancelled', async () => {
    const properties = { action_wait_secs: { create: 9999 } };
    const slow = { slow: { type: 'OS::Heat::TestResource', properties } };
    await heat.create('one', { resources: { v: net('v') } });
    await heat.settled('one');
    await update('one', { template: { resources: { v: net('w'), ...slow } } });
    const path = await pathOf('one');
    const refused = await heat.ask('PATCH', path, { parameters: {} });
    expect(refused).toMatchObject({
      status: 409,
      body: {
        code: 409,
        title: 'Conflict',
        explanation: 'There was a conflict when trying to complete your request.',
        error: {
          type: 'ActionInProgress',
          message: 'Stack one already has an action (UPDATE) in progress.',
          traceback: null,
        },
      },
    });
    await heat.ask('POST', `${path}/actions`, { cancel_update: null });
    expect(await heat.settled('one')).toMatchObject({ stack_status: 'ROLLBACK_COMPLETE' });
    expect(heat.world.of('networks')).toMatchObject([{ name: 'v' }]);
  });

  test('is foreseen by a preview that changes nothing', async () => {
    await heat.create('one', {
      resources: { same: net('s'), renamed: net('b'), server: server(), gone: net('g') },
    });
    await heat.settled('one');
    const calls = heat.world.calls.length;
    const { body } = await heat.ask('PATCH', `${await pathOf('one')}/preview`, {
      template: {
        heat_template_version: '2021-04-16',
        resources: {
          same: net('s'),
          renamed: net('a'),
          server: server({ availability_zone: 'z' }),
          fresh: net('f'),
        },
      },
    });
    const names = Object.entries(body.resource_changes as Record<string, { resource_name: string }[]>).map(
      ([kind, rows]) => [kind, rows.map((row) => row.resource_name)],
    );
    expect(Object.fromEntries(names)).toEqual({
      unchanged: ['same'],
      updated: ['renamed'],
      replaced: ['server'],
      added: ['fresh'],
      deleted: ['gone'],
    });
    expect(heat.world.calls).toHaveLength(calls);
  });
});

describe('deletion', () => {
  test('goes backwards, tolerates what is gone, keeps what is to be retained, and can still be shown', async () => {
    await heat.create('one', {
      resources: {
        net: net('n'),
        port: { type: 'OS::Neutron::Port', properties: { network: { get_resource: 'net' } } },
        kept: { ...net('kept'), deletion_policy: 'Retain' },
      },
    });
    await heat.settled('one');
    const path = await pathOf('one');
    heat.world.things.get('ports')?.clear();
    expect((await heat.ask('DELETE', path)).status).toBe(204);
    expect(await heat.settled('one')).toMatchObject({ stack_status: 'DELETE_COMPLETE' });
    expect(heat.world.of('networks').map((row) => row['name'])).toEqual(['kept']);
    expect((await heat.ask('GET', '/stacks/one')).status).toBe(404);
    expect((await heat.ask('GET', '/stacks')).body.stacks).toEqual([]);
    expect((await heat.ask('GET', path)).body.stack).toMatchObject({ deletion_time: '2026-01-01T00:00:00Z' });
    expect((await heat.ask('DELETE', path)).status).toBe(404);
    expect((await heat.create('one', {})).status).toBe(201);
  });

  test('during creation stops it and deletes what is there already', async () => {
    heat.world.serverStatus = 'BUILD';
    await heat.create('one', { resources: { net: net('n'), server: { ...server(), depends_on: 'net' } } });
    while (heat.world.of('servers').length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect((await heat.ask('DELETE', await pathOf('one'))).status).toBe(204);
    await heat.settled('one');
    expect([heat.world.of('servers'), heat.world.of('networks')]).toEqual([[], []]);
  });

  test('that fails says why, and works when it is asked for again', async () => {
    await heat.create('one', { resources: { net: net('n') } });
    await heat.settled('one');
    const path = await pathOf('one');
    heat.world.refuse = (method) => (method === 'DELETE' ? { status: 409, message: 'in use' } : undefined);
    await heat.ask('DELETE', path);
    expect(await heat.settled('one')).toMatchObject({
      stack_status: 'DELETE_FAILED',
      stack_status_reason: 'Resource DELETE failed: Conflict: resources.net: in use (HTTP 409)',
    });
    heat.world.refuse = () => undefined;
    await heat.ask('DELETE', path);
    expect(await heat.settled('one')).toMatchObject({ stack_status: 'DELETE_COMPLETE' });
  });
});

test('check finds out what was taken away, and an update brings it back', async () => {
  await heat.create('one', { resources: { net: net('n') } });
  await heat.settled('one');
  heat.world.things.get('networks')?.clear();
  await heat.ask('POST', `${await pathOf('one')}/actions`, { check: null });
  expect(await heat.settled('one')).toMatchObject({ stack_status: 'CHECK_FAILED' });
  await update('one', {});
  expect(await heat.settled('one')).toMatchObject({ stack_status: 'UPDATE_COMPLETE' });
  expect(heat.world.of('networks')).toHaveLength(1);
});

test('conditions switch resources, outputs and properties; outputs that cannot be had say why', async () => {
  await heat.create(
    'one',
    {
      parameters: { on: { type: 'boolean' } },
      conditions: { on: { get_param: 'on' }, off: { not: 'on' } },
      resources: {
        a: { ...value('a'), condition: 'on' },
        b: { ...value('b'), condition: 'off' },
        c: {
          ...value({ if: ['on', { get_attr: ['a', 'value'] }, { get_attr: ['b', 'value'] }] }),
          depends_on: ['a', 'b'],
        },
        net: { type: 'OS::Neutron::Net', properties: { name: { if: ['off', 'named'] } } },
      },
      outputs: {
        c: { value: { get_attr: ['c', 'value'] } },
        off: { condition: 'off', value: { get_attr: ['b', 'value'] } },
        broken: { value: { str_split: [',', { get_attr: ['c', 'value'] }, 5] } },
      },
    },
    { parameters: { on: true } },
  );
  expect(await heat.settled('one')).toMatchObject({ stack_status: 'CREATE_COMPLETE' });
  expect((await heat.resources('one')).map((row) => row.resource_name).toSorted()).toEqual(['a', 'c', 'net']);
  expect(heat.world.of('networks')[0]?.['name']).toMatch(/^one-net-\w{12}$/);
  const { body } = await heat.ask('GET', await pathOf('one'));
  expect(body.stack.outputs).toMatchObject([
    { output_key: 'c', output_value: 'a' },
    { output_key: 'off', output_value: null },
    { output_key: 'broken', output_value: null, output_error: expect.stringContaining('Incorrect index') },
  ]);
});
