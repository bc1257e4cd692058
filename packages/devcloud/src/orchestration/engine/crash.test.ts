import { expect, test } from 'vitest';
import { copyStore, mortalStore, startHeat, TestClock, type TestHeat } from '../heat-for-tests.ts';
import { openTables } from './tables.ts';

const MEMBER = { type: 'OS::Neutron::Port', properties: { network: { get_resource: 'net' } } };

/** Something of everything: what is made outside, within, in a group, and what waits. */
const TEMPLATE = {
  parameters: { members: { type: 'number', default: 2 }, label: { type: 'string', default: 'one' } },
  resources: {
    net: { type: 'OS::Neutron::Net', properties: { name: { get_param: 'label' } } },
    port: { type: 'OS::Neutron::Port', properties: { network: { get_resource: 'net' } } },
    server: {
      type: 'OS::Nova::Server',
      properties: {
        flavor: 'm1.small',
        image: 'linux',
        networks: [{ port: { get_resource: 'port' } }],
        user_data: { get_param: 'label' },
        user_data_format: 'RAW',
      },
    },
    secret: { type: 'OS::Heat::RandomString' },
    group: {
      type: 'OS::Heat::ResourceGroup',
      properties: {
        count: { get_param: 'members' },
        resource_def: { ...MEMBER, properties: { network: { get_resource: 'net' } } },
      },
    },
  },
  outputs: { secret: { value: { get_attr: ['secret', 'value'] } } },
};

const COUNTS = { networks: 1, ports: 3, servers: 1 };

function counts(heat: TestHeat): Record<string, number> {
  return Object.fromEntries(Object.keys(COUNTS).map((kind) => [kind, heat.world.of(kind).length]));
}

/**
 * Runs `act` in processes that are each killed one write later than the one before, until one of them needs
 * no more writes than it is given; what the next process makes of it is looked at after each.
 */
async function killAtEveryWrite(
  prepare: ((heat: TestHeat) => Promise<unknown>) | undefined,
  act: (heat: TestHeat) => Promise<unknown>,
  look: (heat: TestHeat) => Promise<void>,
): Promise<number> {
  const prepared = await startHeat();
  await prepare?.(prepared);
  for (let writes = 1; ; writes++) {
    const shared = { world: prepared.world.copy(), store: copyStore(prepared.store), clock: new TestClock() };
    const mortal = mortalStore(shared.store, writes);
    const dying = await startHeat({ ...shared, store: mortal });
    await act(dying).catch(() => undefined);
    const stacks = openTables(shared.store).stacks;
    const busy = (): boolean => stacks.all().some((row) => row.status === 'IN_PROGRESS');
    while (busy() && !mortal.died()) await new Promise((resolve) => setImmediate(resolve));
    const survived = !mortal.died();
    // What the dead process still does reaches nobody.
    const next = await startHeat(shared);
    await look(next);
    await next.running.stop();
    if (survived) return writes;
  }
}

const done = async (heat: TestHeat, status: string): Promise<void> => {
  expect(await heat.settled('one')).toMatchObject({ stack_status: status });
};

test('a stack whose creation is killed at any write is completed by the next process, with nothing made twice', async () => {
  let accepted = 0;
  const writes = await killAtEveryWrite(
    undefined,
    (heat) => heat.create('one', TEMPLATE),
    async (heat) => {
      const { body } = await heat.ask('GET', '/stacks');
      // Killed before it was answered: there is no stack, or it goes on as if it had been.
      if (body.stacks.length === 0)
        return expect(counts(heat)).toEqual({ networks: 0, ports: 0, servers: 0 });
      accepted++;
      await done(heat, 'CREATE_COMPLETE');
      expect(counts(heat)).toEqual(COUNTS);
      expect(await heat.output('one', 'secret')).toMatch(/^\w{32}$/);
    },
  );
  expect(accepted).toBeGreaterThan(writes / 2);
}, 60_000);

test('an update killed at any write ends as if it had not been, replacements included', async () => {
  await killAtEveryWrite(
    async (heat) => {
      await heat.create('one', TEMPLATE);
      await done(heat, 'CREATE_COMPLETE');
    },
    async (heat) => {
      const { headers } = await heat.ask('GET', '/stacks/one');
      const id = String(headers['location']).split('/').at(-1);
      return heat.ask('PATCH', `/stacks/one/${id}`, { parameters: { label: 'two', members: 1 } });
    },
    async (heat) => {
      const { stack_status: status } = await heat.settled('one');
      if (status === 'CREATE_COMPLETE') return expect(counts(heat)).toEqual(COUNTS);
      expect(status).toBe('UPDATE_COMPLETE');
      expect(counts(heat)).toEqual({ networks: 1, ports: 2, servers: 1 });
      expect(heat.world.of('networks')[0]).toMatchObject({ name: 'two' });
      expect(heat.world.of('servers')[0]).toMatchObject({ user_data: Buffer.from('two').toString('base64') });
      expect((await heat.resources('one')).map((row) => row.resource_status)).not.toContain(
        'DELETE_IN_PROGRESS',
      );
    },
  );
}, 60_000);

test('a deletion killed at any write is finished by the next process, and nothing is left', async () => {
  await killAtEveryWrite(
    async (heat) => {
      await heat.create('one', TEMPLATE);
      await done(heat, 'CREATE_COMPLETE');
    },
    async (heat) => {
      const { headers } = await heat.ask('GET', '/stacks/one');
      return heat.ask('DELETE', `/stacks/one/${String(headers['location']).split('/').at(-1)}`);
    },
    async (heat) => {
      const { body } = await heat.ask('GET', '/stacks?show_deleted=true');
      const [stack] = body.stacks;
      if (stack.stack_status === 'CREATE_COMPLETE') return expect(counts(heat)).toEqual(COUNTS);
      for (let round = 0; round < 2000; round++) {
        const now = await heat.ask('GET', `/stacks/one/${stack.id}?resolve_outputs=false`);
        if (now.body.stack.stack_status === 'DELETE_COMPLETE') break;
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(counts(heat)).toEqual({ networks: 0, ports: 0, servers: 0 });
    },
  );
}, 60_000);
