import type { Caller, Cloud, InnerRequest } from '../cloud/service.ts';

/** Another service refused a request, in its own words. */
export class NeighbourError extends Error {
  override readonly name = 'NeighbourError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Asks another service for something.
 *
 * @returns its answer's body
 * @throws NeighbourError for any status from 400 on
 */
export async function ask<T>(cloud: Cloud, caller: Caller, request: InnerRequest): Promise<T> {
  const reply = await cloud.call(caller, request);
  if (reply.status >= 400) {
    const message = messageOf(reply.body) ?? `${request.service} answered ${reply.status}`;
    throw new NeighbourError(reply.status, message);
  }
  return reply.body as T;
}

/** As {@link ask}; what isn't there is undefined. */
export async function askFor<T>(cloud: Cloud, caller: Caller, request: InnerRequest): Promise<T | undefined> {
  try {
    return await ask<T>(cloud, caller, request);
  } catch (error) {
    if (error instanceof NeighbourError && error.status === 404) return undefined;
    throw error;
  }
}

/** The text for people in any service's error body: `{"NeutronError": {"message"}}`, `{"error": "…"}`, `{"message"}`… */
function messageOf(body: unknown): string | undefined {
  if (typeof body === 'string') return body;
  if (typeof body !== 'object' || body === null) return undefined;
  if ('message' in body && typeof body.message === 'string') return body.message;
  for (const value of Object.values(body)) {
    const message = messageOf(value);
    if (message !== undefined) return message;
  }
  return undefined;
}

/** Waits, unless `signal` ends it before. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason instanceof Error ? signal.reason : new Error('stopped'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', stop, { once: true });
  });
}
