import type { Caller } from '../../cloud/service.ts';
import { privileged } from '../api/attributes.ts';
import { networkNotFound } from '../errors.ts';
import type { Context } from './context.ts';
import type { NetworkRow } from './rows.ts';

/** Networks a caller may look at and put ports on: their own, shared ones, external ones. */
export function networkVisible(caller: Caller, network: NetworkRow): boolean {
  return (
    privileged(caller) ||
    network.project_id === caller.projectId ||
    network.shared ||
    network['router:external']
  );
}

export function networkFor(context: Context, caller: Caller, id: string): NetworkRow {
  const network = context.tables.networks.get(id);
  if (!network || !networkVisible(caller, network)) throw networkNotFound(id);
  return network;
}
