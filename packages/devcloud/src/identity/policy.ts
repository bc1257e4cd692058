import type { FastifyRequest } from 'fastify';
import type { Caller } from '../cloud/service.ts';
import { forbiddenAction, unauthorized } from './identity-error.ts';

/**
 * Lets a request through or refuses it.
 *
 * @param action the policy's name, as Keystone calls it: `identity:list_users`
 * @throws IdentityError 401 without a valid token, 403 if the rule says no
 */
export function enforce(
  request: FastifyRequest,
  action: string,
  allows: (caller: Caller) => boolean,
): Caller {
  const { caller } = request;
  if (!caller) throw unauthorized();
  if (!allows(caller)) throw forbiddenAction(action);
  return caller;
}

/** Anyone with a valid token. */
export const anyone = (): boolean => true;

/** The role `admin` on a project or on the system: it counts for the whole cloud, as in Keystone. */
export function isCloudAdmin(caller: Caller): boolean {
  return caller.isAdmin && caller.domainId === undefined;
}

/** May see everything. */
export function isCloudReader(caller: Caller): boolean {
  return isCloudAdmin(caller) || (caller.systemScope && caller.roles.includes('reader'));
}

/** May change what is in a domain. An administrator of a domain counts in that domain only. */
export function managesDomain(caller: Caller, domainId: string | undefined): boolean {
  if (isCloudAdmin(caller)) return true;
  return isInDomain(caller, domainId) && (caller.isAdmin || caller.roles.includes('manager'));
}

/** May see what is in a domain. */
export function readsDomain(caller: Caller, domainId: string | undefined): boolean {
  if (isCloudReader(caller)) return true;
  return isInDomain(caller, domainId) && (caller.isAdmin || caller.roles.includes('reader'));
}

/** Has a token scoped to that domain. */
function isInDomain(caller: Caller, domainId: string | undefined): boolean {
  return caller.domainId !== undefined && caller.domainId === domainId;
}

/** A token of a domain: it sees only what is in it. */
export function readsItsDomain(caller: Caller): boolean {
  return isCloudReader(caller) || readsDomain(caller, caller.domainId);
}
