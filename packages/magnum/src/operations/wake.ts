/**
 * Tells conductors that a cluster has something new: a queued operation, a changed status. A hint that may be
 * lost; whoever misses it finds out on its next look at the database.
 */
export interface Wake {
  notify(clusterUuid: string): void;
  /** Returns the way to stop listening. */
  listen(listener: (clusterUuid: string) => void): () => void;
}

/** A wake-up within one process. */
export function createWake(): Wake {
  const listeners = new Set<(clusterUuid: string) => void>();
  return {
    notify(clusterUuid) {
      for (const listener of listeners) listener(clusterUuid);
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
