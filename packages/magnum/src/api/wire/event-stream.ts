import { setTimeout as pauseFor } from 'node:timers/promises';

export interface EventStreamOptions {
  /** Id of the last event that the client has. */
  readonly after: number;
  /** Events after one, oldest first. */
  readonly events: (after: number) => Promise<readonly { readonly id: number }[]>;
  /** Whether the cluster is still there. */
  readonly exists: () => Promise<boolean>;
  /** When the client's token ends, in milliseconds since the epoch. */
  readonly until: number;
  readonly now: () => number;
  /** Aborted when the client goes or the server stops. */
  readonly signal: AbortSignal;
  readonly pause?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
}

/** Milliseconds between looks into the database: whoever writes events may be another process. */
const LOOK_EVERY = 1000;

/** Looks without an event after which a comment is sent, so that proxies keep the connection. */
const QUIET_LOOKS = 15;

/**
 * Events as server-sent events (WHATWG HTML, 9.2), each with its id, so that a client that comes back goes on
 * where it was. It ends with the token, with the server, or, after an event `gone`, with the cluster.
 */
export async function* eventStream(options: EventStreamOptions): AsyncGenerator<string> {
  const { signal } = options;
  const pause = options.pause ?? ((ms: number) => pauseFor(ms, undefined, { signal }));
  let last = options.after;
  let quiet = 0;
  yield 'retry: 2000\n\n';
  while (!signal.aborted && options.now() < options.until) {
    const there = await options.exists();
    const events = await options.events(last);
    for (const event of events) {
      last = event.id;
      yield `id: ${event.id}\nevent: event\ndata: ${JSON.stringify(event)}\n\n`;
    }
    if (!there) {
      yield 'event: gone\ndata: {}\n\n';
      return;
    }
    quiet = events.length > 0 ? 0 : quiet + 1;
    if (quiet % QUIET_LOOKS === QUIET_LOOKS - 1) yield ': still here\n\n';
    await pause(LOOK_EVERY, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
