import { doubtsAbout } from '../../../clusters/labels/label-check.ts';
import type { Labels } from '../../../store/rows.ts';
import type { Store } from '../../../store/store.ts';

/**
 * Warns, in a cluster's story, of labels that a driver will not understand. They are no reason to refuse: the
 * original takes any.
 *
 * @param given only labels that the request brought or took over, so that nobody is warned twice
 */
export async function warnOfLabels(
  store: Store,
  of: { readonly cluster_uuid: string; readonly operation_uuid: string | null; readonly coe: string },
  given: Labels,
): Promise<void> {
  const { coe, ...event } = of;
  for (const { message } of doubtsAbout(coe, given)) {
    await store.events.add({ ...event, level: 'warning', reason: 'LabelDoubtful', message });
  }
}
