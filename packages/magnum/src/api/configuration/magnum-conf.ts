import type { Values } from '@gantry/oslo';
import { conductorOptions } from '../../operations/conductor-settings.ts';
import { databaseOptions } from '../../store/settings.ts';
import { apiOptions } from './settings.ts';

/** All of `magnum.conf` that Gantry knows: what the API, conductors and the store look at. */
export const magnumOptions = {
  ...conductorOptions,
  ...apiOptions,
  ...databaseOptions,
  DEFAULT: { ...conductorOptions.DEFAULT, ...apiOptions.DEFAULT },
  cinder: { ...conductorOptions.cinder, ...apiOptions.cinder },
  gantry: { ...conductorOptions.gantry, ...apiOptions.gantry },
  keystone_authtoken: { ...conductorOptions.keystone_authtoken, ...apiOptions.keystone_authtoken },
} as const;

export type MagnumSettings = Values<typeof magnumOptions>;
