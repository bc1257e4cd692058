import type { NetworkClient } from '@gantry/openstack';
import type { Logger } from '@gantry/oslo';
import type { Links } from '../binding/links.ts';
import type { Wiring } from '../binding/wiring.ts';
import type { Chores } from '../ports/chores.ts';
import type { Journal } from '../ports/journal.ts';
import type { KuryrConfig } from './config.ts';

/** What every part of the driver works with. */
export interface Driver {
  readonly neutron: NetworkClient;
  readonly journal: Journal;
  readonly chores: Chores;
  readonly links: Links;
  readonly wiring: Wiring;
  readonly log: Logger;
  readonly config: KuryrConfig;
  /** As Neutron's agents on this host call it. */
  readonly hostName: string;
  /** Alias of our links on this host. */
  readonly linkOwner: string;
  readonly now: () => number;
  /** A random id for records of our own. */
  readonly newId: () => string;
  /** Neutron takes tags along with a port's creation. Asked once; no while it is not known. */
  readonly tagsWithPorts: () => boolean;
  /** Neutron's ports of this host have been compared with the journal since this process started. */
  readonly reconciled: () => boolean;
  /** Runs what is asked under one key one after the other. */
  readonly inTurn: <T>(key: string, work: () => Promise<T>) => Promise<T>;
}

/** Keys in use, each with the last of those who wait. */
export function turns(): Driver['inTurn'] {
  const last = new Map<string, Promise<unknown>>();
  return function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = last.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    last.set(key, settled);
    void settled.then(() => {
      if (last.get(key) === settled) last.delete(key);
    });
    return mine;
  };
}
