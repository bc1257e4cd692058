import { setTimeout as delay } from 'node:timers/promises';
import type { Driver } from '../driver/context.ts';
import { KuryrError } from '../driver/errors.ts';

/** `vif_plugging_is_fatal`: waits until Neutron's agent has wired the port. @throws KuryrError when that takes too long */
export async function waitUntilActive(driver: Driver, portId: string, signal: AbortSignal): Promise<void> {
  const { pluggingTimeout } = driver.config;
  const started = driver.now();
  while (!signal.aborted) {
    const { status } = await driver.neutron.ports.get(portId, signal);
    if (status === 'ACTIVE') return;
    if (pluggingTimeout > 0 && driver.now() - started >= pluggingTimeout * 1000) break;
    await delay(250, undefined, { signal }).catch(() => undefined);
  }
  throw new KuryrError(
    'unavailable',
    `port ${portId} did not become ACTIVE in time: look whether the network agent on '${driver.hostName}' is alive, or set vif_plugging_is_fatal = False`,
  );
}
