import { createConductor, trustCredential, trustOptions, type Conductor } from '@gantry/magnum';
import type { MagnumParts } from './assemble.ts';

/** A conductor on these parts. @param alone no other process works on this database */
export function conductorOf({ settings, ...parts }: MagnumParts, alone = false): Conductor {
  const { host } = settings.DEFAULT;
  return createConductor({
    ...parts,
    credentials: trustCredential(trustOptions(settings)),
    ...(host !== undefined && { host }),
    alone,
    createTimeoutMinutes: settings.cluster_heat.create_timeout,
  });
}
