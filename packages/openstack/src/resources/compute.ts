import type { Session } from '../session/session.ts';
import { collection, type Collection } from './collection.ts';

/** Source: Compute API v2.1. */
export interface Flavor {
  readonly id: string;
  readonly name: string;
  readonly vcpus: number;
  /** MiB */
  readonly ram: number;
  /** GiB; 0 means "as large as the image". */
  readonly disk: number;
}

export interface Keypair {
  readonly name: string;
  readonly public_key: string;
  readonly fingerprint: string;
}

export interface Server {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly fault?: { readonly message: string; readonly code: number };
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ComputeClient {
  readonly flavors: Collection<Flavor>;
  readonly servers: Collection<Server>;
  readonly keypairs: Pick<Collection<Keypair>, 'get'>;
}

export function computeClient(session: Session): ComputeClient {
  const service = 'compute';
  return {
    flavors: {
      ...collection<Flavor>(session, { service, path: '/flavors', singular: 'flavor', plural: 'flavors' }),
      list: (query, signal) =>
        collection<Flavor>(session, {
          service,
          path: '/flavors/detail',
          singular: 'flavor',
          plural: 'flavors',
        }).list(query, signal),
    },
    servers: collection(session, { service, path: '/servers', singular: 'server', plural: 'servers' }),
    keypairs: collection(session, { service, path: '/os-keypairs', singular: 'keypair', plural: 'keypairs' }),
  };
}
