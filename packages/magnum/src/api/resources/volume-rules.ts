import type { Flavor } from '@gantry/openstack';
import { badRequest, invalidField } from '../../clusters/errors.ts';
import type { Labels } from '../../store/rows.ts';

const VOLUME_TYPE_LABELS = ['docker_volume_type', 'etcd_volume_type', 'boot_volume_type'] as const;

/** Volume types that labels name. */
export function volumeTypesIn(labels: Labels): string[] {
  return VOLUME_TYPE_LABELS.map((label) => labels[label] ?? '').filter((type) => type !== '');
}

/**
 * A server needs a disk: its flavor's, or a volume.
 *
 * @param defaultSize GB; `[cinder] default_boot_volume_size`
 * @throws MagnumError 400
 */
export function checkRootDisk(flavors: readonly Flavor[], labels: Labels, defaultSize: number): void {
  const text = labels['boot_volume_size'];
  if (text !== undefined && text !== '' && !/^\s*\d+\s*$/.test(text)) {
    throw invalidField('labels.boot_volume_size', text, 'Value should be a number of GB.');
  }
  const size = text === undefined || text === '' ? defaultSize : Number(text);
  if (size === 0 && flavors.some((flavor) => flavor.disk === 0)) {
    throw badRequest(
      'Flavor with zero root volume size is not supported when boot_volume_size is zero: ' +
        'choose a flavor with a disk, or give the label boot_volume_size.',
    );
  }
}
