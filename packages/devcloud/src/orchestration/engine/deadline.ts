import type { Runtime } from './runtime.ts';

/** Heat's own limit for an operation of a stack that names none. */
const DEFAULT_TIMEOUT_MINUTES = 60;

/** When an operation begun now is given up, ISO. */
export function deadlineFor(runtime: Runtime, minutes: number | null): string {
  const milliseconds = (minutes ?? DEFAULT_TIMEOUT_MINUTES) * 60_000;
  return new Date(runtime.cloud.now().getTime() + milliseconds).toISOString();
}
