import { expect, test, vi } from 'vitest';
import type { Cloud } from '../cloud/service.ts';
import { openStore } from '../cloud/store.ts';
import type { Hypervisor } from './hypervisor.ts';
import { simulatedHypervisor } from './simulated-hypervisor.ts';
import { testCloud, withImageAndNetwork, type TestCloud } from './test-cloud.ts';

/** A process that is killed at its `at`-th step outwards, before that step is done or right after. */
function dyingAt(at: number, done: boolean) {
  let steps = 0;
  let armed = false;
  const never = new Promise<never>(() => {});
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!armed) return work();
    steps += 1;
    if (steps > at) return never;
    if (steps < at) return work();
    if (done) await work();
    return never;
  };
  const hypervisor: Hypervisor = simulatedHypervisor({ bootMs: 0 });
  return {
    arm: () => (armed = true),
    steps: () => steps,
    between:
      (call: Cloud['call']): Cloud['call'] =>
      (caller, request) =>
        step(() => call(caller, request)),
    hypervisor: {
      ...hypervisor,
      create: (...args: Parameters<Hypervisor['create']>) => step(() => hypervisor.create(...args)),
      delete: (id: string) => step(() => hypervisor.delete(id)),
    },
  };
}

/** Lets everything go as far as it goes without a clock. */
async function settle(dying: ReturnType<typeof dyingAt>): Promise<void> {
  for (let before = -1; before !== dying.steps();) {
    before = dying.steps();
    for (let turn = 0; turn < 60; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What a build and a deletion ask of others, one after the other. */
const STEPS = { build: 11, delete: 6 } as const;

const CASES = (['build', 'delete'] as const).flatMap((verb) =>
  Array.from({ length: STEPS[verb] }, (_unused, at) =>
    ([false, true] as const).map((done) => ({ verb, at: at + 1, done, when: done ? 'after' : 'before' })),
  ).flat(),
);

async function withServer(cloud: TestCloud): Promise<string> {
  const { imageId, networkId } = await withImageAndNetwork(cloud);
  const { body } = await cloud.ask('POST', '/compute/v2.1/servers', {
    server: {
      name: 's',
      flavorRef: '1',
      imageRef: imageId,
      networks: [{ uuid: networkId }],
      block_device_mapping_v2: [
        { source_type: 'blank', destination_type: 'volume', volume_size: 1, delete_on_termination: true },
      ],
    },
  });
  return `/compute/v2.1/servers/${body.server.id}`;
}

const isActive = (cloud: TestCloud, path: string) =>
  vi.waitFor(async () => expect((await cloud.ask('GET', path)).body.server.status).toBe('ACTIVE'), {
    interval: 2,
    timeout: 5000,
  });

test.each(CASES)(
  'a process killed $when step $at of a $verb leaves one complete server, or nothing',
  async ({ verb, at, done }) => {
    const store = openStore();
    const dying = dyingAt(at, done);
    const first = await testCloud({ store, hypervisor: dying.hypervisor, between: dying.between });
    const path = await withServer(first);
    if (verb === 'build') {
      // The order is answered; what follows it is what dies.
      dying.arm();
      await settle(dying);
    } else {
      await isActive(first, path);
      dying.arm();
      await first.ask('DELETE', path);
      await settle(dying);
    }
    expect(dying.steps()).toBeGreaterThanOrEqual(at);

    const second = await testCloud({ store, hypervisor: simulatedHypervisor({ bootMs: 0 }) });
    const left = async () => ({
      ports: (await second.ask('GET', '/network/v2.0/ports')).body.ports.length as number,
      volumes: (await second.ask('GET', '/volume/v3/volumes')).body.volumes.length as number,
    });
    if (verb === 'build') {
      await isActive(second, path);
      expect(await left()).toEqual({ ports: 1, volumes: 1 });
      await second.ask('DELETE', path);
    }
    await vi.waitFor(
      async () => {
        expect((await second.ask('GET', path)).status).toBe(404);
        expect(await left()).toEqual({ ports: 0, volumes: 0 });
      },
      { interval: 2, timeout: 5000 },
    );
  },
);
