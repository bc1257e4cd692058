import { beforeEach, describe, expect, test } from 'vitest';
import { startHeat, type TestHeat } from '../../heat-for-tests.ts';

let heat: TestHeat;

beforeEach(async () => {
  heat = await startHeat();
});

const MEMBER_FILE = JSON.stringify({
  heat_template_version: '2021-04-16',
  parameters: { name: { type: 'string' }, tag: { type: 'string', default: '' } },
  resources: { net: { type: 'OS::Neutron::Net', properties: { name: { get_param: 'name' } } } },
  outputs: {
    'OS::stack_id': { value: { get_resource: 'net' } },
    label: { value: { list_join: ['/', [{ get_param: 'name' }, { get_param: 'tag' }]] } },
  },
});

function template(extra: object = {}, updatePolicy: object = {}): object {
  return {
    parameters: {
      count: { type: 'number', default: 3 },
      tag: { type: 'string', default: 'x' },
      remove: { type: 'comma_delimited_list', default: '' },
    },
    resources: {
      group: {
        type: 'OS::Heat::ResourceGroup',
        update_policy: updatePolicy,
        properties: {
          count: { get_param: 'count' },
          removal_policies: [{ resource_list: { get_param: 'remove' } }],
          resource_def: { type: 'member.yaml', properties: { name: 'n-%index%', tag: { get_param: 'tag' } } },
          ...extra,
        },
      },
    },
    outputs: {
      refs: { value: { get_attr: ['group', 'refs'] } },
      refs_map: { value: { get_attr: ['group', 'refs_map'] } },
      labels: { value: { get_attr: ['group', 'label'] } },
      map: { value: { get_attr: ['group', 'attributes', 'label'] } },
      one: { value: { get_attr: ['group', 'resource.1.label'] } },
      ref: { value: { get_attr: ['group', 'resource.0'] } },
      deep: { value: { get_attr: ['group', 'resource.0', 'label'] } },
      removed: { value: { get_attr: ['group', 'removed_rsrc_list'] } },
    },
  };
}

async function create(body = template(), parameters: object = {}): Promise<void> {
  await heat.create('one', body, { files: { 'member.yaml': MEMBER_FILE }, parameters });
  expect(await heat.settled('one')).toMatchObject({ stack_status: 'CREATE_COMPLETE' });
}

async function update(parameters: object): Promise<void> {
  const { headers } = await heat.ask('GET', '/stacks/one');
  const id = String(headers['location']).split('/').at(-1);
  await heat.ask('PATCH', `/stacks/one/${id}`, { parameters });
  expect(await heat.settled('one')).toMatchObject({ stack_status: 'UPDATE_COMPLETE' });
}

const names = (): string[] =>
  heat.world
    .of('networks')
    .map((row) => String(row['name']))
    .toSorted();

describe('a group of template resources', () => {
  test('gives what its members are, by list, by name and one by one', async () => {
    await create();
    const ids = heat.world
      .of('networks')
      .toSorted((a, b) => (String(a['name']) < String(b['name']) ? -1 : 1))
      .map((row) => row.id);
    expect(await heat.output('one', 'refs')).toEqual(ids);
    expect(await heat.output('one', 'refs_map')).toEqual({ '0': ids[0], '1': ids[1], '2': ids[2] });
    expect(await heat.output('one', 'labels')).toEqual(['n-0/x', 'n-1/x', 'n-2/x']);
    expect(await heat.output('one', 'map')).toEqual({ '0': 'n-0/x', '1': 'n-1/x', '2': 'n-2/x' });
    expect(await heat.output('one', 'one')).toBe('n-1/x');
    expect(await heat.output('one', 'ref')).toBe(ids[0]);
    expect(await heat.output('one', 'deep')).toBe('n-0/x');
    expect((await heat.resources('one', 0)).length).toBe(1);
    expect((await heat.resources('one', 1)).length).toBe(4);
    expect((await heat.resources('one', 5)).length).toBe(7);
  });

  test('says what its members are in an output of its own stack too', async () => {
    await create();
    const [group] = await heat.resources('one', 0);
    const { headers } = await heat.ask('GET', `/stacks/${group?.physical_resource_id}`);
    const { body } = await heat.ask('GET', String(headers['location']).replace(/.*(?=\/stacks)/, ''));
    const outputs: unknown = body.stack.outputs;
    const refs = await heat.output('one', 'refs_map');
    expect(outputs).toMatchObject([{ output_key: 'refs_map', output_value: refs }]);
  });

  test('grows and shrinks at its end', async () => {
    await create();
    await update({ count: 1 });
    expect(names()).toEqual(['n-0']);
    await update({ count: 2 });
    expect(names()).toEqual(['n-0', 'n-1']);
  });

  test('gives up the members that are named, by number or by what refers to them, and never uses their numbers again', async () => {
    await create();
    await update({ count: 2, remove: '1' });
    expect(names()).toEqual(['n-0', 'n-2']);
    const [first] = heat.world.of('networks').filter((row) => row['name'] === 'n-0');
    await update({ count: 2, remove: first?.id });
    expect(names()).toEqual(['n-2', 'n-3']);
    expect(await heat.output('one', 'removed')).toEqual(['0', '1']);
  });

  test('forgets what was removed in mode update', async () => {
    await create(template({ removal_policies_mode: 'update' }));
    await update({ remove: '1' });
    expect(names()).toEqual(['n-0', 'n-2', 'n-3']);
    await update({ remove: '' });
    expect(names()).toEqual(['n-0', 'n-1', 'n-2']);
  });

  test('changes in batches from its end, with pauses between', async () => {
    const file = JSON.stringify({
      ...JSON.parse(MEMBER_FILE),
      resources: {
        net: {
          type: 'OS::Neutron::Net',
          properties: { name: { list_join: ['', [{ get_param: 'name' }, { get_param: 'tag' }]] } },
        },
      },
    });
    await heat.create('one', template({}, { rolling_update: { max_batch_size: 2, pause_time: 1 } }), {
      files: { 'member.yaml': file },
    });
    await heat.settled('one');
    const idOf = (name: string): string =>
      heat.world.of('networks').find((row) => row['name'] === name)?.id ?? '';
    const ids = ['n-0x', 'n-1x', 'n-2x'].map(idOf);
    const from = heat.world.calls.length;
    await update({ tag: 'y' });
    expect(names()).toEqual(['n-0y', 'n-1y', 'n-2y']);
    const changed = heat.world.calls.slice(from).map((call) => call.split('/').at(-1));
    expect(new Set(changed.slice(0, 2))).toEqual(new Set([ids[1], ids[2]]));
    expect(changed.slice(2)).toEqual([ids[0]]);
  });

  test('is made in batches where it is to be', async () => {
    await create(template({}, { batch_create: { max_batch_size: 2 } }));
    expect(names()).toEqual(['n-0', 'n-1', 'n-2']);
    const { headers } = await heat.ask('GET', '/stacks/one');
    const id = String(headers['location']).split('/').at(-1);
    const { body } = await heat.ask('GET', `/stacks/one/${id}/events?nested_depth=1`);
    const made = body.events.map(
      (event: Record<string, string>) => `${event['resource_name']} ${event['resource_status']}`,
    );
    expect(made.indexOf('2 CREATE_IN_PROGRESS')).toBeGreaterThan(made.indexOf('1 CREATE_COMPLETE'));
  });

  test('of none needs no file, and one whose file is missing is refused with its place', async () => {
    expect((await heat.create('empty', template(), { parameters: { count: 0 } })).status).toBe(201);
    const { status, body } = await heat.create('two', template());
    expect(status).toBe(400);
    expect(body.error.message).toContain('resources.group<nested_stack>');
    expect(body.error.message).toContain('Could not fetch remote template "member.yaml"');
  });
});

test('a fault deep inside is told with its whole path', async () => {
  heat.world.refuse = (method, path) =>
    method === 'POST' && path.endsWith('/networks') ? { status: 400, message: 'bad name' } : undefined;
  await heat.create('one', template(), { files: { 'member.yaml': MEMBER_FILE }, parameters: { count: 1 } });
  expect(await heat.settled('one')).toMatchObject({
    stack_status_reason:
      'Resource CREATE failed: BadRequest: resources.group.resources[0].resources.net: bad name (HTTP 400)',
  });
});

test('a wrong property deep inside is refused before anything is made', async () => {
  const wrong = JSON.stringify({
    heat_template_version: '2021-04-16',
    resources: { s: { type: 'OS::Nova::Server', properties: { image: 'linux', flavor: 'huge' } } },
  });
  const { status, body } = await heat.create(
    'one',
    { resources: { outer: { type: 'inner.yaml' } } },
    { files: { 'inner.yaml': wrong } },
  );
  expect(status).toBe(400);
  expect(body.error).toMatchObject({
    type: 'StackValidationFailed',
    message:
      "Property error: resources.outer<inner.yaml>.resources.s.properties.flavor: Error validating value 'huge': The Flavor (huge) could not be found.",
  });
});

test('types are mapped by the environment, to files, to other types and to nothing', async () => {
  await heat.create(
    'one',
    {
      resources: {
        a: { type: 'My::Net', properties: { name: 'a' } },
        b: { type: 'My::Off::Thing', properties: { whatever: 1 } },
        c: { type: 'My::Member', properties: { name: 'c' } },
      },
      outputs: { b: { value: { get_attr: ['b', 'anything'] } }, c: { value: { get_attr: ['c', 'label'] } } },
    },
    {
      files: {
        'm.yaml': MEMBER_FILE,
        'env.yaml':
          'resource_registry: {"My::Net": "OS::Neutron::Net", "My::Off::*": "OS::Heat::None", "My::Member": m.yaml}',
      },
      environment_files: ['env.yaml'],
    },
  );
  expect(await heat.settled('one')).toMatchObject({ stack_status: 'CREATE_COMPLETE' });
  expect(await heat.output('one', 'b')).toBeNull();
  expect(await heat.output('one', 'c')).toBe('c/');
  expect((await heat.resources('one')).map((row) => row.resource_type)).toEqual([
    'My::Net',
    'My::Off::Thing',
    'My::Member',
  ]);
});

test('a scaling policy resizes its group by a signal to its address', async () => {
  await heat.create('one', {
    resources: {
      group: {
        type: 'OS::Heat::AutoScalingGroup',
        properties: { min_size: 1, max_size: 3, resource: { type: 'OS::Neutron::Net', properties: {} } },
      },
      up: {
        type: 'OS::Heat::ScalingPolicy',
        properties: {
          auto_scaling_group_id: { get_resource: 'group' },
          scaling_adjustment: 5,
          adjustment_type: 'change_in_capacity',
        },
      },
    },
    outputs: {
      url: { value: { get_attr: ['up', 'alarm_url'] } },
      size: { value: { get_attr: ['group', 'current_size'] } },
    },
  });
  await heat.settled('one');
  const url = String(await heat.output('one', 'url'));
  expect((await heat.ask('POST', `/${new URL(url).pathname}`, undefined, '')).status).toBe(200);
  while (heat.world.of('networks').length < 3) await new Promise((resolve) => setImmediate(resolve));
  expect(await heat.output('one', 'size')).toBe(3);
});
