import { setImmediate as afterAnswers } from 'node:timers/promises';
import type { Links, VethPair } from './links.ts';

/** Plugs pairs in and takes them away beside the rest of a container's life: Docker has other things to do meanwhile. */
export interface Wiring {
  /** Begins to plug a pair in. */
  begin(pair: VethPair): void;
  /** Waits until it is plugged in; does it now where nobody has begun. @throws why it can't be */
  complete(pair: VethPair): Promise<void>;
  /** Removes the pair with this host end; nothing happens if there is none. */
  remove(host: string): Promise<void>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/** @param inTurn runs what is asked under one key one after the other */
export function wiring(links: Links, inTurn: <T>(key: string, work: () => Promise<T>) => Promise<T>): Wiring {
  const begun = new Map<string, Promise<void>>();
  const underWay = new Set<Promise<unknown>>();

  function work(host: string, job: () => Promise<void>): Promise<void> {
    const working = inTurn(`link ${host}`, job);
    underWay.add(working);
    const forget = (): void => void underWay.delete(working);
    working.then(forget, forget);
    return working;
  }

  return {
    begin(pair) {
      const plugging = work(pair.host, async () => {
        // Starting a process holds up everything else in this one, so Docker gets its answer first.
        await afterAnswers();
        await links.plug(pair);
      });
      begun.set(pair.host, plugging);
    },
    async complete(pair) {
      const plugging = begun.get(pair.host) ?? work(pair.host, () => links.plug(pair));
      begun.delete(pair.host);
      await plugging;
    },
    async remove(host) {
      begun.delete(host);
      await work(host, () => links.remove(host));
    },
    async idle() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}
