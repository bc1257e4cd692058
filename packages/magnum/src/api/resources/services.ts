import type { Logger, RequestContext } from '@gantry/oslo';
import type { Sealer } from '../../certificates/sealing.ts';
import type { ClusterCertificates } from '../../certificates/cluster-certificates.ts';
import type { DriverRegistry } from '../../drivers/registry.ts';
import type { Sessions } from '../../operations/sessions.ts';
import type { Store } from '../../store/store.ts';
import type { Policies } from '../policy/policies.ts';
import type { ApiSettings } from '../configuration/settings.ts';

/** What the handlers of the API work with. */
export interface ApiServices {
  readonly store: Store;
  readonly sessions: Pick<Sessions, 'ofCaller' | 'ofService'>;
  readonly drivers: DriverRegistry;
  readonly certificates: ClusterCertificates;
  /** For the caller's token, until a conductor has made the cluster's own credentials from it. */
  readonly sealer: Sealer;
  readonly settings: ApiSettings;
  readonly policies: Policies;
  readonly inTrusteeDomain: (context: RequestContext) => boolean;
  /** Tells conductors of new work. */
  readonly wake: { notify(clusterUuid: string): void };
  readonly log: Logger;
  readonly now: () => Date;
  readonly uuid: () => string;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  /** Aborted when the server stops, so that streams end. */
  readonly stopping?: AbortSignal;
  /** Waits between looks for new events; by default on the machine's clock. */
  readonly pause?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
}
