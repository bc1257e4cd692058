import { expect, test, vi } from 'vitest';
import type { PythonSession } from './python-session.ts';
import type { SdkCall } from './sdk-calls.ts';
import { filled, type Facts, type Trial } from './try-commands.ts';

/** What `run-calls.py` answers. */
interface Answer {
  readonly gives?: unknown;
  readonly status?: number | null;
  readonly says?: string;
}

/** One test for each call that the release has, in their order. */
export function tryCalls(
  calls: readonly SdkCall[],
  trial: Omit<Trial, 'session'> & { readonly session: () => PythonSession },
): void {
  for (const call of calls) {
    if (call.on && !call.on.includes(trial.release)) continue;
    test(`${call.call} ${JSON.stringify(call.with ?? {})}${call.as === undefined ? '' : ` (${call.as})`}`, async () => {
      const once = (): Promise<void> => tryCall(call, trial.session(), trial.facts);
      if (call.eventually === true) await vi.waitFor(once, { timeout: 120_000, interval: 500 });
      else await once();
    });
  }
}

async function tryCall(call: SdkCall, session: PythonSession, facts: Facts): Promise<void> {
  const cloud = call.as === 'admin' ? 'gantry-admin' : 'gantry';
  const asked = { cloud, call: call.call, with: filledIn(call.with ?? {}, facts) };
  const answer = (await session.ask(asked)) as Answer;
  expect(answer.status, answer.says).toBe(call.fails);
  if (call.gives !== undefined) expect(answer).toMatchObject({ gives: call.gives });
  const { id } = (answer.gives ?? {}) as { readonly id?: string };
  if (call.keeps !== undefined) facts.set(call.keeps, id ?? '');
}

function filledIn(value: unknown, facts: Facts): unknown {
  if (typeof value === 'string') return filled(value, facts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, filledIn(inner, facts)]));
}
