import type { Session } from '../session/session.ts';
import { collection, type Collection } from './collection.ts';

/** Source: Block Storage API v3. */
export interface VolumeType {
  readonly id: string;
  readonly name: string;
}

export interface VolumeClient {
  readonly types: Collection<VolumeType>;
}

export function volumeClient(session: Session): VolumeClient {
  return {
    types: collection(session, {
      service: 'volumev3',
      path: '/types',
      singular: 'volume_type',
      plural: 'volume_types',
    }),
  };
}
