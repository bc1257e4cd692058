import type { Collection } from '@gantry/openstack';
import { KuryrError } from '../driver/errors.ts';
import type { Named } from './options.ts';

/**
 * The one object that a user's option names.
 *
 * @param option as the user wrote it: `neutron.net`
 * @throws KuryrError if there is none, or several of that name
 */
export async function findNamed<T extends { readonly id: string }>(
  collection: Collection<T, never> | Collection<T>,
  named: Named,
  option: string,
  signal: AbortSignal,
): Promise<T> {
  const byId = named.id !== undefined;
  const found = await collection.list(byId ? { id: named.id } : { name: named.name }, signal);
  const said = byId ? `${option}.uuid=${named.id}` : `${option}.name=${named.name}`;
  const [first, second] = found;
  if (!first) {
    throw new KuryrError(
      'not-found',
      `Neutron has nothing that ${said} names, or Kuryr's project may not see it`,
    );
  }
  if (second) {
    const ids = found.map((each) => each.id).join(', ');
    throw new KuryrError(
      'conflict',
      `${said} names several in Neutron (${ids}): give ${option}.uuid instead`,
    );
  }
  return first;
}
