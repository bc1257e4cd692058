import { NoAnswer } from '@gantry/openstack';
import { describe, expect, test } from 'vitest';
import type { Operation } from '../../store/rows.ts';
import type { ConductorOptions } from '../conductor.ts';
import type { VerbDefinition } from '../verb.ts';
import { mortal } from './crash.ts';
import type { Interceptor } from './fake-openstack.ts';
import { sessionsOn, type Scenario } from './scenario.ts';

export interface VerbProof {
  readonly definition: VerbDefinition;
  /** A new world in which the verb can be ordered. */
  readonly prepare: () => Promise<Scenario>;
  readonly order: (scene: Scenario) => Promise<Operation>;
  /** All that matters of how it ended. */
  readonly outcome: (scene: Scenario) => Promise<object>;
}

/** Milliseconds after which another conductor may take over. */
const TAKEN_OVER_AFTER = 60_000;

/** Proves what design and users expect of any verb, without knowing it. */
export function proveVerb({ definition, prepare, order, outcome }: VerbProof): void {
  async function carryOut(scene: Scenario, over: Partial<ConductorOptions> = {}): Promise<unknown> {
    const conductor = scene.conductor(over);
    const operation = await order(scene);
    conductor.start();
    const ended = await scene.untilEnded(operation);
    await conductor.stop();
    scene.clock.stop();
    return { state: ended.state, ...(await outcome(scene)) };
  }

  const undisturbed = async (): Promise<unknown> => carryOut(await prepare());

  describe(`${definition.verb} a cluster`, () => {
    test('ends the same when every step is run twice', async () => {
      const scene = await prepare();
      const twice: VerbDefinition = {
        ...definition,
        steps: definition.steps.map((step) => ({
          ...step,
          do: async (context) => (await step.do(context)) ?? step.do(context),
        })),
      };
      expect(await carryOut(scene, { verbs: [twice] })).toEqual(await undisturbed());
    });

    test('ends the same when the process is killed before or after any write, and another goes on', async () => {
      const expected = await undisturbed();
      let crashes = 0;
      for (const side of [1, -1]) {
        for (let at = 1; ; at += 1) {
          const scene = await prepare();
          const operation = await order(scene);
          const process = mortal(scene.store, scene.cloud.transport, side * at);
          const { store, transport } = process;
          const doomed = scene.conductor({ store, sessions: sessionsOn(transport, scene.clock) });
          doomed.start();
          await Promise.race([scene.untilEnded(operation), untilDead(() => process.dead)]);
          if (!process.dead) {
            await doomed.stop();
            break;
          }
          crashes += 1;
          scene.clock.advance(TAKEN_OVER_AFTER);
          const heir = scene.conductor();
          heir.start();
          const ended = await scene.untilEnded(operation);
          await heir.stop();
          scene.clock.stop();
          const seen = { state: ended.state, ...(await outcome(scene)) };
          expect(seen, `killed ${side > 0 ? 'before' : 'after'} write ${at}`).toEqual(expected);
        }
      }
      expect(crashes).toBeGreaterThan(definition.steps.length * 2);
    });

    const faults: Record<
      string,
      (carryOut: () => unknown) => { status: number; message: string } | 'silence'
    > = {
      'is answered 503': () => ({ status: 503, message: 'Service Unavailable' }),
      'gets no answer and is not carried out': () => 'silence',
      'gets no answer but is carried out': (carryOut) => {
        carryOut();
        return 'silence';
      },
      'is carried out but answered 504': (carryOut) => {
        carryOut();
        return { status: 504, message: 'Gateway Timeout' };
      },
    };
    for (const [name, fault] of Object.entries(faults)) {
      test(`ends the same when any one request ${name}`, async () => {
        const expected = await undisturbed();
        for (let at = 1, struck = true; struck; at += 1) {
          const scene = await prepare();
          let count = 0;
          scene.cloud.intercept(faultAt(() => (count += 1) === at, fault));
          const seen = await carryOut(scene);
          struck = count >= at;
          expect(seen, scene.cloud.requests[at - 1]).toEqual(expected);
        }
      });
    }
  });
}

function faultAt(
  strikes: () => boolean,
  fault: (carryOut: () => unknown) => { status: number; message: string } | 'silence',
): Interceptor {
  return ({ method, url }, carryOut) => {
    if (!strikes()) return carryOut();
    const answer = fault(carryOut);
    if (answer === 'silence') throw new NoAnswer({ status: 0, reason: 'connection reset', method, url });
    return { status: answer.status, headers: {}, body: { error: { message: answer.message } } };
  };
}

async function untilDead(isDead: () => boolean): Promise<void> {
  for (let looks = 0; looks < 100_000 && !isDead(); looks += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
