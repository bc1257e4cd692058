import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Readable } from 'node:stream';

/** An event of `GET /events`, reduced to what is looked at. */
export interface DockerEvent {
  /** `container`, `volume`… */
  readonly type: string;
  /** `start`, `die`, `destroy`… */
  readonly action: string;
  /** The container's id. */
  readonly id: string;
  /** Labels, name, and for `die` the `exitCode`. */
  readonly attributes: Readonly<Record<string, string>>;
}

export type EventFilter = Readonly<Record<string, readonly string[]>>;

/**
 * Reads events off the connection that `open` makes, and makes it again when it breaks, after 100 ms to 5 s.
 * `connected` is called each time it stands, `lost` when it breaks, or can't be made at first. Ends when `signal` aborts;
 * never throws.
 */
export async function followEvents(
  open: () => Promise<Readable>,
  listener: (event: DockerEvent) => void,
  connected: () => void,
  lost: () => void,
  signal: AbortSignal,
  pause: (milliseconds: number) => Promise<unknown> = (ms) => delay(ms, undefined, { signal, ref: false }),
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const stream = await open();
      // Else a break of the connection is an unhandled error, as readline doesn't look at its input's.
      stream.on('error', () => undefined);
      failures = 0;
      connected();
      for await (const line of createInterface(stream)) {
        const event = parseEvent(line);
        if (event) listener(event);
      }
    } catch {
      // Counted below, as an orderly end of the connection is: Docker ends it when it stops.
    }
    if (signal.aborted) return;
    if (failures === 0) lost();
    await pause(Math.min(5000, 100 * 2 ** failures)).catch(() => undefined);
    failures += 1;
  }
}

function parseEvent(line: string): DockerEvent | undefined {
  try {
    const { Type, Action, Actor } = JSON.parse(line) as {
      Type: string;
      Action: string;
      Actor: { ID: string; Attributes: Record<string, string> };
    };
    return { type: Type, action: Action, id: Actor.ID, attributes: Actor.Attributes };
  } catch {
    return undefined;
  }
}
