import type { Store } from '../store/store.ts';
import type { Reconciler } from './reconciler.ts';

/** Milliseconds; the original calls a conductor down after `service_down_time`, three minutes. */
const EVERY = 10_000;

/** Says in `magnum_service` that this conductor lives. */
export function serviceHeartbeat(store: Store, host: string): Reconciler {
  return {
    name: 'service-heartbeat',
    async pass() {
      await store.services.heartbeat(host, 'magnum-conductor');
      return EVERY;
    },
  };
}
