import type { DataPlane } from './data-plane.ts';

/** Touches nothing: with it, the model itself says that a bound port is up. */
export function simulatedDataPlane(): DataPlane {
  return { start: done, changed: () => undefined, settled: done, stop: done };
}

function done(): Promise<void> {
  return Promise.resolve();
}
