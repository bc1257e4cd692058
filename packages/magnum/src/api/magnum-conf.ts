import type { Values } from '@gantry/oslo';
import { conductorOptions } from '../operations/conductor-settings.ts';
import { apiOptions } from './settings.ts';

/** All of `magnum.conf` that Gantry knows: what the API looks at and what conductors look at. */
export const magnumOptions = {
  ...conductorOptions,
  ...apiOptions,
  DEFAULT: { ...conductorOptions.DEFAULT, ...apiOptions.DEFAULT },
  cinder: { ...conductorOptions.cinder, ...apiOptions.cinder },
  keystone_authtoken: { ...conductorOptions.keystone_authtoken, ...apiOptions.keystone_authtoken },
} as const;

export type MagnumSettings = Values<typeof magnumOptions>;
