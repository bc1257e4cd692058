import type { Port } from '@gantry/openstack';
import type { Driver } from '../driver/context.ts';
import { KuryrError } from '../driver/errors.ts';

/** What this driver can plug in by itself. */
const SUPPORTED = 'bridge';

/** @throws KuryrError if Neutron could not bind the port to this host, or in a way that is not supported here */
export async function checkBinding(driver: Driver, port: Port, signal: AbortSignal): Promise<void> {
  let type = port['binding:vif_type'];
  // Neutron's answer to the request that binds a port can be older than the binding. Source: Neutron bug 1696051.
  if (type === 'unbound') type = (await driver.neutron.ports.get(port.id, signal))['binding:vif_type'];
  if (type === undefined || type === SUPPORTED) return;
  if (type === 'binding_failed' || type === 'unbound') {
    throw new KuryrError(
      'unavailable',
      `Neutron can't bind a port to host '${driver.hostName}': look with 'openstack network agent list' ` +
        `whether a Linux bridge agent is alive there under exactly that name`,
    );
  }
  throw new KuryrError(
    'unavailable',
    `Neutron binds ports of host '${driver.hostName}' as '${type}', but Kuryr here supports Linux bridges only`,
  );
}
