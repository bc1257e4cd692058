import { expect, test } from 'vitest';
import { startHeat } from '../../heat-for-tests.ts';

const TEMPLATE = {
  resources: {
    join: { type: 'OS::Neutron::RouterInterface', properties: { router: 'r1', subnet: 's1' } },
  },
};

test('a router interface whose creation got no answer is not forgotten when its stack is deleted in an outage', async () => {
  const heat = await startHeat();
  heat.world.add('routers', { id: 'r1' });
  heat.world.add('subnets', { id: 's1' });
  const failing = { status: 503, message: 'out of order' };
  heat.world.refuse = (_, path) => (path.endsWith('/add_router_interface') ? failing : undefined);
  await heat.create('one', TEMPLATE);
  expect(await heat.settled('one')).toMatchObject({ stack_status: 'CREATE_FAILED' });
  // It was made all the same.
  const owner = { device_id: 'r1', device_owner: 'network:router_interface' };
  heat.world.add('ports', { ...owner, fixed_ips: [{ subnet_id: 's1' }] });

  heat.world.refuse = () => failing;
  const { body } = await heat.ask('GET', '/stacks?show_deleted=true');
  const path = `/stacks/one/${body.stacks[0].id}`;
  await heat.ask('DELETE', path);
  expect(await heat.settled('one')).toMatchObject({
    stack_status: 'DELETE_FAILED',
    stack_status_reason: expect.stringContaining('out of order'),
  });

  heat.world.refuse = () => undefined;
  await heat.ask('DELETE', path);
  expect(await heat.settled('one')).toMatchObject({ stack_status: 'DELETE_COMPLETE' });
  expect(heat.world.calls.filter((call) => call.endsWith('/remove_router_interface'))).toHaveLength(1);
});

test('a deletion finishes where the router that a failed interface was to join is gone', async () => {
  const heat = await startHeat();
  heat.world.add('subnets', { id: 's1' });
  const router = heat.world.add('routers', { id: 'r1' });
  heat.world.refuse = (method) => (method === 'PUT' ? { status: 400, message: 'no' } : undefined);
  await heat.create('one', TEMPLATE);
  expect(await heat.settled('one')).toMatchObject({ stack_status: 'CREATE_FAILED' });
  heat.world.things.get('routers')?.delete(router.id);
  const { body } = await heat.ask('GET', '/stacks');
  await heat.ask('DELETE', `/stacks/one/${body.stacks[0].id}`);
  expect(await heat.settled('one')).toMatchObject({ stack_status: 'DELETE_COMPLETE' });
});
