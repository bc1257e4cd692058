import type { Transport } from '@gantry/openstack';
import type { Store } from '../../store/store.ts';

/** A process that can die: what it does with the database and the network goes through here. */
export interface Mortal {
  readonly store: Store;
  readonly transport: Transport;
  readonly dead: boolean;
  /** Writes it has made so far. */
  readonly writes: number;
}

const READS = /^(get|find|list|of|withGroups|inStatus|countOf|isReferenced|totals|nextWake|close)$/;

/** Never: what a dead process waits for. */
const never = (): Promise<never> => new Promise(() => undefined);

class Died extends Error {
  override readonly name = 'Died';
}

/**
 * A process that dies at its write with this number, counted from 1: before it, or, if negative, right after it.
 * A transaction it is in is rolled back, as a database does.
 */
export function mortal(store: Store, transport: Transport, at: number): Mortal {
  let dead = false;
  let writes = 0;

  function wrapQueries<T extends object>(queries: T, inTransaction: boolean): T {
    return new Proxy(queries, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]): Promise<unknown> => {
          if (dead) return inTransaction ? Promise.reject(new Died()) : never();
          if (READS.test(String(name))) return value.apply(target, args);
          writes += 1;
          if (writes === at) return die(inTransaction);
          const result: unknown = await value.apply(target, args);
          return writes === -at ? die(inTransaction) : result;
        };
      },
    });
  }

  function die(inTransaction: boolean): Promise<never> {
    dead = true;
    return inTransaction ? Promise.reject(new Died()) : never();
  }

  function wrapStore(inner: Store, inTransaction: boolean): Store {
    return new Proxy(inner, {
      get(target, name) {
        if (name === 'transaction') {
          return async (work: (store: Store) => Promise<unknown>): Promise<unknown> => {
            if (dead && !inTransaction) return never();
            try {
              return await target.transaction((next) => work(wrapStore(next, true)));
            } catch (error) {
              return error instanceof Died && !inTransaction ? never() : Promise.reject(error);
            }
          };
        }
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'object' && value !== null ? wrapQueries(value, inTransaction) : value;
      },
    });
  }

  return {
    store: wrapStore(store, false),
    transport: (request) => (dead ? never() : transport(request)),
    get dead() {
      return dead;
    },
    get writes() {
      return writes;
    },
  };
}
