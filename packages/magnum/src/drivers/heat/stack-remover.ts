import { DriverRefusal, type Driver } from '../driver.ts';
import { heatDriver, type HeatDriverOptions } from './heat-driver.ts';

/**
 * Watches and removes stacks of drivers that aren't here any more, so that no cluster is stuck because of its
 * driver. It builds nothing.
 */
export function stackRemover(options: HeatDriverOptions): Driver {
  return heatDriver(
    {
      name: 'stack-remover',
      provides: [],
      templates: { template: '', files: {} },
      parameters: () => Promise.reject(new DriverRefusal('no driver builds clusters of this type any more')),
      attributes: () => ({
        apiAddress: undefined,
        discoveryUrl: undefined,
        coeVersion: undefined,
        containerVersion: undefined,
        nodeAddresses: new Map(),
      }),
    },
    options,
  );
}
