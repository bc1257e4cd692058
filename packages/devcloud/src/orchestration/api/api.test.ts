import { beforeEach, describe, expect, test } from 'vitest';
import { startHeat, type TestHeat } from '../heat-for-tests.ts';

let heat: TestHeat;

beforeEach(async () => {
  heat = await startHeat();
});

const NOTHING = { heat_template_version: '2021-04-16' };
const explanation =
  'The server could not comply with the request since it is either malformed or otherwise incorrect.';

test('discovery needs no token, all else does', async () => {
  const root = await heat.ask('GET', '//orchestration/', undefined, '');
  expect(root.status).toBe(300);
  expect(root.body.versions).toMatchObject([
    { id: 'v1.0', status: 'CURRENT', links: [{ href: 'http://cloud/orchestration/v1/' }] },
  ]);
  expect(await heat.ask('GET', '/stacks', undefined, '')).toMatchObject({
    status: 401,
    body: { error: { code: 401 } },
  });
});

test('a stack is made, found by name and id, shown in full', async () => {
  const made = await heat.ask('POST', '/stacks', {
    stack_name: 'one',
    template: { ...NOTHING, description: 'Says so', parameters: { p: { type: 'string', default: 'x' } } },
    tags: 'a,b',
    timeout_mins: 5,
  });
  expect(made.status).toBe(201);
  const { id } = made.body.stack;
  const href = `http://cloud/orchestration/v1/p1/stacks/one/${id}`;
  expect(made.body).toEqual({ stack: { id, links: [{ href, rel: 'self' }] } });
  expect(made.headers['location']).toBe(href);
  await heat.settled('one');
  for (const name of ['one', id, encodeURIComponent(`arn:openstack:heat::p1:stacks/one/${id}`)]) {
    expect((await heat.ask('GET', `/stacks/${name}?resolve_outputs=False`)).headers['location']).toBe(
      `${href}?resolve_outputs=False`,
    );
  }
  expect((await heat.ask('GET', '/stacks/one/resources')).headers['location']).toBe(`${href}/resources`);
  expect((await heat.ask('GET', `/stacks/one/${id}`)).body.stack).toEqual({
    id,
    stack_name: 'one',
    links: [{ href, rel: 'self' }],
    description: 'Says so',
    template_description: 'Says so',
    stack_status: 'CREATE_COMPLETE',
    stack_status_reason: 'Stack CREATE completed successfully',
    creation_time: '2026-01-01T00:00:00Z',
    updated_time: null,
    deletion_time: null,
    stack_owner: 'demo',
    stack_user_project_id: 'p1',
    parent: null,
    tags: ['a', 'b'],
    capabilities: [],
    notification_topics: [],
    disable_rollback: true,
    timeout_mins: 5,
    parameters: { 'OS::project_id': 'p1', 'OS::stack_id': id, 'OS::stack_name': 'one', p: 'x' },
    outputs: [],
  });
});

test('lists are filtered, sorted, paged and counted', async () => {
  for (const [name, tags] of [
    ['a', 'x'],
    ['b', 'x,y'],
    ['c', 'y'],
  ] as const) {
    await heat.create(name, {}, { tags });
    await heat.settled(name);
  }
  const names = async (query: string): Promise<string[]> =>
    (await heat.ask('GET', `/stacks?${query}`)).body.stacks.map(
      (stack: { stack_name: string }) => stack.stack_name,
    );
  expect(await names('')).toEqual(['c', 'b', 'a']);
  expect(await names('sort_keys=stack_name&sort_dir=asc')).toEqual(['a', 'b', 'c']);
  expect(await names('tags=x,y')).toEqual(['b']);
  expect(await names('tags_any=x,y&not_tags=x&sort_keys=name')).toEqual(['c']);
  expect(await names('stack_name=a&stack_name=c&sort_keys=name')).toEqual(['a', 'c']);
  expect(await names('status=CREATE_FAILED')).toEqual([]);
  const { body } = await heat.ask('GET', '/stacks?limit=1&sort_keys=name&with_count=true');
  expect(body).toMatchObject({ count: 3, stacks: [{ stack_name: 'a' }] });
  const next = new URL(body.links[0].href);
  expect(await names(next.search.slice(1))).toEqual(['b']);
  expect((await heat.ask('GET', '/stacks?limit=x')).status).toBe(400);
  expect((await heat.ask('GET', '/stacks?marker=nope')).status).toBe(404);
});

describe('refusals have the form and the words of Heat', () => {
  test.each<[string, object, string, string]>([
    ['no name', { template: NOTHING }, 'HTTPBadRequest', 'No stack name specified'],
    [
      'wrong name',
      { stack_name: '1x', template: NOTHING },
      'StackValidationFailed',
      'Invalid stack name 1x must contain only alphanumeric or "_-." characters, must start with alpha and must be 255 characters or less.',
    ],
    ['no template', { stack_name: 'x' }, 'HTTPBadRequest', 'No template specified'],
    [
      'an address',
      { stack_name: 'x', template_url: 'http://far/away.yaml' },
      'HTTPBadRequest',
      'Could not retrieve template: http://far/away.yaml is not among the files sent with the request, and this cloud fetches none',
    ],
    [
      'unknown property',
      {
        stack_name: 'x',
        template: { ...NOTHING, resources: { a: { type: 'OS::Neutron::Net', properties: { nmae: 'x' } } } },
      },
      'StackValidationFailed',
      'Property error: resources.a.properties: Unknown Property nmae',
    ],
    [
      'wrong value',
      {
        stack_name: 'x',
        template: {
          ...NOTHING,
          resources: { a: { type: 'OS::Heat::RandomString', properties: { length: 0 } } },
        },
      },
      'StackValidationFailed',
      'Property error: resources.a.properties.length: 0 is out of range (min: 1, max: 512)',
    ],
    [
      'deep in a list',
      {
        stack_name: 'x',
        template: {
          ...NOTHING,
          resources: {
            a: {
              type: 'OS::Nova::Server',
              properties: { image: 'linux', flavor: 'm1.small', networks: [{ port: 'p' }] },
            },
          },
        },
      },
      'StackValidationFailed',
      "Property error: resources.a.properties.networks[0].port: Error validating value 'p': The port (p) could not be found.",
    ],
    [
      'unknown reference',
      {
        stack_name: 'x',
        template: {
          ...NOTHING,
          resources: { a: { type: 'OS::Heat::Value', properties: { value: [{ get_resource: 'b' }] } } },
        },
      },
      'InvalidTemplateReference',
      'The specified reference "b" (in a.Properties.value[0]) is incorrect.',
    ],
    [
      'unknown dependency',
      {
        stack_name: 'x',
        template: { ...NOTHING, resources: { a: { type: 'OS::Heat::RandomString', depends_on: 'b' } } },
      },
      'InvalidTemplateReference',
      'The specified reference "b" (in a) is incorrect.',
    ],
    [
      'unknown attribute',
      {
        stack_name: 'x',
        template: {
          ...NOTHING,
          resources: { a: { type: 'OS::Heat::RandomString' } },
          outputs: { o: { value: { get_attr: ['a', 'b'] } } },
        },
      },
      'InvalidTemplateAttribute',
      'The Referenced Attribute (a b) is incorrect.',
    ],
    [
      'circle',
      {
        stack_name: 'x',
        template: {
          ...NOTHING,
          resources: {
            a: { type: 'OS::Heat::Value', properties: { value: { get_resource: 'b' } } },
            b: { type: 'OS::Heat::RandomString', depends_on: 'a' },
          },
        },
      },
      'StackValidationFailed',
      'Circular Dependency Found: a -> b -> a',
    ],
    [
      'unknown type',
      { stack_name: 'x', template: { ...NOTHING, resources: { a: { type: 'OS::Foo::Bar' } } } },
      'StackValidationFailed',
      'resources.a: The Resource Type (OS::Foo::Bar) could not be found.',
    ],
    [
      'service this cloud lacks',
      { stack_name: 'x', template: { ...NOTHING, resources: { a: { type: 'OS::Octavia::LoadBalancer' } } } },
      'StackValidationFailed',
      'resources.a: HEAT-E99001 Service octavia is not available for resource type OS::Octavia::LoadBalancer, reason: this cloud has no octavia service',
    ],
    [
      'missing parameter',
      { stack_name: 'x', template: { ...NOTHING, parameters: { p: { type: 'string' } } } },
      'UserParameterMissing',
      'The Parameter (p) was not provided.',
    ],
    [
      'unknown parameter',
      { stack_name: 'x', template: NOTHING, parameters: { p: 1 } },
      'UnknownUserParameter',
      'The Parameter (p) was not defined in template.',
    ],
    [
      'unknown condition',
      {
        stack_name: 'x',
        template: { ...NOTHING, resources: { a: { type: 'OS::Heat::RandomString', condition: 'c' } } },
      },
      'StackValidationFailed',
      'resources.a.condition: Invalid condition "c"',
    ],
    [
      'wrong tags',
      { stack_name: 'x', template: NOTHING, tags: [1] },
      'ValueError',
      'Invalid tag, "1" is not a string',
    ],
    [
      'wrong environment',
      { stack_name: 'x', template: NOTHING, environment: { foo: {} } },
      'HTTPBadRequest',
      'Environment not in valid format: environment has wrong section "foo"',
    ],
  ])('%s', async (_name, body, type, message) => {
    const answer = await heat.ask('POST', '/stacks', body);
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 400, title: 'Bad Request', explanation, error: { type, message, traceback: null } },
    });
    expect((await heat.ask('GET', '/stacks')).body.stacks).toEqual([]);
  });

  test('what is not there, belongs to others, or cannot be', async () => {
    await heat.create('one', { resources: { r: { type: 'OS::Heat::RandomString' } } });
    const { id } = await heat.settled('one');
    expect((await heat.create('one', {})).body.error).toMatchObject({
      type: 'StackExists',
      message: 'The Stack (one) already exists.',
    });
    expect((await heat.ask('GET', '/stacks/nope')).body.error).toMatchObject({
      type: 'EntityNotFound',
      message: 'The Stack (nope) could not be found.',
    });
    expect((await heat.ask('GET', `/stacks/one/${id}/resources/x`)).body.error.message).toBe(
      'The Resource (x) could not be found in Stack one.',
    );
    expect((await heat.ask('GET', `/stacks/one/${id}`, undefined, 'other')).status).toBe(403);
    expect((await heat.ask('GET', `//orchestration/v1/p2/stacks/one/${id}`, undefined, 'other')).status).toBe(
      404,
    );
    expect((await heat.ask('POST', `/stacks/one/${id}/actions`, { fly: null })).body.error.message).toBe(
      'Invalid action fly specified',
    );
    expect((await heat.ask('POST', `/stacks/one/${id}/resources/r/signal`, {})).body.error.type).toBe(
      'ResourceActionNotSupported',
    );
    expect((await heat.ask('GET', '/nowhere')).body).toMatchObject({ code: 404, title: 'Not Found' });
    expect((await heat.ask('DELETE', '/stacks')).status).toBe(405);
    const broken = await heat.app.inject({
      method: 'POST',
      url: '/orchestration/v1/p1/stacks',
      headers: { 'x-auth-token': 'demo', 'content-type': 'application/json' },
      payload: '{',
    });
    expect(broken.json()).toMatchObject({ code: 400, error: { type: 'HTTPBadRequest' } });
  });

  test('of immutable parameters', async () => {
    await heat.create('one', { parameters: { p: { type: 'string', default: 'a', immutable: true } } });
    const { id } = await heat.settled('one');
    expect(
      (await heat.ask('PATCH', `/stacks/one/${id}`, { parameters: { p: 'b' } })).body.error,
    ).toMatchObject({
      type: 'ImmutableParameterModified',
      message: 'The following parameters are immutable and may not be updated: p',
    });
  });
});

test('validate shows the parameters as they are declared, given or not', async () => {
  const template = {
    ...NOTHING,
    parameters: {
      n: { type: 'number', constraints: [{ range: { min: 1 }, description: 'positive' }], label: 'N' },
      h: { type: 'string', hidden: true, default: 'x' },
    },
  };
  const { body } = await heat.ask('POST', '/validate', { template });
  expect(body).toMatchObject({
    Description: 'No description',
    Parameters: {
      n: { Type: 'Number', Label: 'N', NoEcho: 'false', MinValue: 1, ConstraintDescription: 'positive' },
      h: { Type: 'String', NoEcho: 'true', Default: 'x' },
    },
  });
  expect((await heat.ask('POST', '/validate', { template, parameters: { n: 0 } })).body.error.message).toBe(
    "Parameter 'n' is invalid: positive",
  );
});

test('a preview shows what would be, and makes nothing', async () => {
  const resources = {
    net: { type: 'OS::Neutron::Net', properties: { name: { get_param: 'OS::stack_name' } } },
  };
  const { body } = await heat.ask('POST', '/stacks/preview', {
    stack_name: 'one',
    template: { ...NOTHING, resources },
  });
  expect(body.stack).toMatchObject({
    stack_name: 'one',
    resources: [{ resource_name: 'net', properties: { name: 'one' } }],
  });
  expect([heat.world.calls, (await heat.ask('GET', '/stacks')).body.stacks]).toEqual([[], []]);
});

test('types, their schemas and versions of the language are told', async () => {
  expect((await heat.ask('GET', '/resource_types?name=OS::Heat::R')).body.resource_types).toEqual([
    'OS::Heat::RandomString',
    'OS::Heat::ResourceChain',
    'OS::Heat::ResourceGroup',
  ]);
  expect(
    (await heat.ask('GET', '/resource_types/OS::Heat::RandomString')).body.properties.length,
  ).toMatchObject({
    type: 'integer',
    default: 32,
    constraints: [{ range: { min: 1, max: 512 } }],
  });
  const generated = await heat.ask('GET', '/resource_types/OS::Neutron::Net/template');
  expect((await heat.ask('POST', '/validate', { template: generated.body })).status).toBe(200);
  expect((await heat.ask('GET', '/resource_types/OS::Foo::Bar')).status).toBe(404);
  const { body } = await heat.ask('GET', '/template_versions');
  expect(body.template_versions).toContainEqual({
    version: 'heat_template_version.2021-04-16',
    type: 'hot',
    aliases: ['heat_template_version.wallaby'],
  });
});

test('a snapshot brings back what was', async () => {
  const template = (name: string): object => ({
    ...NOTHING,
    resources: { net: { type: 'OS::Neutron::Net', properties: { name } } },
  });
  await heat.create('one', template('before'));
  const { id } = await heat.settled('one');
  const { body } = await heat.ask('POST', `/stacks/one/${id}/snapshots`, { name: 's' });
  await heat.ask('PUT', `/stacks/one/${id}`, { template: template('after') });
  await heat.settled('one');
  expect((await heat.ask('POST', `/stacks/one/${id}/snapshots/${body.id}/restore`)).status).toBe(202);
  expect(await heat.settled('one')).toMatchObject({ stack_status: 'RESTORE_COMPLETE' });
  expect(heat.world.of('networks')).toMatchObject([{ name: 'before' }]);
});

test('abandon forgets a stack and leaves what it made', async () => {
  await heat.create('one', { resources: { net: { type: 'OS::Neutron::Net' } } });
  const { id } = await heat.settled('one');
  const { body } = await heat.ask('DELETE', `/stacks/one/${id}/abandon`);
  expect(body).toMatchObject({
    name: 'one',
    resources: { net: { type: 'OS::Neutron::Net', status: 'COMPLETE' } },
  });
  expect(heat.world.of('networks')).toHaveLength(1);
  expect((await heat.ask('GET', `/stacks/one/${id}`)).status).toBe(404);
});

test.each([
  ['by its name', () => 'net'],
  ['by the id of what was made', () => String(heat.world.of('networks')[0]?.id)],
])('a resource marked unhealthy %s is made anew by the next update', async (_how, called) => {
  await heat.create('one', { resources: { net: { type: 'OS::Neutron::Net' } } });
  const { id } = await heat.settled('one');
  const [before] = heat.world.of('networks');
  const path = `/stacks/one/${id}/resources/net`;
  const sick = { mark_unhealthy: true, resource_status_reason: 'sick' };
  expect((await heat.ask('PATCH', `/stacks/one/${id}/resources/${called()}`, sick)).status).toBe(200);
  expect((await heat.ask('GET', path)).body.resource).toMatchObject({
    resource_status: 'CHECK_FAILED',
    resource_status_reason: 'sick',
  });
  await heat.ask('PATCH', `/stacks/one/${id}`, {});
  await heat.settled('one');
  expect(heat.world.of('networks').map((row) => row.id)).not.toContain(before?.id);
});
