import type { Context } from '../model/context.ts';
import type { DataPlane } from './data-plane.ts';
export function linuxDataPlane(_context: Context): DataPlane {
  return { start: () => Promise.resolve(), changed: () => undefined, stop: () => Promise.resolve() };
}
