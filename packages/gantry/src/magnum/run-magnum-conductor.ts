import type { ConfSources } from './conf.ts';
import { conductorOf } from './conductor-of.ts';
import { runMagnum } from './run-magnum.ts';

/** `gantry magnum-conductor`: carries out what APIs were asked for, until SIGTERM. Any number share one database. */
export function runMagnumConductor(sources: ConfSources): Promise<void> {
  return runMagnum('magnum-conductor', sources, async ({ parts }) => {
    const conductor = conductorOf(parts);
    conductor.start();
    parts.log.info({ readyMs: Math.round(performance.now()) }, 'magnum-conductor is ready');
    return () => conductor.stop();
  });
}
