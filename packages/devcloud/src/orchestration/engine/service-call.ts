import type { InnerRequest } from '../../cloud/service.ts';
import { ServiceFault } from '../resources/resource-type.ts';
import { isDict } from '../values.ts';
import { checkStopped, type Runtime } from './runtime.ts';
import type { Owner } from './tables.ts';

/** How often something is asked again, and the first pause, which doubles. */
const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 200;

/**
 * Asks another service in the owner's name. What can be asked twice without harm is asked again when the
 * service fails, and a deletion also while the thing is still in use.
 *
 * @throws ServiceFault with the service's own words
 */
export async function callService(
  runtime: Runtime,
  owner: Owner,
  request: InnerRequest,
  signal: AbortSignal,
): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    checkStopped(signal);
    const caller = runtime.callerFor(owner);
    if (!caller)
      throw new ServiceFault(403, `The owner of the stack may no longer act on project ${owner.projectId}`);
    const reply = await runtime.cloud.call(caller, request);
    if (reply.status < 400) return reply.body;
    const fault = new ServiceFault(
      reply.status,
      messageIn(reply.body) ?? `${request.method} ${request.path} failed`,
    );
    if (attempt >= ATTEMPTS || !isWorthAnother(request.method, reply.status)) throw fault;
    await runtime.wait(FIRST_PAUSE_MS * 2 ** (attempt - 1), signal);
  }
}

function isWorthAnother(method: string, status: number): boolean {
  // A POST may have worked although its answer was lost: only who can look for the result repeats it.
  if (method === 'POST') return false;
  return status >= 500 || (method === 'DELETE' && status === 409);
}

/** Says whether `make` may ask again after looking for what the failed request may have made. */
export function isPassing(error: unknown): boolean {
  return error instanceof ServiceFault && error.status >= 500;
}

/** The text in an error body of any of the services. */
export function messageIn(body: unknown): string | undefined {
  if (!isDict(body)) return undefined;
  if (typeof body['message'] === 'string') return body['message'];
  for (const value of Object.values(body)) {
    if (typeof value === 'string') return value;
    const found = messageIn(value);
    if (found !== undefined) return found;
  }
  return undefined;
}
