import type { HttpRequest, HttpResponse, Transport } from './transport.ts';

/** A read under way, and the one that is sent for whoever asks the same meanwhile. */
interface Flight {
  readonly landed: Promise<void>;
  next?: Promise<HttpResponse>;
}

/**
 * Sends of equal reads one at a time: whoever asks while one is under way waits for it, and then shares the next with all
 * who wait. So many who ask a service the same cost it no more than one after the other, and nobody gets an answer to a
 * request that was sent before they asked, of which they couldn't know what it has missed.
 *
 * Reads that can be aborted are sent by themselves. An answer may be in several hands: it is not to be changed.
 */
export function sharedReads(transport: Transport): Transport {
  const flights = new Map<string, Flight>();

  function send(key: string, request: HttpRequest): Promise<HttpResponse> {
    const answer = transport(request);
    const land = (): void => {
      if (flight.next === undefined) flights.delete(key);
    };
    const flight: Flight = { landed: answer.then(land, land) };
    flights.set(key, flight);
    return answer;
  }

  return (request) => {
    if (request.method !== 'GET' || request.signal) return transport(request);
    const key = JSON.stringify([request.url, request.headers, request.timeoutMs]);
    const flight = flights.get(key);
    if (!flight) return send(key, request);
    flight.next ??= flight.landed.then(() => send(key, request));
    return flight.next;
  };
}
